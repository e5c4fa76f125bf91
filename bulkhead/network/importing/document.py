"""An imported estate's file: everything that follows from the API, and `unknown` for the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bulkhead.network.deployed import Deployed, Interface, Subnet
from bulkhead.network.importing.brokers import Broker
from bulkhead.network.importing.guesses import Guess, role, tenant, zone_kind
from bulkhead.network.importing.labels import Labels
from bulkhead.network.importing.ways import Way, classes, unanswered, ways, written
from bulkhead.network.importing.yamlish import Item, comment, scalar, section
from bulkhead.network.reach import Reach, reach
from bulkhead.plan import INTERNET, UNKNOWN

_HEAD = (
    "An estate that was imported: read from what stands, with nothing written to any account.",
    "What follows from the API is stated. What was guessed says why in a comment. `unknown` is "
    "what no API can tell: replace it, most of all `owner` and each zone's `target`, "
    "`consequence`, `reason` and `approval: {by: NAME, date: YYYY-MM-DD}`, and each conduit's "
    "`reason`. A conduit stands for what the deployed rules let through, which is not yet what "
    "anybody wants: delete those that should not be, and `bulkhead probe` names the rules that "
    "carry them.",
)
_TOLD = 3
"""Rules that are told of one conduit; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA certificate: its subject, the SHA-256 of its bytes, and the day on which it ends."""

    subject: str
    fingerprint: str
    expires: str
    file: str


@dataclass(frozen=True, slots=True)
class Files:
    """What was read beside the API."""

    brokers: tuple[Broker, ...] = ()
    authorities: tuple[Authority, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """The estate's name, the region, and the day on which it was read (YYYY-MM-DD)."""

    name: str
    region: str
    day: str


def estate_file(about: About, deployed: Deployed, labels: Labels, files: Files) -> str:
    """The file's text."""
    return "\n".join(_Writer(about, deployed, labels, files).lines()) + "\n"


@dataclass(frozen=True)
class _Writer:
    about: About
    deployed: Deployed
    labels: Labels
    files: Files
    computed: Reach = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "computed", reach(self.deployed))

    def lines(self) -> Iterator[str]:
        """The whole file."""
        head = self.about
        accounts = ", ".join(sorted({row.account for row in self.deployed.vpcs}))
        for text in (*_HEAD, f"Read on {head.day} from account {accounts}, region {head.region}."):
            yield from comment(text, "")
        yield "kind: imported"
        yield f"estate: {scalar(head.name)}"
        yield f"region: {head.region}"
        yield "owner: unknown"
        yield from section("networks", "VPCs, by their ids.", list(self._networks()))
        yield from section("peerings", "Active peerings.", list(self._peerings()))
        about = "Subnets. Where several are one zone, give them the same `zone`."
        yield from section("subnets", about, list(self._subnets()))
        about = f"Zones: one for each subnet, until you say otherwise. kind: or `{UNKNOWN}`."
        yield from section("zones", about, list(self._zones()))
        about = "Hosts for which all deployed rules come to the same."
        yield from section("groups", about, list(self._groups()))
        yield from section("hosts", "Instances.", list(self._hosts()))
        about = "Private endpoints: they answer for a service, and never ask."
        yield from section("endpoints", about, list(self._endpoints()))
        about = "What the deployed rules let through and answer; everything else is refused."
        yield from section("conduits", about, list(self._conduits()))
        yield from self._one_way()
        yield from self._beside()

    @cached_property
    def _in_use(self) -> set[str]:
        """VPCs with hosts, and those that are peered with one: others carry nothing."""
        return {row.vpc for row in self.deployed.ends}

    def _networks(self) -> Iterator[Item]:
        public = {row.vpc for row in self.deployed.gateways if row.vpc}
        for row in self.deployed.vpcs:
            yield Item(
                {
                    "id": row.name,
                    "name": self.labels.names.get(row.id),
                    "account": row.account,
                    "cidrs": row.cidrs,
                    "public": row.id in public,
                },
                () if row.id in self._in_use else ("It has no hosts.",),
            )

    def _peerings(self) -> Iterator[Item]:
        names = {row.id: row.name for row in self.deployed.vpcs}
        for row in self.deployed.peerings:
            beyond = [end for end in (row.requester, row.accepter) if end not in names]
            if row.active and not beyond:
                yield Item(
                    {
                        "id": row.name,
                        "requester": names[row.requester],
                        "accepter": names[row.accepter],
                    }
                )

    @cached_property
    def _zone_of(self) -> dict[str, str]:
        """A zone's name for each subnet id: the network's and the subnet's, told apart."""
        found: dict[str, str] = {}
        for row in self.deployed.subnets:
            name = f"{self.labels.named(row.vpc)}/{self.labels.named(row.id)}"
            found[row.id] = f"{name} ({row.id})" if name in found.values() else name
        return found

    def _subnets(self) -> Iterator[Item]:
        networks = {row.id: row.name for row in self.deployed.vpcs}
        for row in self.deployed.subnets:
            yield Item(
                {
                    "id": row.name,
                    "name": self.labels.names.get(row.id),
                    "network": networks[row.vpc],
                    "cidr": row.cidr,
                    "zone": self._zone_of[row.id],
                }
            )

    def _within(self, subnet: str) -> list[Interface]:
        return [row for row in self.deployed.interfaces if row.subnet == subnet]

    def _kind(self, row: Subnet) -> Guess:
        hosts = self._within(row.id)
        tags = {k: v for k, v in self.labels.tags[row.id].items() if not k.startswith("aws:")}
        tags.pop("Name", None)
        return zone_kind(
            (self.labels.names.get(row.id, ""), tags),
            self.labels.names.get(row.vpc, ""),
            [one.host for one in hosts],
            public=any(self._from_outside(one.host) for one in hosts),
        )

    def _from_outside(self, host: str) -> bool:
        return bool(self.computed.answered(INTERNET, host, "public"))

    def _owner(self, row: Subnet) -> Guess:
        return tenant(self.labels.tags[row.id], self.labels.tags[row.vpc])

    def _zones(self) -> Iterator[Item]:
        for row in self.deployed.subnets:
            kind, owner = self._kind(row), self._owner(row)
            yield Item(
                {
                    "id": self._zone_of[row.id],
                    "kind": kind.value,
                    "tenant": owner.value,
                    **dict.fromkeys(("consequence", "target", "reason", "approval"), UNKNOWN),
                },
                [_guessed("kind", kind), _guessed("tenant", owner)],
            )

    @cached_property
    def _members(self) -> dict[str, list[str]]:
        """Hosts by the class that they are in; its name is made of its groups' names."""
        rows = {row.host: row for row in self.deployed.ends}
        answers = {row.name for row in self.deployed.endpoints}
        keys = {
            h: (r.subnet, *r.groups, str(r.public is not None), str(h in answers))
            for h, r in rows.items()
        }
        found: dict[str, list[str]] = {}
        for members in classes(self.computed, keys):
            row = rows[members[0]]
            groups = "+".join(self.labels.named(group) for group in row.groups)
            name, number = f"{self._zone_of[row.subnet]}/{groups}", 2
            while name in found:
                name, number = f"{self._zone_of[row.subnet]}/{groups} #{number}", number + 1
            found[name] = members
        return found

    @cached_property
    def _class_of(self) -> dict[str, str]:
        return {host: name for name, members in self._members.items() for host in members}

    def _groups(self) -> Iterator[Item]:
        rows = {row.host: row for row in self.deployed.ends}
        networks = {row.id: row.name for row in self.deployed.vpcs}
        for name, members in self._members.items():
            row = rows[members[0]]
            yield Item({"id": name, "network": networks[row.vpc], "security_groups": row.groups})

    def _hosts(self) -> Iterator[Item]:
        subnets = {row.id: row for row in self.deployed.subnets}
        for row in self.deployed.interfaces:
            groups = [self.labels.named(group) for group in row.groups]
            what, owner = role(row.host, groups), tenant(self.labels.tags[row.instance])
            zone_s = self._owner(subnets[row.subnet])
            differs = owner.value not in (UNKNOWN, zone_s.value)
            said = [_guessed("role", what)]
            said += [_guessed("tenant", owner)] * differs
            if not row.running:
                said.append("It was stopped: what it would reach and answer could not be seen.")
            yield Item(
                {
                    "id": row.host,
                    "instance": row.instance,
                    "subnet": subnets[row.subnet].name,
                    "group": self._class_of[row.host],
                    "role": what.value,
                    "address": row.address,
                    "public": row.public,
                    "tenant": owner.value if differs else None,
                },
                said,
            )

    def _endpoints(self) -> Iterator[Item]:
        subnets = {row.id: row.name for row in self.deployed.subnets}
        for row in self.deployed.endpoints:
            yield Item(
                {
                    "id": row.name,
                    "endpoint": row.id,
                    "subnet": subnets[row.subnet],
                    "group": self._class_of[row.name],
                    "address": row.address,
                    "service": row.service,
                },
                () if row.accepted else ("It is not accepted: nothing passes.",),
            )

    def _conduits(self) -> Iterator[Item]:
        taken: dict[str, int] = {}
        for way in ways(self.computed, self._members):
            name = _way_name(way)
            taken[name] = taken.get(name, 0) + 1
            how = self._authenticated(way)
            yield Item(
                {
                    "id": name if taken[name] == 1 else f"{name}-{taken[name]}",
                    "from": way.sources,
                    "to": way.targets,
                    "services": written(way.services),
                    "path": way.path,
                    "authenticate": how.value,
                    "mediator": UNKNOWN,
                    "reason": UNKNOWN,
                },
                [_carried(way), *([_guessed("authenticate", how)] if how.value != UNKNOWN else [])],
            )

    def _authenticated(self, way: Way) -> Guess:
        """`mtls` where the files say so of every listener that the way can reach."""
        for row in self.files.brokers:
            met = [one for one in row.listeners if way.services.contains(6, one.port)]
            alone = [self._members.get(target) for target in way.targets] == [[row.host]]
            one_port = written(way.services) == [f"tcp {met[0].port}"] if met else False
            if alone and one_port and met[0].tls and met[0].client_certificates:
                because = f"{row.files[0]} asks each client for a certificate on {met[0].port}"
                return Guess("mtls", because)
        return Guess(UNKNOWN, "")

    def _one_way(self) -> Iterator[str]:
        lost = list(unanswered(self.computed))
        if not lost:
            return
        yield ""
        yield from comment(
            f"Left out: {len(lost)} ways by which requests arrive and no reply comes back. "
            "`bulkhead probe` names them, until rules or routes change. The first:",
            "",
        )
        for source, target, path, services in lost[:_TOLD]:
            yield from comment(f"{source} -> {target} {services} ({path})", "")

    def _beside(self) -> Iterator[str]:
        about = "Brokers, as their own files say it. A user `(everybody)` has what patterns grant."
        yield from section("brokers", about, [_broker(row) for row in self.files.brokers])
        about = "Authorities that hosts trust."
        found = [
            Item(
                {
                    "subject": row.subject,
                    "fingerprint": row.fingerprint,
                    "expires": row.expires,
                    "owner": UNKNOWN,
                },
                [f"From {row.file}."],
            )
            for row in self.files.authorities
        ]
        yield from section("authorities", about, found)


def _broker(row: Broker) -> Item:
    listeners = [
        {
            "port": one.port,
            "tls": one.tls,
            "client_certificates": one.client_certificates,
            "anonymous": one.anonymous,
        }
        for one in row.listeners
    ]
    users = [
        {"name": one.name, "read": one.read, "write": one.write, "deny": one.deny}
        for one in row.users
    ]
    wide = [one.name for one in row.users if "#" in (*one.read, *one.write)]
    said = [f"From {', '.join(row.files)}."]
    said += [f"Every topic is open to {', '.join(wide)}."] if wide else []
    return Item({"host": row.host or None, "listeners": listeners, "users": users}, said)


def _guessed(what: str, guess: Guess) -> str:
    if guess.value == UNKNOWN:
        return f"{what} unknown: {guess.because}."
    return f"{what} guessed: {guess.because}."


def _carried(way: Way) -> str:
    if not way.because:
        return "Every layer lets it through."
    more = f"; and {len(way.because) - _TOLD} more" if len(way.because) > _TOLD else ""
    return f"Let through by {'; '.join(way.because[:_TOLD])}{more}."


def _way_name(way: Way) -> str:
    ends = [_short(way.targets), "from", _short(way.sources)]
    return " ".join(ends + (["public"] if way.path == "public" else []))


def _short(names: Sequence[str]) -> str:
    last = names[0].rpartition("/")[2] or names[0]
    return last if len(names) == 1 else f"{last} and {len(names) - 1} more"

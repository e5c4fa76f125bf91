"""AWS quotas that a plan would break, counted before anything is deployed."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product

from bulkhead.blueprint.faults import Fault
from bulkhead.blueprint.model import Quotas
from bulkhead.plan import SHARED, Conduit, Host, Network, Plan, ends, home, meeting


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """One row of quotas.json: AWS's default, what AWS grants at most, and the way out."""

    name: str
    default: int
    maximum: int
    remedy: str


@cache
def table() -> Mapping[str, Quota]:
    """The dated table, by key. Source and day stand in quotas.json."""
    data = json.loads(files("bulkhead.blueprint").joinpath("quotas.json").read_text("utf-8"))
    return {key: Quota(**{"name": row["name"], **row}) for key, row in data["quotas"].items()}


def limits(granted: Quotas) -> dict[str, int]:
    """What the accounts were granted, by quota: the blueprint's word, else AWS's default."""
    return {key: getattr(granted, key) or quota.default for key, quota in table().items()}


def broken(plan: Plan, granted: Quotas) -> Iterator[Fault]:
    """A fault for each quota that the plan needs more of than was granted.

    Stand-ins for a customer's premises are not counted: they are never deployed to AWS.
    """
    limit_of = limits(granted)
    for key, counts in _counts(plan).items():
        quota, limit = table()[key], limit_of[key]
        if limit > quota.maximum:
            what = f"{limit} {quota.name} is more than AWS grants"
            yield Fault(("quotas", key), what, f"at most {quota.maximum}", quota.remedy)
        for what, count in sorted(counts.items()):
            if count > limit:
                yield _broken(key, quota, limit, what, count)


def _broken(key: str, quota: Quota, limit: int, what: str, count: int) -> Fault:
    if count > quota.maximum:
        remedy = f"AWS grants {quota.maximum} at most: {quota.remedy}"
    else:
        remedy = (
            f"have AWS raise the quota and state `quotas: {{{key}: {count}}}`, or {quota.remedy}"
        )
    return Fault(
        ("quotas", key),
        f"{what} would need {count} {quota.name}",
        f"{limit}, the account's quota",
        remedy,
    )


def _counts(plan: Plan) -> dict[str, Counter[str]]:
    """For each quota, how many each account, network or group needs."""
    real = {network.id: network for network in plan.networks if not network.standin}
    homes = {subnet.id: subnet.network for subnet in plan.subnets}
    peered = Counter(
        f"network {end}"
        for peering in plan.peerings
        for end in (peering.requester, peering.accepter)
    )
    return {
        "vpcs_per_region": Counter(f"account {network.account}" for network in real.values()),
        "subnets_per_vpc": Counter(
            f"network {s.network}" for s in plan.subnets if s.network in real
        ),
        "elastic_ips": Counter(
            f"account {real[homes[host.subnet]].account}"
            for host in plan.hosts
            if host.public and homes[host.subnet] in real
        ),
        "peerings_per_vpc": peered,
        "routes_per_table": _routes(plan, real, homes),
        "rules_per_group": _rules(plan),
        "entries_per_acl": acl_entries(plan),
    }


def _routes(plan: Plan, real: dict[str, Network], homes: dict[str, str]) -> Counter[str]:
    """Routes of each subnet's table: its network's own, the way out, one per subnet beyond.

    To the transit gateway: one of a plane's subnet, and of a spoke's one per network there.
    """
    lying: dict[str, set[str]] = {}
    transit, planes = meeting(plan), sum(row.plane for row in plan.attachments)
    attached = {row.network: 1 if row.plane else planes for row in plan.attachments}
    for host in ends(plan):
        lying.setdefault(host.group, set()).add(host.subnet)
    joined: set[tuple[str, str]] = set()
    for conduit in plan.conduits:
        if conduit.path == "private":
            sources, targets = (
                {subnet for group in groups for subnet in lying.get(group, ())}
                for groups in (conduit.sources, conduit.targets)
            )
            for one, other in product(sources, targets):
                between = frozenset((homes[one], homes[other]))
                if len(between) == 2 and between not in transit:
                    joined |= {(one, other), (other, one)}
    counts = Counter(f"subnet {one}" for one, _ in joined if homes[one] in real)
    for host in {host.subnet: host for host in plan.hosts if homes[host.subnet] in real}.values():
        network = real[homes[host.subnet]]
        counts[f"subnet {host.subnet}"] += 1 + network.public + attached.get(network.id, 0)
    return counts


def _rules(plan: Plan) -> Counter[str]:
    """Rules of each group and direction: one for a group of the same account, else one a host."""
    accounts = {network.id: (network.account, network.standin) for network in plan.networks}
    account = {group.id: accounts[group.network] for group in plan.groups}
    members: dict[str, list[Host]] = {}
    homes, transit = {group.id: group.network for group in plan.groups}, meeting(plan)
    for host in ends(plan):
        members.setdefault(host.group, []).append(host)
    counts: Counter[str] = Counter()
    for conduit in plan.conduits:
        for source in conduit.sources:
            for target in conduit.targets:
                same = account[source][0] == account[target][0] and conduit.path == "private"
                same = same and frozenset((homes[source], homes[target])) not in transit
                if not account[target][1]:
                    counts[f"inbound of {target}"] += (
                        1 if same else _peers(members[source], conduit)
                    )
                if not account[source][1]:
                    counts[f"outbound of {source}"] += (
                        1 if same else _peers(members[target], conduit)
                    )
    return counts


def _peers(hosts: list[Host], conduit: Conduit) -> int:
    return sum(1 for host in hosts if conduit.path == "private" or host.public)


def acl_entries(plan: Plan) -> Counter[str]:
    """Entries of each subnet's network ACL by direction, as the program writes them.

    A request and its replies are an entry each, for each prefix on the other side: the subnets
    there, the whole pool for a subnet of the shared plane, everywhere on the public path.
    """
    lying: dict[str, set[str]] = {}
    for host in ends(plan):
        lying.setdefault(host.group, set()).add(host.subnet)
    networks = {network.id: network for network in plan.networks}
    real = {s.id: home(s.id) for s in plan.subnets if not networks[s.network].standin}
    entries: set[tuple[str, str, str, str, str]] = set()
    for conduit in plan.conduits:
        sides = [
            {s for group in groups for s in lying.get(group, ())}
            for groups in (conduit.sources, conduit.targets)
        ]
        for inward, (here, there) in ((False, sides), (True, sides[::-1])):
            for subnet in here & set(real):
                for prefix in _prefixes(conduit, real[subnet], there - {subnet}):
                    for reply in (False, True):
                        direction = "inbound" if inward != reply else "outbound"
                        entries.add((subnet, direction, prefix, *_passes(conduit, reply)))
    return Counter(f"{direction} of subnet {subnet}" for subnet, direction, *_ in entries)


def _prefixes(conduit: Conduit, owner: str, there: set[str]) -> set[str]:
    if conduit.path == "public":
        return {"anywhere"}
    return {"pool"} if there and owner == SHARED else there


def _passes(conduit: Conduit, reply: bool) -> tuple[str, str]:
    """Protocol and ports; replies of TCP and UDP go to any high port."""
    service = conduit.service
    ports = reply and service.protocol in ("tcp", "udp")
    return service.protocol, "high" if ports else f"{service.first}-{service.last}"

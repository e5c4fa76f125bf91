"""From a plan to one spec per stack. Pure functions over frozen tables."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import TypeVar

from bulkhead.errors import Problem, WrongInput
from bulkhead.plan import (
    SHARED,
    Conduit,
    Group,
    Host,
    Network,
    Peering,
    Plan,
    Service,
    Subnet,
    digest,
    ends,
    meeting,
)
from infra.specs.acls import Acls
from infra.specs.iam import roles
from infra.specs.keys import key_id, keys
from infra.specs.logs import LOGS, PREMISES, flow_logs, log_storage
from infra.specs.private import Private
from infra.specs.tables import (
    ConduitSpec,
    GroupSpec,
    HostSpec,
    NetworkSpec,
    Peer,
    PeeringSpec,
    RouteSpec,
    RuleSpec,
    StackSpec,
    SubnetSpec,
)

_Row = TypeVar("_Row", Network, Group, Conduit, Peering, Host)


@dataclass(frozen=True, slots=True)
class Tables:
    """The plan with its rows indexed, stand-ins left out on demand. Each row is seen once."""

    plan: Plan
    standins: bool
    account: dict[str, str] = field(default_factory=dict)
    network_of: dict[str, str] = field(default_factory=dict)
    group: dict[str, Group] = field(default_factory=dict)
    members: dict[str, list[Host]] = field(default_factory=dict)
    transited: set[frozenset[str]] = field(default_factory=set)
    subnets: dict[str, list[Subnet]] = field(default_factory=dict)
    cidr: dict[str, str] = field(default_factory=dict)
    joined: dict[frozenset[str], set[tuple[str, str]]] = field(default_factory=dict)
    """Two networks -> the pairs of their subnets that a private conduit joins, both ways."""

    def __post_init__(self) -> None:
        """Fill the indexes."""
        for network in self.plan.networks:
            if self.standins or not network.standin:
                self.account[network.id] = network.account
        for subnet in self.plan.subnets:
            self.network_of[subnet.id] = subnet.network
            self.cidr[subnet.id] = subnet.cidr
            self.subnets.setdefault(subnet.network, []).append(subnet)
        for group in self.plan.groups:
            self.group[group.id] = group
        for host in ends(self.plan):
            self.members.setdefault(host.group, []).append(host)
        for conduit in self.plan.conduits:
            if conduit.path == "private":
                self._join(conduit)
        self.transited.update(meeting(self.plan))

    def _join(self, conduit: Conduit) -> None:
        for source, target in product(self._lying(conduit.sources), self._lying(conduit.targets)):
            networks = frozenset((self.network_of[source], self.network_of[target]))
            if len(networks) == 2:
                self.joined.setdefault(networks, set()).update(((source, target), (target, source)))

    def _lying(self, groups: tuple[str, ...]) -> set[str]:
        return {host.subnet for group in groups for host in self.members.get(group, [])}

    def network(self, group: str) -> str:
        """The network of a group."""
        return self.group[group].network

    def present(self, group: str) -> bool:
        """Whether the group's network is deployed in this environment."""
        return self.network(group) in self.account


@dataclass(frozen=True, slots=True)
class _Stacked:
    """The plan's rows by the stack that owns them."""

    networks: dict[str, list[Network]]
    groups: dict[str, list[Group]]
    conduits: dict[str, list[Conduit]]
    peerings: dict[str, list[Peering]]
    hosts: dict[str, list[Host]]


def made_by_us(plan: Plan) -> None:
    """WrongInput for an imported estate: it is read, never made."""
    if plan.imported:
        raise WrongInput(
            Problem(
                where=plan.estate,
                what="it was imported: Bulkhead did not make it, and cannot make or model it",
                allowed="plan, probe, verify and compare with --env aws",
                remedy="to have it made by Bulkhead, describe it in a blueprint of its own",
            )
        )


def specs(plan: Plan, *, standins: bool) -> dict[str, StackSpec]:
    """One spec per stack: log storage first, then `shared`, then the tenants by id.

    standins: whether the plants' stand-in networks are part of it (the lab and `sim`: yes; an
    account of AWS: no, the customer has the real ones). WrongInput for an imported estate.
    """
    made_by_us(plan)
    tables, told = Tables(plan, standins), digest(plan)
    rows = _Stacked(
        networks=_by_stack(plan.networks),
        groups=_by_stack(plan.groups),
        conduits=_by_stack(plan.conduits),
        peerings=_by_stack(plan.peerings),
        hosts=_by_stack(plan.hosts),
    )
    subnets, private = _subnets(tables), Private(plan)
    stacks = [SHARED, *sorted(tenant.id for tenant in plan.tenants)]
    tiers = {tenant.id: tenant.tier for tenant in plan.tenants}
    placed = {stack: _placed(tables, rows.hosts.get(stack, ())) for stack in stacks}
    return {LOGS: log_storage(plan, told)} | {
        stack: StackSpec(
            stack=stack,
            estate=plan.estate,
            region=plan.region,
            digest=told,
            networks=tuple(
                NetworkSpec(
                    id=row.id,
                    account=row.account,
                    cidr=row.cidr,
                    public=row.public,
                    subnets=subnets.get(row.id, ()),
                )
                for row in rows.networks.get(stack, ())
                if row.id in tables.account
            ),
            groups=tuple(
                GroupSpec(id=row.id, account=tables.account[row.network], network=row.network)
                for row in rows.groups.get(stack, ())
                if row.network in tables.account
            ),
            conduits=tuple(_conduits(tables, rows.conduits.get(stack, ()))),
            peerings=tuple(_peering(tables, row) for row in rows.peerings.get(stack, ())),
            hosts=tuple(_host(row, account) for row, account in placed[stack]),
            tier=tiers.get(stack, stack),
            keys=keys(plan, stack, (account for _, account in placed[stack])),
            roles=roles(plan, placed[stack]),
            flow_logs=flow_logs(rows.networks.get(stack, ())),
            endpoints=tuple(private.endpoints.get(stack, ())),
            transits=private.transits(stack),
            attachments=tuple(private.attachments.get(stack, ())),
        )
        for stack in stacks
    }


def _by_stack(rows: Iterable[_Row]) -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for row in rows:
        found.setdefault(row.stack, []).append(row)
    return found


def _subnets(tables: Tables) -> dict[str, tuple[SubnetSpec, ...]]:
    """The subnets of each network, with their ACLs."""
    acls = Acls(tables.plan)
    outward = {host.subnet for host in tables.plan.hosts if host.public}
    return {
        network: tuple(
            SubnetSpec(
                id=row.id, cidr=row.cidr, outward=row.id in outward, acl=acls.entries(row.id)
            )
            for row in rows
        )
        for network, rows in tables.subnets.items()
    }


def _conduits(tables: Tables, rows: Iterable[Conduit]) -> Iterator[ConduitSpec]:
    for row in rows:
        if rules := _rules(tables, row):
            yield ConduitSpec(id=row.id, rules=rules)


def _peering(tables: Tables, row: Peering) -> PeeringSpec:
    return PeeringSpec(
        id=row.id,
        requester=row.requester,
        requester_account=tables.account[row.requester],
        accepter=row.accepter,
        accepter_account=tables.account[row.accepter],
        routes=_routes(tables, row),
    )


def _placed(tables: Tables, rows: Iterable[Host]) -> list[tuple[Host, str]]:
    """The hosts that are deployed here, each with its account's alias."""
    return [
        (row, tables.account[network])
        for row in rows
        if (network := tables.network_of[row.subnet]) in tables.account
    ]


def _host(row: Host, account: str) -> HostSpec:
    return HostSpec(
        id=row.id,
        account=account,
        subnet=row.subnet,
        group=row.group,
        role=row.role,
        address=row.address,
        public=row.public,
        key=None if account == PREMISES else key_id(row.stack, account),
    )


def _rules(tables: Tables, conduit: Conduit) -> tuple[RuleSpec, ...]:
    """Egress rules on every source group, ingress rules on every target group."""
    rules: dict[str, RuleSpec] = {}
    for source in conduit.sources:
        for target in conduit.targets:
            if tables.present(source):
                for peer in _peers(tables, conduit, source, target):
                    rule = _rule(tables, conduit, source, True, peer)
                    rules[rule.id] = rule
            if tables.present(target):
                for peer in _peers(tables, conduit, target, source):
                    rule = _rule(tables, conduit, target, False, peer)
                    rules[rule.id] = rule
    return tuple(rules[key] for key in sorted(rules))


def _rule(tables: Tables, conduit: Conduit, group: str, egress: bool, peer: Peer) -> RuleSpec:
    service: Service = conduit.service
    every = service.protocol == "any"
    direction = "out" if egress else "in"
    arrow = "to" if egress else "from"
    return RuleSpec(
        id=f"{conduit.id}:{direction}:{group}:{arrow}:{peer.value}",
        account=tables.account[tables.network(group)],
        group=group,
        egress=egress,
        protocol="-1" if every else service.protocol,
        first=-1 if every or service.protocol == "icmp" else service.first,
        last=-1 if every or service.protocol == "icmp" else service.last,
        peer=peer,
    )


def _peers(tables: Tables, conduit: Conduit, own: str, other: str) -> list[Peer]:
    """How the `own` group names the `other` one: by reference, by address, or by public address.

    Over a transit gateway AWS knows references in ingress rules alone: addresses serve for both.
    """
    if conduit.path == "public":
        return _public_peers(tables, conduit, other)
    accounts = tables.account
    own_account, other_account = (accounts.get(tables.network(group)) for group in (own, other))
    joined = frozenset(tables.network(group) for group in (own, other))
    if own_account == other_account and joined not in tables.transited:
        return [Peer(kind="group", value=other)]
    return [Peer(kind="cidr", value=cidr) for cidr in _cidrs(tables, other)]


def _public_peers(tables: Tables, conduit: Conduit, other: str) -> list[Peer]:
    """Hosts with a public address; of a shared group only those of the conduit's own stack."""
    hosts = [
        host
        for host in tables.members.get(other, [])
        if host.public and host.stack == conduit.stack
    ]
    return [
        Peer(kind="public", value=host.id)
        if host.public == "allocate"
        else Peer(kind="cidr", value=f"{host.public}/32")
        for host in hosts
    ]


def _cidrs(tables: Tables, group: str) -> list[str]:
    """A group's addresses: host by host, or its subnet's where other stacks own the hosts."""
    members = tables.members.get(group, [])
    if all(host.stack == tables.group[group].stack for host in members):
        return sorted(f"{host.address}/32" for host in members)
    return sorted({tables.cidr[host.subnet] for host in members})


def _routes(tables: Tables, peering: Peering) -> tuple[RouteSpec, ...]:
    """A route each way between every two subnets that a private conduit joins."""
    networks = frozenset((peering.requester, peering.accepter))
    return tuple(
        RouteSpec(
            id=f"{peering.id}:{source}:to:{target}",
            account=tables.account[tables.network_of[source]],
            subnet=source,
            cidr=tables.cidr[target],
        )
        for source, target in sorted(tables.joined.get(networks, ()))
    )

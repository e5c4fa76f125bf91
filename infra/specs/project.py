"""From a plan to one spec per stack. Pure functions over frozen tables."""

from dataclasses import dataclass, field

from bulkhead.plan import SHARED, Conduit, Host, Plan, Service, digest, ends, meeting
from infra.specs.acls import entries
from infra.specs.private import attachments, endpoints, transits
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


@dataclass(frozen=True, slots=True)
class Tables:
    """The plan with its rows indexed by id and by group, stand-ins left out on demand."""

    plan: Plan
    standins: bool
    account: dict[str, str] = field(default_factory=dict)
    network_of: dict[str, str] = field(default_factory=dict)
    members: dict[str, list[Host]] = field(default_factory=dict)
    transited: set[frozenset[str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Fill the indexes."""
        for network in self.plan.networks:
            if self.standins or not network.standin:
                self.account[network.id] = network.account
        for subnet in self.plan.subnets:
            self.network_of[subnet.id] = subnet.network
        for host in ends(self.plan):
            self.members.setdefault(host.group, []).append(host)
        self.transited.update(meeting(self.plan))

    def network(self, group: str) -> str:
        """The network of a group."""
        return next(row.network for row in self.plan.groups if row.id == group)

    def present(self, group: str) -> bool:
        """Whether the group's network is deployed in this environment."""
        return self.network(group) in self.account


def specs(plan: Plan, *, standins: bool) -> dict[str, StackSpec]:
    """One spec per stack, `shared` first, then the tenants by id.

    standins: whether the plants' stand-in networks are part of it (the lab and `sim`: yes; an
    account of AWS: no, the customer has the real ones).
    """
    tables = Tables(plan, standins)
    stacks = [SHARED, *sorted(tenant.id for tenant in plan.tenants)]
    return {stack: _stack(tables, stack) for stack in stacks}


def _stack(tables: Tables, stack: str) -> StackSpec:
    plan = tables.plan
    return StackSpec(
        stack=stack,
        estate=plan.estate,
        region=plan.region,
        digest=digest(plan),
        networks=tuple(
            NetworkSpec(
                id=row.id,
                account=row.account,
                cidr=row.cidr,
                public=row.public,
                subnets=_subnets(tables, row.id),
            )
            for row in plan.networks
            if row.stack == stack and row.id in tables.account
        ),
        groups=tuple(
            GroupSpec(id=row.id, account=tables.account[row.network], network=row.network)
            for row in plan.groups
            if row.stack == stack and row.network in tables.account
        ),
        conduits=tuple(
            spec
            for row in plan.conduits
            if row.stack == stack
            for spec in [ConduitSpec(id=row.id, rules=_rules(tables, row))]
            if spec.rules
        ),
        peerings=tuple(
            PeeringSpec(
                id=row.id,
                requester=row.requester,
                requester_account=tables.account[row.requester],
                accepter=row.accepter,
                accepter_account=tables.account[row.accepter],
                routes=_routes(tables, row.id, {row.requester, row.accepter}),
            )
            for row in plan.peerings
            if row.stack == stack
        ),
        hosts=tuple(
            HostSpec(
                id=row.id,
                account=tables.account[tables.network_of[row.subnet]],
                subnet=row.subnet,
                group=row.group,
                role=row.role,
                address=row.address,
                public=row.public,
            )
            for row in plan.hosts
            if row.stack == stack and tables.network_of[row.subnet] in tables.account
        ),
        endpoints=endpoints(plan, stack),
        transits=transits(plan, stack),
        attachments=attachments(plan, stack),
    )


def _subnets(tables: Tables, network: str) -> tuple[SubnetSpec, ...]:
    outward = {host.subnet for host in tables.plan.hosts if host.public}
    return tuple(
        SubnetSpec(
            id=row.id, cidr=row.cidr, outward=row.id in outward, acl=entries(tables.plan, row)
        )
        for row in tables.plan.subnets
        if row.network == network
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
    row = next(row for row in tables.plan.groups if row.id == group)
    members = tables.members.get(group, [])
    if all(host.stack == row.stack for host in members):
        return sorted(f"{host.address}/32" for host in members)
    subnets = {host.subnet for host in members}
    return sorted(row.cidr for row in tables.plan.subnets if row.id in subnets)


def _routes(tables: Tables, peering: str, networks: set[str]) -> tuple[RouteSpec, ...]:
    """A route each way between every two subnets that a private conduit joins."""
    pairs = set()
    for conduit in tables.plan.conduits:
        if conduit.path != "private":
            continue
        for source in _subnets_of(tables, conduit.sources):
            for target in _subnets_of(tables, conduit.targets):
                if {tables.network_of[source], tables.network_of[target]} == networks:
                    pairs |= {(source, target), (target, source)}
    cidrs = {row.id: row.cidr for row in tables.plan.subnets}
    return tuple(
        RouteSpec(
            id=f"{peering}:{source}:to:{target}",
            account=tables.account[tables.network_of[source]],
            subnet=source,
            cidr=cidrs[target],
        )
        for source, target in sorted(pairs)
    )


def _subnets_of(tables: Tables, groups: tuple[str, ...]) -> set[str]:
    return {host.subnet for group in groups for host in tables.members.get(group, [])}

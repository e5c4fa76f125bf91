"""Deployed -> Ruleset: the lab's reading of what AWS would do with a packet. Pure.

`bulkhead.network.reach` is the other reading; neither imports the other, so that packets
check the model and the model checks the packets.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bulkhead.network.deployed import (
    Attachment,
    Deployed,
    Gateway,
    Interface,
    Peering,
    Route,
    RouteTable,
    Subnet,
    Vpc,
)
from infra.lab.fabric import names, rules
from infra.lab.fabric.checks import find, one_space, plain_ids, unique
from infra.lab.fabric.ranges import Span, address, disjoint, meet, most_specific, network
from infra.lab.fabric.ruleset import Chain, Element, Elements, Ruleset
from infra.lab.fabric.skeleton import COUNTERS, skeleton

Reach = tuple[tuple[Span, ...], tuple[Span, ...]]
"""Destinations that a subnet's routes lead to: inside (local and peered), and to the internet."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """What follows from interfaces, subnets and gateways alone, and so outlives a changed rule.

    unions: each tuple of groups that some interface is in. acls: the network ACLs in use.
    """

    running: tuple[Interface, ...]
    unions: tuple[tuple[str, ...], ...]
    acls: tuple[str, ...]
    elements: tuple[Elements, ...]


@dataclass(frozen=True, slots=True)
class Context:
    """Deployed with the look-ups that compiling needs."""

    deployed: Deployed
    hosts: Hosts
    subnets: dict[str, Subnet]
    vpcs: dict[str, Vpc]
    tables: dict[str, RouteTable]
    attached: dict[str, str]


def running(deployed: Deployed) -> tuple[Interface, ...]:
    """The interfaces that have a link: those of instances that run, and of endpoints."""
    return tuple(one for one in deployed.ends if one.running)


def compile(deployed: Deployed) -> Ruleset:
    """What the fabric loads for `deployed`. Raises FabricError for what it cannot enforce."""
    context = _context(deployed)
    used = {name for union in context.hosts.unions for name in union}
    groups = {one.id: one for one in deployed.groups}
    allows = {name: rules.allowed(find(groups, name, "an interface")) for name in sorted(used)}
    sets = [*context.hosts.elements, *_ways(context), *_members(deployed, used)]
    sets += _endpoints(deployed)
    sets += [one.elements for several in allows.values() for one in several]
    return Ruleset(
        counters=COUNTERS,
        elements=tuple(sorted(sets, key=lambda one: one.name)),
        chains=tuple(sorted(_chains(context, allows), key=lambda one: one.name)),
    )


def _chains(context: Context, allows: dict[str, tuple[rules.Allowed, ...]]) -> list[Chain]:
    acls = {acl.id: acl for acl in context.deployed.acls}
    chains = [*skeleton()]
    for name in context.hosts.acls:
        chains += rules.acl_chains(find(acls, name, "a subnet"))
    for union in context.hosts.unions:
        own = [one for name in union for one in allows[name]]
        chains += [rules.group_chain(own, union, egress) for egress in (True, False)]
    return chains


def _context(deployed: Deployed) -> Context:
    plain_ids([row.id for table in (deployed.groups, deployed.acls) for row in table])
    hosts = _hosts(deployed.ends, deployed.subnets, deployed.gateways)
    used = {one.vpc for one in hosts.running}
    one_space([vpc for vpc in deployed.vpcs if vpc.id in used])
    return Context(
        deployed=deployed,
        hosts=hosts,
        subnets={subnet.id: subnet for subnet in deployed.subnets},
        vpcs={vpc.id: vpc for vpc in deployed.vpcs},
        tables={table.id: table for table in deployed.route_tables},
        attached={one.vpc: one.id for one in deployed.gateways if one.vpc},
    )


@lru_cache(maxsize=16)
def _hosts(
    interfaces: tuple[Interface, ...],
    subnets: tuple[Subnet, ...],
    gateways: tuple[Gateway, ...],
) -> Hosts:
    """Checked: the fabric is one address space, and an instance has one link."""
    plain_ids([text for one in interfaces for text in (one.id, one.instance)])
    found = tuple(one for one in interfaces if one.running)
    unique("private address", [(one.address, one.id) for one in found])
    unique("instance", [(one.instance, one.id) for one in found])
    unique("link name", [(names.link(one.id), one.id) for one in found])
    unique("public address", [(one.public, one.id) for one in found if one.public])
    known = {subnet.id: subnet for subnet in subnets}
    acls = {one.id: find(known, one.subnet, one.id).acl for one in found}
    return Hosts(
        found,
        tuple(sorted({_union(one) for one in found})),
        tuple(sorted(set(acls.values()))),
        _host_elements(found, acls, {one.vpc for one in gateways}),
    )


def _union(one: Interface) -> tuple[str, ...]:
    """The groups of an interface in a fixed order: which comes first means nothing."""
    return tuple(sorted(set(one.groups)))


def _host_elements(
    interfaces: Sequence[Interface], acls: dict[str, str], attached: set[str | None]
) -> tuple[Elements, ...]:
    """Which address belongs to which link, and which chains judge it."""
    own, acl_out, acl_in, out, into, public_out, public_in = (list[Element]() for _ in range(7))
    for one in interfaces:
        link, union = names.link(one.id), _union(one)
        own.append((f'"{link}" . {one.address}', ""))
        acl_out.append((one.address, f"jump {rules.acl_chain(acls[one.id], True)}"))
        acl_in.append((one.address, f"jump {rules.acl_chain(acls[one.id], False)}"))
        out.append((f'"{link}"', f"jump {rules.combination(union, True)}"))
        into.append((f'"{link}"', f"jump {rules.combination(union, False)}"))
        if one.public and one.vpc in attached:
            public_out.append((one.address, one.public))
            public_in.append((one.public, one.address))
    return (
        Elements(name="own", key="ifname . ipv4_addr", items=frozenset(own)),
        _map("acl-out", "ipv4_addr", "verdict", acl_out),
        _map("acl-in", "ipv4_addr", "verdict", acl_in),
        _map("groups-out", "ifname", "verdict", out),
        _map("groups-in", "ifname", "verdict", into),
        _map("public-out", "ipv4_addr", "ipv4_addr", public_out),
        _map("public-in", "ipv4_addr", "ipv4_addr", public_in),
    )


def _endpoints(deployed: Deployed) -> list[Elements]:
    """The links at which nothing may begin, and the addresses of endpoints not accepted."""
    links = ((f'"{names.link(one.interface)}"', "") for one in deployed.endpoints)
    pending = ((one.address, "") for one in deployed.endpoints if not one.accepted)
    return [
        Elements(name="silent", key="ifname", items=frozenset(links)),
        Elements(name="pending", key="ipv4_addr", items=frozenset(pending)),
    ]


def _map(name: str, key: str, value: str, items: list[Element]) -> Elements:
    return Elements(name=name, key=key, value=value, items=frozenset(items))


def _ways(context: Context) -> list[Elements]:
    """Where the route tables lead: subnet to ranges inside, host with an address to outside."""
    reaches = {
        name: _reach(context, name) for name in {one.subnet for one in context.hosts.running}
    }
    spans = {name: network(context.subnets[name].cidr) for name in reaches}
    routes = [(spans[name], target) for name, (inside, _) in reaches.items() for target in inside]
    outward = [
        (network(one.address), target)
        for one in context.hosts.running
        if one.public
        for target in reaches[one.subnet][1]
    ]
    return [
        _pairs("routes", routes),
        _pairs("outward", outward),
        _pairs("within", [(span, span) for span in spans.values()]),
        Elements(
            name="inside",
            key="ipv4_addr . inet_proto",
            interval=True,
            items=frozenset((f"{address(span)} . 0-255", "") for span in spans.values()),
        ),
    ]


def _pairs(name: str, pairs: list[tuple[Span, Span]]) -> Elements:
    items = frozenset((f"{address(a)} . {address(b)}", "") for a, b in pairs)
    return Elements(name=name, key="ipv4_addr . ipv4_addr", interval=True, items=items)


def _reach(context: Context, subnet: str) -> Reach:
    """Where the route table of a subnet leads."""
    source = context.subnets[subnet]
    vpc = find(context.vpcs, source.vpc, subnet)
    table = find(context.tables, source.route_table, subnet)
    far = tuple(
        (peering.id, tuple(map(network, context.vpcs[other].cidrs)))
        for peering in context.deployed.peerings
        if peering.active and (other := _other(peering, vpc.id)) in context.vpcs
    )
    far += tuple(
        (one.gateway, _onward(context, one))
        for one in context.deployed.attachments
        if one.available and one.vpc == vpc.id
    )
    return _targets(table, vpc.cidrs, far, context.attached.get(vpc.id))


def _other(peering: Peering, vpc: str) -> str:
    """The VPC at the other end, `\"\"` if `vpc` is at neither."""
    ends = {peering.requester: peering.accepter, peering.accepter: peering.requester}
    return ends.get(vpc, "")


def _onward(context: Context, own: Attachment) -> tuple[Span, ...]:
    """Where a transit gateway takes what comes from one attachment: to VPCs' own ranges."""
    tables = {one.id: one.routes for one in context.deployed.transit_tables}
    ends = {one.id: one.vpc for one in context.deployed.attachments if one.available}
    routes: tuple[Route, ...] = tables.get(own.table, ())
    found = []
    for span, route in most_specific([(route.cidr, route) for route in routes]):
        vpc = context.vpcs.get(ends.get(route.target, "")) if route.active else None
        cidrs = vpc.cidrs if vpc else ()
        found += [shared for cidr in cidrs if (shared := meet(span, network(cidr)))]
    return tuple(found)


@lru_cache(maxsize=4096)
def _targets(
    table: RouteTable,
    local: tuple[str, ...],
    far: tuple[tuple[str, tuple[Span, ...]], ...],
    gateway: str | None,
) -> Reach:
    """Longest prefix wins, then what it leads to has to exist: a black hole leads nowhere."""
    ends = dict(far)
    by_local_first = sorted(table.routes, key=lambda route: route.target != "local")
    inside: list[tuple[Span, ...]] = []
    outside: list[tuple[Span, ...]] = []
    for span, route in most_specific([(route.cidr, route) for route in by_local_first]):
        if not route.active:
            continue
        if route.target == gateway:
            outside.append((span,))
        own = tuple(map(network, local))
        ranges = own if route.target == "local" else ends.get(route.target, ())
        inside += [(shared,) for each in ranges if (shared := meet(span, each))]
    return _spans(inside), _spans(outside)


def _spans(boxes: Iterable[tuple[Span, ...]]) -> tuple[Span, ...]:
    return tuple(box[0] for box in disjoint(boxes))


def _members(deployed: Deployed, used: set[str]) -> list[Elements]:
    """One set of members for each group that a group in use refers to."""
    groups = (group for group in deployed.groups if group.id in used)
    referred = {rule.group for group in groups for rule in group.rules if rule.group}
    inside: dict[str, set[Element]] = {name: set() for name in referred}
    for one in deployed.ends:
        for name in referred.intersection(one.groups):
            inside[name].add((one.address, ""))
    return [
        Elements(name=rules.members(name), key="ipv4_addr", items=frozenset(items))
        for name, items in inside.items()
    ]

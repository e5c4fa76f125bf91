"""Random plans, and the deployment that a plan means, made in the plainest way."""

from dataclasses import replace
from random import Random

from hypothesis import strategies as st

from bulkhead.network.deployed import (
    ALL,
    Acl,
    AclEntry,
    Deployed,
    Gateway,
    Group,
    GroupRule,
    Interface,
    Route,
    RouteTable,
    Subnet,
    Vpc,
)
from bulkhead.network.deployed import Peering as DeployedPeering
from bulkhead.plan import tables

NUMBERS = {"any": ALL, "tcp": 6, "udp": 17, "icmp": 1}
ACCOUNTS = {"platform": "111111111111", "audit": "222222222222", "plant": "333333333333"}


def plan_of(*, networks, hosts, conduits, peerings=()):
    """A plan of these tables alone; subnets and groups as the hosts name them."""
    subnets = {host.subnet: host.subnet.split("/")[0] for host in hosts}
    cidr_of = {network.id: network.cidr for network in networks}
    groups = {host.group: subnets[host.subnet] for host in hosts}
    return tables.Plan(
        estate="test",
        region="eu-central-1",
        pool="10.0.0.0/8",
        tenants=(),
        networks=tuple(networks),
        subnets=tuple(
            tables.Subnet(id=s, network=n, cidr=_subnet_cidr(cidr_of[n], s))
            for s, n in sorted(subnets.items())
        ),
        zones=(),
        groups=tuple(
            tables.Group(id=g, network=n, stack="test") for g, n in sorted(groups.items())
        ),
        hosts=tuple(hosts),
        conduits=tuple(conduits),
        peerings=tuple(peerings),
        identities=(),
        people=(),
        assets=(),
    )


def _subnet_cidr(cidr, subnet):
    first, second = cidr.split(".")[:2]
    return f"{first}.{second}.{subnet[-1]}.0/24"


def network_of(name, number, *, public=False, standin=False):
    return tables.Network(
        id=name,
        account="platform",
        stack="test",
        cidr=f"10.{number}.0.0/16",
        public=public,
        standin=standin,
    )


def host_of(name, network, *, subnet=0, group=None, address, public=None):
    return tables.Host(
        id=name,
        stack="test",
        tenant="test",
        zone="test",
        subnet=f"{network}/{subnet}",
        group=group or f"{network}/group",
        role="test",
        address=address,
        public=public,
    )


def conduit_of(name, source, target, protocol, first=0, last=65535, *, path="private"):
    return tables.Conduit(
        id=name,
        stack="test",
        sources=(source,) if isinstance(source, str) else source,
        targets=(target,) if isinstance(target, str) else target,
        service=tables.Service(protocol=protocol, first=first, last=last),
        path=path,
        authentication="none",
        mediator="test",
        reason="test",
        zones=((), ()),
    )


def random_plan(seed):
    return _random_plan(Random(seed))


def plans():
    """A hypothesis strategy of plans."""
    return st.randoms(use_true_random=False).map(_random_plan)


def _random_plan(random):
    count = random.randint(1, 3)
    networks = [network_of(f"net{n}", n, public=random.random() < 0.7) for n in range(count)]
    hosts = [_random_host(random, number, networks) for number in range(random.randint(2, 6))]
    groups = sorted({host.group for host in hosts})
    conduits = [_random_conduit(random, number, groups) for number in range(random.randint(0, 6))]
    network_of_group = {host.group: host.subnet.split("/")[0] for host in hosts}
    pairs = {
        tuple(sorted({network_of_group[s], network_of_group[t]}))
        for conduit in conduits
        if conduit.path == "private"
        for s in conduit.sources
        for t in conduit.targets
    }
    peerings = [
        tables.Peering(
            id=f"{pair[0]}--{pair[1]}", stack="test", requester=pair[0], accepter=pair[1]
        )
        for pair in sorted(pairs)
        if len(pair) == 2
    ]
    return plan_of(networks=networks, hosts=hosts, conduits=conduits, peerings=peerings)


def _random_host(random, number, networks):
    network = random.choice(networks)
    subnet = random.randint(0, 1)
    base = network.cidr.split(".")[1]
    return host_of(
        f"host{number}",
        network.id,
        subnet=subnet,
        group=f"{network.id}/group{random.randint(0, 1)}",
        address=f"10.{base}.{subnet}.{10 + number}",
        public=f"203.0.113.{10 + number}" if network.public and random.random() < 0.6 else None,
    )


def _random_conduit(random, number, groups):
    path = random.choice(("private", "private", "public"))
    ends = [*groups, tables.INTERNET] if path == "public" else groups
    source, target = random.choice(ends), random.choice(ends)
    protocol = random.choice(("tcp", "tcp", "udp", "icmp", "any"))
    first = random.choice((22, 80, 8000)) if protocol in ("tcp", "udp") else 0
    last = random.choice((first, first + 80)) if first else 65535
    return conduit_of(f"conduit{number}", source, target, protocol, first, last, path=path)


def deployed_of(plan):
    """What an account would hold after `plan`: open ACLs, groups both ways, /32s when public."""
    gateways = tuple(
        Gateway(id=f"igw-{n.id}", name=n.id, vpc=n.id) for n in plan.networks if n.public
    )
    network_of_subnet = {item.id: item.network for item in plan.subnets}
    return Deployed(
        vpcs=tuple(
            Vpc(id=n.id, name=n.id, account=ACCOUNTS[n.account], cidrs=(n.cidr,))
            for n in plan.networks
        ),
        subnets=tuple(
            Subnet(
                id=s.id,
                name=s.id,
                vpc=s.network,
                cidr=s.cidr,
                route_table=f"rtb-{s.network}",
                acl=f"acl-{s.network}",
            )
            for s in plan.subnets
        ),
        route_tables=tuple(_table(plan, network) for network in plan.networks),
        acls=tuple(
            Acl(
                id=f"acl-{n.id}",
                name=f"acl-{n.id}",
                vpc=n.id,
                default=True,
                entries=tuple(
                    AclEntry(
                        number=100,
                        egress=egress,
                        allow=True,
                        protocol=ALL,
                        cidr="0.0.0.0/0",
                        first=0,
                        last=65535,
                    )
                    for egress in (False, True)
                ),
            )
            for n in plan.networks
        ),
        groups=tuple(_group(plan, group) for group in plan.groups),
        peerings=tuple(
            DeployedPeering(
                id=f"pcx-{p.id}", name=p.id, requester=p.requester, accepter=p.accepter, active=True
            )
            for p in plan.peerings
        ),
        gateways=gateways,
        interfaces=tuple(
            Interface(
                id=f"eni-{h.id}",
                instance=f"i-{h.id}",
                host=h.id,
                account=ACCOUNTS["platform"],
                vpc=network_of_subnet[h.subnet],
                subnet=h.subnet,
                address=h.address,
                groups=(h.group,),
                public=h.public,
                running=True,
            )
            for h in plan.hosts
        ),
    )


def _table(plan, network):
    cidr_of = {item.id: item.cidr for item in plan.networks}
    routes = [Route(cidr=network.cidr, target="local", active=True)]
    for peering in plan.peerings:
        ends = [peering.requester, peering.accepter]
        if network.id in ends:
            ends.remove(network.id)
            routes.append(Route(cidr=cidr_of[ends[0]], target=f"pcx-{peering.id}", active=True))
    if network.public:
        routes.append(Route(cidr="0.0.0.0/0", target=f"igw-{network.id}", active=True))
    identity = f"rtb-{network.id}"
    return RouteTable(id=identity, name=identity, vpc=network.id, main=True, routes=tuple(routes))


def _group(plan, group):
    rules = []
    for conduit in plan.conduits:
        if group.id in conduit.sources:
            rules += [r for end in conduit.targets for r in _rules(plan, conduit, end, True)]
        if group.id in conduit.targets:
            rules += [r for end in conduit.sources for r in _rules(plan, conduit, end, False)]
    numbered = tuple(replace(r, id=f"sgr-{group.id}-{n}") for n, r in enumerate(rules))
    return Group(id=group.id, name=group.id, vpc=group.network, default=False, rules=numbered)


def _rules(plan, conduit, end, egress):
    service = conduit.service
    rule = GroupRule(
        id="",
        egress=egress,
        protocol=NUMBERS[service.protocol],
        first=service.first,
        last=service.last,
    )
    if conduit.path == "private":
        return [replace(rule, group=end)]
    if end == tables.INTERNET:
        return [replace(rule, cidr="198.51.100.250/32")]
    return [replace(rule, cidr=f"{h.public}/32") for h in plan.hosts if h.group == end and h.public]

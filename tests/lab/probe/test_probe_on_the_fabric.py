"""The prober on the lab's own fabric: every layer it names is the layer the model names."""

import os
from itertools import product

import pytest

from bulkhead.network.deployed import (
    ALL,
    Acl,
    AclEntry,
    Deployed,
    Flow,
    Gateway,
    Group,
    GroupRule,
    Interface,
    Peering,
    Route,
    RouteTable,
    Subnet,
    Vpc,
)
from bulkhead.network.reach import reach
from bulkhead.plan.tables import INTERNET
from infra.lab.fabric import Fabric, namespace
from infra.lab.probe import Vantage, observe

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
]
LAB = "ffff03"
PORTS = [("tcp", 22), ("tcp", 80), ("tcp", 8883), ("udp", 53), ("udp", 123), ("icmp", 0)]


def rule(identity, egress, protocol=ALL, first=0, last=65535, *, group=None):
    return GroupRule(
        id=identity,
        egress=egress,
        protocol=protocol,
        first=first,
        last=last,
        cidr=None if group else "0.0.0.0/0",
        group=group,
    )


def group(identity, vpc, *rules):
    return Group(id=identity, name=identity, vpc=vpc, default=False, rules=rules)


def acl(identity, vpc, *lines):
    entries = tuple(
        AclEntry(
            number=number,
            egress=egress,
            allow=allow,
            protocol=protocol,
            cidr="0.0.0.0/0",
            first=first,
            last=last,
        )
        for number, egress, allow, protocol, first, last in lines
    )
    return Acl(id=identity, name=identity, vpc=vpc, default=False, entries=entries)


def table(identity, vpc, **targets):
    routes = tuple(Route(cidr=c, target=t, active=True) for c, t in sorted(targets["to"].items()))
    return RouteTable(id=identity, name=identity, vpc=vpc, main=False, routes=routes)


def interface(host, vpc, subnet, address, *, security, public=None):
    return Interface(
        id=f"eni-{host}",
        instance=f"i-{host}",
        host=host,
        account="111111111111",
        vpc=vpc,
        subnet=subnet,
        address=address,
        groups=(security,),
        public=public,
        running=True,
    )


OPEN = (100, False, True, ALL, 0, 65535), (100, True, True, ALL, 0, 65535)
ONE, TWO = "10.1.0.0/16", "10.2.0.0/16"
DEPLOYED = Deployed(
    vpcs=(
        Vpc(id="vpc-1", name="one", account="111111111111", cidrs=(ONE,)),
        Vpc(id="vpc-2", name="two", account="111111111111", cidrs=(TWO,)),
    ),
    subnets=(
        Subnet(
            id="net-1", name="n1", vpc="vpc-1", cidr="10.1.1.0/24", route_table="rt-1", acl="acl-1"
        ),
        Subnet(
            id="net-2", name="n2", vpc="vpc-2", cidr="10.2.1.0/24", route_table="rt-2", acl="acl-2"
        ),
        Subnet(
            id="net-3", name="n3", vpc="vpc-2", cidr="10.2.2.0/24", route_table="rt-3", acl="acl-3"
        ),
    ),
    route_tables=(
        table("rt-1", "vpc-1", to={ONE: "local", TWO: "pcx-1", "0.0.0.0/0": "igw-1"}),
        table("rt-2", "vpc-2", to={TWO: "local", ONE: "pcx-1", "0.0.0.0/0": "igw-2"}),
        table("rt-3", "vpc-2", to={TWO: "local"}),
    ),
    acls=(
        acl("acl-1", "vpc-1", *OPEN),
        acl("acl-2", "vpc-2", (90, False, False, 6, 80, 80), *OPEN),
        # Requests come in and replies may not leave, but for ICMP.
        acl("acl-3", "vpc-2", OPEN[0], (100, True, True, 1, 0, 65535)),
    ),
    groups=(
        group("sg-1", "vpc-1", rule("r1", True), rule("r2", False, 6, 22, 22, group="sg-1")),
        group(
            "sg-2",
            "vpc-2",
            rule("r3", True, 6),
            rule("r4", True, 17, 53, 53),
            rule("r5", False, 6),
            rule("r6", False, 1),
        ),
        group("sg-3", "vpc-2", rule("r7", True), rule("r8", False)),
    ),
    peerings=(Peering(id="pcx-1", name="p", requester="vpc-1", accepter="vpc-2", active=True),),
    gateways=(
        Gateway(id="igw-1", name="g1", vpc="vpc-1"),
        Gateway(id="igw-2", name="g2", vpc="vpc-2"),
    ),
    interfaces=(
        interface("a", "vpc-1", "net-1", "10.1.1.10", security="sg-1", public="203.0.113.1"),
        interface("b", "vpc-1", "net-1", "10.1.1.11", security="sg-1"),
        interface("c", "vpc-2", "net-2", "10.2.1.10", security="sg-2", public="203.0.113.2"),
        interface("d", "vpc-2", "net-3", "10.2.2.10", security="sg-3"),
    ),
)


def vantages():
    found = {
        one.host: Vantage(
            host=one.host,
            namespace=namespace(LAB, one.instance),
            address=one.address,
            public=one.public,
        )
        for one in DEPLOYED.interfaces
    }
    outside = "198.51.100.250"
    found[INTERNET] = Vantage(
        host=INTERNET, namespace=namespace(LAB, "internet"), address=outside, public=outside
    )
    return found


def test_packets_and_model_name_the_same_outcome_and_layer_for_every_pair_and_path():
    model = reach(DEPLOYED)
    asked = [
        Flow(source, target, path, protocol, port)
        for source, target in product(model.hosts, repeat=2)
        for path in model.paths(source, target)
        for protocol, port in PORTS
    ]
    fabric = Fabric(LAB)
    try:
        fabric.open()
        fabric.apply(DEPLOYED)
        found = observe(asked, vantages(), namespace(LAB, "fabric"))
    finally:
        fabric.close()
    computed = {flow: (model.explain(flow).outcome, model.explain(flow).layer) for flow in asked}
    seen = {flow: (one.verdict.outcome, one.verdict.layer) for flow, one in found.items()}
    assert {
        f: (seen[f], computed[f], found[f].evidence) for f in asked if seen[f] != computed[f]
    } == {}
    layers = {layer for _, layer in seen.values()}
    assert layers >= {None, "route", "acl-ingress", "acl-egress", "group-egress", "group-ingress"}
    assert "reply-acl-egress" in layers

"""What local emulations of security groups have got wrong, each as a case for the model."""

from dataclasses import replace

import pytest

from bulkhead.network.deployed import (
    ALL,
    INTERNET_ADDRESS,
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
from bulkhead.network.ports import EVERYTHING, NOTHING, Ports
from bulkhead.network.reach import reach
from bulkhead.plan.tables import INTERNET

SSH = Ports.of(6, 22, 22)


def rule(identity, *, egress=False, protocol=6, first=0, last=65535, cidr=None, group=None):
    return GroupRule(
        id=identity,
        egress=egress,
        protocol=protocol,
        first=first,
        last=last,
        cidr=cidr,
        group=group,
    )


def entry(number, egress, allow, protocol=ALL, first=0, last=65535, cidr="0.0.0.0/0"):
    return AclEntry(
        number=number,
        egress=egress,
        allow=allow,
        protocol=protocol,
        cidr=cidr,
        first=first,
        last=last,
    )


OPEN_ACL = (entry(100, False, True), entry(100, True, True))
ALL_OUT = rule("out", egress=True, protocol=ALL, cidr="0.0.0.0/0")
SSH_IN = rule("ssh", first=22, last=22, cidr="10.0.0.0/8")


def vpc_of(number):
    return Vpc(
        id=f"vpc-{number}", name=f"vpc-{number}", account="1", cidrs=(f"10.{number}.0.0/16",)
    )


def subnet_of(vpc, number):
    return Subnet(
        id=f"subnet-{vpc}{number}",
        name=f"subnet-{vpc}{number}",
        vpc=f"vpc-{vpc}",
        cidr=f"10.{vpc}.{number}.0/24",
        route_table=f"rtb-{vpc}",
        acl=f"acl-{vpc}{number}",
    )


def table_of(vpc, *routes):
    local = Route(cidr=f"10.{vpc}.0.0/16", target="local", active=True)
    return RouteTable(
        id=f"rtb-{vpc}", name=f"rtb-{vpc}", vpc=f"vpc-{vpc}", main=True, routes=(local, *routes)
    )


def acl_of(vpc, number, *entries):
    name = f"acl-{vpc}{number}"
    return Acl(id=name, name=name, vpc=f"vpc-{vpc}", default=False, entries=entries or OPEN_ACL)


def group_of(name, vpc, *rules, default=False):
    return Group(id=name, name=name, vpc=f"vpc-{vpc}", default=default, rules=rules)


def host_of(name, vpc, subnet, last, *groups, public=None):
    return Interface(
        id=f"eni-{name}",
        instance=f"i-{name}",
        host=name,
        account="1",
        vpc=f"vpc-{vpc}",
        subnet=f"subnet-{vpc}{subnet}",
        address=f"10.{vpc}.{subnet}.{last}",
        groups=groups,
        public=public,
        running=True,
    )


def estate(*hosts, groups, vpcs=(0,), **parts):
    """Two subnets in each VPC, open ACLs and local routes unless said otherwise."""
    made = {
        "vpcs": tuple(vpc_of(v) for v in vpcs),
        "subnets": tuple(subnet_of(v, n) for v in vpcs for n in (0, 1)),
        "route_tables": tuple(table_of(v) for v in vpcs),
        "acls": tuple(acl_of(v, n) for v in vpcs for n in (0, 1)),
    }
    return Deployed(**(made | parts), groups=groups, interfaces=hosts)


def answered(deployed, source="a", target="b", path="private"):
    return reach(deployed).answered(source, target, path)


def stop(deployed, port=22, source="a", target="b", path="private", protocol="tcp"):
    found = reach(deployed).explain(Flow(source, target, path, protocol, port))
    return (found.outcome, found.layer)


def test_case_1_an_egress_rule_does_not_let_a_packet_past_the_receivers_ingress():
    hosts = host_of("a", 0, 0, 10, "sender"), host_of("b", 0, 1, 10, "receiver")
    closed = estate(*hosts, groups=(group_of("sender", 0, ALL_OUT), group_of("receiver", 0)))
    assert stop(closed) == ("refused", "group-ingress")
    opened = replace(
        closed, groups=(group_of("sender", 0, ALL_OUT), group_of("receiver", 0, SSH_IN))
    )
    assert answered(opened) == SSH


def test_case_2_two_hosts_of_one_subnet_meet_the_groups_but_not_the_network_acl():
    hosts = host_of("a", 0, 0, 10, "g"), host_of("b", 0, 0, 11, "g")
    denied = (acl_of(0, 0, entry(1, False, False), entry(1, True, False)), acl_of(0, 1))
    assert answered(estate(*hosts, groups=(group_of("g", 0, ALL_OUT, SSH_IN),), acls=denied)) == SSH
    assert stop(estate(*hosts, groups=(group_of("g", 0, ALL_OUT),), acls=denied)) == (
        "refused",
        "group-ingress",
    )


def test_case_3_a_reference_to_a_group_follows_its_members():
    groups = (
        group_of("clients", 0, ALL_OUT),
        group_of("others", 0, ALL_OUT),
        group_of("servers", 0, rule("ref", first=22, last=22, group="clients")),
    )
    server = host_of("b", 0, 1, 10, "servers")
    assert answered(estate(host_of("a", 0, 0, 10, "clients"), server, groups=groups)) == SSH
    assert answered(estate(host_of("a", 0, 0, 10, "others"), server, groups=groups)) == NOTHING
    both = host_of("a", 0, 0, 10, "clients", "others")
    assert answered(estate(both, server, groups=groups)) == SSH


def test_case_5_subnets_of_one_vpc_reach_each_other_by_the_local_route():
    hosts = host_of("a", 0, 0, 10, "g"), host_of("b", 0, 1, 10, "g")
    groups = (group_of("g", 0, ALL_OUT, SSH_IN),)
    assert answered(estate(*hosts, groups=groups)) == SSH
    routeless = (replace(table_of(0), routes=()),)
    assert stop(estate(*hosts, groups=groups, route_tables=routeless)) == ("refused", "route")


def test_case_7_groups_are_a_union_whatever_the_order_and_acls_go_by_number():
    hosts = host_of("a", 0, 0, 10, "g"), host_of("b", 0, 1, 10, "g")
    rules = (ALL_OUT, rule("narrow", first=23, last=23, cidr="10.0.0.10/32"), SSH_IN)
    both = SSH | Ports.of(6, 23, 23)
    for order in (rules, rules[::-1]):
        assert answered(estate(*hosts, groups=(group_of("g", 0, *order),))) == both
    for first, expected in ((False, NOTHING), (True, both)):
        entries = (
            entry(10, False, first, 6),
            entry(20, False, not first, 6),
            entry(30, True, True),
        )
        for order in (entries, entries[::-1]):
            acls = (acl_of(0, 0), acl_of(0, 1, *order))
            deployed = estate(*hosts, groups=(group_of("g", 0, *rules),), acls=acls)
            assert answered(deployed) == expected


def test_case_8_no_egress_rule_lets_nothing_out_and_a_default_group_without_rules_joins_nobody():
    hosts = host_of("a", 0, 0, 10, "g"), host_of("b", 0, 0, 11, "g")
    assert stop(estate(*hosts, groups=(group_of("g", 0, SSH_IN),))) == ("refused", "group-egress")
    bare = group_of("g", 0, default=True)
    assert answered(estate(*hosts, groups=(bare,))) == NOTHING
    talkative = group_of("g", 0, ALL_OUT, rule("self", protocol=ALL, group="g"), default=True)
    assert answered(estate(*hosts, groups=(talkative,))) == EVERYTHING


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ({"protocol": 17, "first": 53, "last": 53}, Ports.of(17, 53, 53)),
        ({"protocol": 1, "first": 2048, "last": 2303}, Ports.of(1, 2048, 2303)),
        ({"protocol": 6, "first": 100, "last": 200}, Ports.of(6, 100, 200)),
        ({"protocol": ALL}, EVERYTHING),
        ({"protocol": 47}, Ports.of(47)),
    ],
)
def test_case_9_each_protocol_is_its_own_and_all_means_all(service, expected):
    hosts = host_of("a", 0, 0, 10, "g"), host_of("b", 0, 1, 10, "g")
    groups = (group_of("g", 0, ALL_OUT, rule("in", cidr="10.0.0.0/8", **service)),)
    assert answered(estate(*hosts, groups=groups)) == expected


def test_case_9_an_ipv6_rule_lets_no_ipv4_packet_pass():
    hosts = host_of("a", 0, 0, 10, "g"), host_of("b", 0, 1, 10, "g")
    groups = (group_of("g", 0, ALL_OUT, rule("six", protocol=ALL, cidr="::/0")),)
    assert answered(estate(*hosts, groups=groups)) == NOTHING


def test_case_11_an_acl_without_the_whole_ephemeral_range_breaks_replies_a_group_does_not():
    hosts = host_of("a", 0, 0, 10, "g"), host_of("b", 0, 1, 10, "g")
    groups = (group_of("g", 0, ALL_OUT, SSH_IN),)
    for last, expected in ((60999, ("answered", None)), (60998, ("one-way", "reply-acl-egress"))):
        out = entry(1, True, True, 6, 32768, last)
        acls = (acl_of(0, 0), acl_of(0, 1, entry(1, False, True), out))
        assert stop(estate(*hosts, groups=groups, acls=acls)) == expected


def peered(*, routes=(True, True), active=True):
    link = Peering(id="pcx", name="pcx", requester="vpc-0", accepter="vpc-1", active=active)
    ways = [Route(cidr=f"10.{other}.0.0/16", target="pcx", active=True) for other in (1, 0)]
    tables = tuple(table_of(v, *([ways[v]] if routes[v] else [])) for v in (0, 1))
    groups = (
        group_of("g0", 0, ALL_OUT),
        group_of("g1", 1, rule("ref", first=22, last=22, group="g0")),
    )
    hosts = host_of("a", 0, 0, 10, "g0"), host_of("b", 1, 0, 10, "g1")
    return estate(*hosts, groups=groups, vpcs=(0, 1), route_tables=tables, peerings=(link,))


def test_case_12_a_peering_needs_a_route_in_both_tables_and_to_be_active():
    assert answered(peered()) == SSH
    assert stop(peered(routes=(False, True))) == ("refused", "route")
    assert stop(peered(routes=(True, False))) == ("one-way", "reply-route")
    assert stop(peered(active=False)) == ("refused", "route")


def test_case_12_a_peering_does_not_lead_on_to_a_third_vpc():
    links = tuple(
        Peering(
            id=f"pcx{n}", name=f"pcx{n}", requester=f"vpc-{n}", accepter=f"vpc-{n + 1}", active=True
        )
        for n in (0, 1)
    )
    everywhere = [Route(cidr="10.0.0.0/8", target=f"pcx{n}", active=True) for n in (0, 0, 1)]
    tables = tuple(table_of(v, everywhere[v]) for v in (0, 1, 2))
    open_in = rule("in", protocol=ALL, cidr="0.0.0.0/0")
    groups = tuple(group_of(f"g{v}", v, ALL_OUT, open_in) for v in (0, 1, 2))
    hosts = tuple(host_of(n, v, 0, 10, f"g{v}") for v, n in enumerate("amb"))
    deployed = estate(*hosts, groups=groups, vpcs=(0, 1, 2), route_tables=tables, peerings=links)
    found = reach(deployed).explain(Flow("a", "b", "private", "tcp", 22))
    assert (found.outcome, found.layer) == ("refused", "route")
    assert "the peering ends in vpc-1, not in vpc-2" in found.because[0]
    assert answered(deployed, "a", "m") == EVERYTHING


def test_a_black_hole_wins_when_it_is_the_most_specific():
    deployed = peered()
    hole = Route(cidr="10.1.0.10/32", target="pcx-gone", active=False)
    tables = (
        replace(deployed.route_tables[0], routes=(*deployed.route_tables[0].routes, hole)),
        deployed.route_tables[1],
    )
    found = reach(replace(deployed, route_tables=tables)).explain(
        Flow("a", "b", "private", "tcp", 22)
    )
    assert found.because == ("rtb-0 sends 10.1.0.10/32 into a black hole (pcx-gone)",)
    assert found.layer == "route"


def public_estate(*, gateways=(True, True), out=True, sender="203.0.113.1", rules=(), more=()):
    igws = tuple(
        Gateway(id=f"igw-{v}", name=f"igw-{v}", vpc=f"vpc-{v}" if there else None)
        for v, there in enumerate(gateways)
    )
    way_out = [Route(cidr="0.0.0.0/0", target=f"igw-{v}", active=True) for v in (0, 1)]
    tables = table_of(0, way_out[0]), table_of(1, *([way_out[1]] if out else []))
    admits = rules or (rule("in", first=8883, last=8883, cidr="203.0.113.1/32"),)
    groups = group_of("g0", 0, ALL_OUT), group_of("g1", 1, *admits)
    hosts = (
        host_of("a", 0, 0, 10, "g0", public=sender),
        host_of("b", 1, 0, 10, "g1", public="203.0.113.2"),
        *more,
    )
    return estate(*hosts, groups=groups, vpcs=(0, 1), route_tables=tables, gateways=igws)


def test_the_public_path_goes_by_both_gateways_and_the_public_addresses():
    assert answered(public_estate(), path="public") == Ports.of(6, 8883, 8883)
    assert answered(public_estate()) == NOTHING
    where = {"port": 8883, "path": "public"}
    assert stop(public_estate(sender=None), **where) == ("refused", "route")
    assert stop(public_estate(gateways=(False, True)), **where) == ("refused", "route")
    assert stop(public_estate(gateways=(True, False)), **where) == ("refused", "route")
    assert stop(public_estate(out=False), **where) == ("one-way", "reply-route")
    private = (rule("in", first=8883, last=8883, cidr="10.0.0.10/32"),)
    assert stop(public_estate(rules=private), **where) == ("refused", "group-ingress")


def test_a_reference_to_a_group_matches_nothing_on_the_public_path():
    member = host_of("c", 1, 0, 11, "g1", public="203.0.113.3")
    reference = (ALL_OUT, rule("self", protocol=ALL, group="g1"))
    deployed = public_estate(rules=reference, more=(member,))
    assert answered(deployed, "c", "b") == EVERYTHING
    assert stop(deployed, source="c", path="public") == ("refused", "group-ingress")


def test_a_public_address_that_is_also_a_members_private_one_is_still_not_that_member():
    # A VPC may lie in a public range: then a member's own address equals the sender's outside.
    member = replace(host_of("c", 1, 1, 11, "friends"), address="203.0.113.1")
    reference = (rule("ref", protocol=ALL, group="friends"),)
    deployed = public_estate(rules=reference, more=(member,))
    deployed = replace(deployed, groups=(*deployed.groups, group_of("friends", 1)))
    assert stop(deployed, path="public") == ("refused", "group-ingress")


def test_a_reference_to_a_group_out_of_sight_matches_nothing():
    # VPC 2 is not peered with VPC 1, and a member there has the very address that VPC 0's has.
    deployed = peered()
    twin = replace(host_of("c", 2, 0, 10, "far"), address="10.0.0.10")
    receiver = group_of("g1", 1, rule("ref", first=22, last=22, group="far"))
    groups = (deployed.groups[0], receiver, group_of("far", 2))
    overlapping = replace(
        deployed,
        vpcs=(*deployed.vpcs, replace(vpc_of(2), cidrs=("10.0.0.0/16",))),
        groups=groups,
        interfaces=(*deployed.interfaces, twin),
    )
    assert stop(overlapping) == ("refused", "group-ingress")
    for active, expected in ((False, NOTHING), (True, SSH)):
        link = Peering(id="far", name="far", requester="vpc-1", accepter="vpc-2", active=active)
        joined = replace(overlapping, peerings=(*overlapping.peerings, link))
        assert answered(joined) == expected


def test_the_internet_reaches_public_addresses_alone_and_is_reached_by_those_who_have_one():
    world = (rule("in", first=443, last=443, cidr=f"{INTERNET_ADDRESS}/32"),)
    deployed = public_estate(rules=world)
    assert answered(deployed, INTERNET, "b", "public") == Ports.of(6, 443, 443)
    assert answered(deployed, INTERNET, "b", "private") == NOTHING
    assert answered(deployed, "a", INTERNET, "public") == EVERYTHING
    assert stop(deployed, source="b", target=INTERNET, path="public") == ("refused", "group-egress")
    assert reach(deployed).paths("a", INTERNET) == ("public",)


def test_a_stopped_host_neither_asks_nor_answers():
    hosts = host_of("a", 0, 0, 10, "g"), host_of("b", 0, 1, 10, "g")
    groups = (group_of("g", 0, ALL_OUT, SSH_IN),)
    for stopped in (0, 1):
        some = [replace(h, running=n != stopped) for n, h in enumerate(hosts)]
        assert stop(estate(*some, groups=groups)) == ("refused", "host")


def test_an_echo_needs_its_reply_through_both_acls():
    hosts = host_of("a", 0, 0, 10, "g"), host_of("b", 0, 1, 10, "g")
    groups = (group_of("g", 0, ALL_OUT, rule("ping", protocol=1, cidr="10.0.0.0/8")),)
    request, reply = entry(1, False, True, 1, 2048, 2048), entry(1, True, True, 1, 0, 0)
    for entries, expected in (
        ((request, reply), ("answered", None)),
        ((request,), ("one-way", "reply-acl-egress")),
        ((reply,), ("refused", "acl-ingress")),
    ):
        acls = (acl_of(0, 0), acl_of(0, 1, *entries))
        deployed = estate(*hosts, groups=groups, acls=acls)
        assert stop(deployed, 0, protocol="icmp") == expected


def test_an_answer_names_every_rule_and_route_that_let_it_pass():
    found = reach(peered()).explain(Flow("a", "b", "private", "tcp", 22))
    assert found.because == (
        "rtb-0 sends 10.1.0.0/16 to pcx",
        "acl-00 entry 100 allows all to 0.0.0.0/0",
        "acl-10 entry 100 allows all from 0.0.0.0/0",
        "g0 rule out lets out all to 0.0.0.0/0",
        "g1 rule ref admits tcp 22 from g0",
        "rtb-1 sends 10.0.0.0/16 to pcx",
        "acl-10 entry 100 allows all to 0.0.0.0/0",
        "acl-00 entry 100 allows all from 0.0.0.0/0",
    )


def test_who_is_not_there_is_said_not_to_be():
    found = reach(peered()).explain(Flow("a", "nobody", "private", "tcp", 22))
    assert (found.outcome, found.layer) == ("refused", "host")
    assert found.because == ("no host nobody is deployed",)


def test_two_interfaces_of_one_name_are_refused():
    twice = host_of("a", 0, 0, 10), replace(host_of("a", 0, 0, 11), id="eni-2")
    with pytest.raises(ValueError, match="two interfaces"):
        reach(estate(*twice, groups=()))

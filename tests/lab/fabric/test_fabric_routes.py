"""Network ACLs and routes: cases 5, 7, 9, 11 and 12, spoofing, stopped hosts and IPv6."""

import socket

import pytest
from fabric_estate import ANYWHERE, peered, two_hosts
from pyroute2 import IPRoute

from infra.lab.fabric import FabricError, kernel, nft

pytestmark = pytest.mark.lab
EVERY, EPHEMERAL = (0, 65535), (1024, 65535)


def open_hosts():
    estate = two_hosts()
    for group in ("client", "server"):
        estate.egress(group, cidr=ANYWHERE)
        estate.ingress(group, cidr=ANYWHERE)
    return estate


def test_subnets_of_one_vpc_reach_each_other_by_the_local_route(world):
    estate = open_hosts()
    world.apply(estate)
    world.listen("two", 443)
    assert world.tcp("one", estate.address("two"), 443) == "answered"


def test_the_first_acl_entry_that_matches_wins_whatever_comes_later(world):
    estate = open_hosts()
    allow, deny = ("in", "allow", "tcp", (443, 443)), ("in", "deny", "tcp", EVERY)
    back = (100, "out", "allow", "all", EVERY, ANYWHERE)
    estate.acl("y", (200, *deny, ANYWHERE), (100, *allow, ANYWHERE), back)
    world.apply(estate)
    world.listen("two", 443)
    target = estate.address("two")
    assert world.tcp("one", target, 443) == "answered"
    assert world.tcp("one", target, 444) == "acl-ingress"
    estate.acl("y", (100, *deny, ANYWHERE), (200, *allow, ANYWHERE), back)
    world.apply(estate)
    assert world.tcp("one", target, 443) == "acl-ingress"


def test_an_acl_without_ephemeral_ports_breaks_replies_and_a_group_does_not(world):
    estate = open_hosts()
    into = (100, "in", "allow", "all", EVERY, ANYWHERE)
    estate.acl("y", into, (100, "out", "allow", "tcp", (443, 443), ANYWHERE))
    world.apply(estate)
    world.listen("two", 443)
    target = estate.address("two")
    assert world.tcp("one", target, 443) == "reply-acl-egress"
    estate.acl("y", into, (100, "out", "allow", "tcp", EPHEMERAL, ANYWHERE))
    world.apply(estate)
    assert world.tcp("one", target, 443) == "answered"
    estate.acl(
        "x", (1, "in", "deny", "all", EVERY, ANYWHERE), (1, "out", "allow", "all", EVERY, ANYWHERE)
    )
    world.apply(estate)
    assert world.tcp("one", target, 443) == "reply-acl-ingress"


def test_the_senders_acl_is_asked_too_and_icmp_by_type(world):
    estate = open_hosts()
    request, reply = (8 * 256, 8 * 256 + 255), (0, 255)
    out, into = (10, "out", "allow", "icmp"), (10, "in", "allow", "icmp")
    estate.acl("x", (*out, request, ANYWHERE), (*into, reply, ANYWHERE))
    world.apply(estate)
    target = estate.address("two")
    assert world.ping("one", target) == "answered"
    assert world.ping("one", target, kind=13) == "acl-egress"
    assert world.udp("one", target, 53) == "acl-egress"
    assert world.ping("two", estate.address("one")) == "acl-ingress"


def test_an_acl_is_not_asked_inside_a_subnet(world):
    estate = open_hosts()
    estate.host("near", "x", "client")
    estate.acl("x")
    world.apply(estate)
    assert world.ping("one", estate.address("near")) == "answered"
    assert world.ping("one", estate.address("two")) == "acl-egress"


def test_an_acl_entry_is_limited_to_its_cidr(world):
    estate = open_hosts()
    out = (10, "out", "allow", "all", EVERY, ANYWHERE)
    estate.acl(
        "y",
        out,
        (10, "in", "deny", "all", EVERY, f"{estate.address('one')}/32"),
        (20, "in", "allow", "all", EVERY, ANYWHERE),
    )
    estate.host("near", "x", "client")
    world.apply(estate)
    assert world.ping("one", estate.address("two")) == "acl-ingress"
    assert world.ping("near", estate.address("two")) == "answered"


def test_an_established_flow_still_meets_the_acl(world):
    estate = open_hosts()
    world.apply(estate)
    world.listen("two", 443)
    live = world.connection("one", estate.address("two"), 443)
    estate.acl("y")
    world.apply(estate)
    assert not world.carries(live, 0.3)


def test_a_peering_needs_a_route_in_both_tables(world):
    estate = peered()
    world.apply(estate)
    world.listen("two", 443)
    target = estate.address("two")
    assert world.tcp("one", target, 443) == "route"
    estate.route("x", "10.2.0.0/16", "pcx-ab")
    world.apply(estate)
    assert world.tcp("one", target, 443) == "reply-route"
    estate.route("y", "10.1.0.0/16", "pcx-ab")
    world.apply(estate)
    assert world.tcp("one", target, 443) == "answered"
    estate.peer("ab", "a", "b", active=False)
    world.apply(estate)
    assert world.tcp("one", target, 443) == "route"


def test_a_peering_leads_to_its_other_end_and_never_to_a_third(world):
    estate = peered()
    for subnet, cidr, peering in (
        ("x", "10.2.0.0/16", "ab"), ("x", "10.3.0.0/16", "ab"), ("y", "10.1.0.0/16", "ab"),
        ("y", "10.3.0.0/16", "bc"), ("z", "10.2.0.0/16", "bc"), ("z", "10.1.0.0/16", "bc"),
    ):  # fmt: skip
        estate.route(subnet, cidr, f"pcx-{peering}")
    world.apply(estate)
    hosts = {name: estate.address(name) for name in ("one", "two", "three")}
    assert world.ping("one", hosts["two"]) == "answered"
    assert world.ping("three", hosts["two"]) == "answered"
    assert world.ping("one", hosts["three"]) == "route"
    assert world.ping("three", hosts["one"]) == "route"


def test_a_group_is_referred_to_across_a_peering_by_private_address(world):
    estate = peered()
    estate.route("x", "10.2.0.0/16", "pcx-ab")
    estate.route("y", "10.1.0.0/16", "pcx-ab")
    estate.groups["b"] = estate.groups["c"]
    estate.group("b", "b")
    estate.ingress("b", "icmp", peer="a")
    world.apply(estate)
    world.listen("two", 443)
    assert world.ping("one", estate.address("two")) == "answered"
    assert world.tcp("one", estate.address("two"), 443) == "group-ingress"


def test_a_black_hole_wins_where_it_is_the_most_specific(world):
    estate = peered()
    estate.route("x", "10.2.0.0/16", "pcx-ab")
    estate.route("y", "10.1.0.0/16", "pcx-ab")
    estate.host("second", "y", "b")
    estate.route("x", f"{estate.address('two')}/32", "pcx-gone", active=False)
    world.apply(estate)
    assert world.ping("one", estate.address("two")) == "route"
    assert world.ping("one", estate.address("second")) == "answered"


def test_a_forged_source_address_goes_nowhere(world):
    estate = open_hosts()
    estate.host("near", "x", "client")
    world.apply(estate)
    forged = world.open("one", socket.SOCK_DGRAM)
    forged.setsockopt(socket.SOL_IP, 19, 1)  # IP_TRANSPARENT: bind to an address we lack
    forged.bind((estate.address("near"), 4000))
    before = world.fabric.drops()
    forged.sendto(b"not mine", (estate.address("two"), 53))
    assert world.until(lambda: world.fabric.drops()["host"] > before["host"])
    assert world.fabric.drops() == before | {"host": before["host"] + 1}


def test_a_stopped_host_is_gone_and_comes_back(world):
    estate = open_hosts()
    world.apply(estate)
    assert world.ping("one", estate.address("two")) == "answered"
    estate.change("two", running=False)
    world.apply(estate)
    assert world.space("two") not in kernel.named("bh-")
    assert world.ping("one", estate.address("two")) == "host"
    estate.change("two", running=True)
    world.apply(estate)
    assert world.ping("one", estate.address("two")) == "answered"
    del estate.interfaces["two"]
    world.apply(estate)
    assert world.space("two") not in kernel.named("bh-")


def test_a_host_keeps_its_namespace_when_others_come_and_go(world):
    estate = open_hosts()
    world.apply(estate)
    world.listen("two", 443)
    live = world.connection("one", estate.address("two"), 443)
    estate.host("third", "x", "client")
    world.apply(estate)
    del estate.interfaces["third"]
    world.apply(estate)
    assert world.carries(live)


def hardware(link):
    with IPRoute() as here:
        return here.get_links(ifname=link)[0].get_attr("IFLA_ADDRESS")


def neighbour(link, own, far, far_hardware):
    """An IPv6 address on `link` and a neighbour that needs no asking."""
    with IPRoute() as here:
        index = here.link_lookup(ifname=link)[0]
        here.addr("add", index=index, address=own, prefixlen=64, flags=2)  # without DAD
        here.neigh("replace", dst=far, lladdr=far_hardware, ifindex=index, state=128)
        if link == "eth0":
            here.route("add", dst="default", gateway=far, oif=index, family=socket.AF_INET6)


def test_ipv6_is_refused_even_where_someone_configures_it(world):
    estate = open_hosts()
    world.apply(estate)
    for number, host in enumerate(("one", "two"), start=1):
        here, far = f"fd00:{number}::1", f"fd00:{number}::2"
        inner = kernel.inside(world.space("fabric"), lambda host=host: hardware(f"h{host}"))
        outer = kernel.inside(world.space(host), lambda: hardware("eth0"))
        ends = ((host, "eth0", far, here, inner), ("fabric", f"h{host}", here, far, outer))
        for space, *rest in ends:
            kernel.inside(world.space(space), lambda rest=rest: neighbour(*rest))
    kernel.inside(world.space("fabric"), lambda: kernel.setting("ipv6/conf/all/forwarding", 1))
    world.listen("two", 443, "udp", socket.AF_INET6, "fd00:2::2")
    trying = world.open("one", socket.SOCK_DGRAM, family=socket.AF_INET6)
    trying.bind(("fd00:1::2", 0))  # not the link-local address, which takes a while to be usable
    trying.connect(("fd00:2::2", 443))
    before = world.fabric.drops()["ipv6"]
    assert world.until(lambda: trying.send(b"hello") and world.fabric.drops()["ipv6"] > before)
    trying.settimeout(0.1)
    with pytest.raises(TimeoutError):
        trying.recv(64)
    # Nothing but the rules stopped it: without them the same datagram is answered.
    kernel.inside(world.space("fabric"), lambda: nft.Nft().run("delete table inet bulkhead"))
    assert world.exchanges(trying, b"hello")


def test_what_one_address_space_cannot_hold_is_refused_by_name(world):
    estate = open_hosts()
    world.apply(estate)
    estate.vpc("b", "10.1.0.0/20")
    estate.subnet("again", "b", "10.1.5.0/24")
    estate.host("third", "again", "client")
    with pytest.raises(FabricError, match=r"vpc-a: 10.1.0.0/16 overlaps 10.1.0.0/20 of vpc-b"):
        world.apply(estate)
    assert world.fabric.blocked

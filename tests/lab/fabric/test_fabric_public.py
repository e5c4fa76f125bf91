"""The public path: out through one host's address, in through another's, judged at each end."""

import socket
from dataclasses import replace

import pytest
from fabric_estate import ANYWHERE, Estate

from infra.lab.fabric.names import OUTSIDE

pytestmark = pytest.mark.lab
EVERY = (0, 65535)
GATE, BROKER = "198.51.100.11", "203.0.113.12"


def public():
    """A site (`gate`) and a platform (`broker`), each behind an internet gateway of its own."""
    estate = Estate()
    for vpc, subnet, cidr in (("a", "x", "10.1"), ("b", "y", "10.2")):
        estate.vpc(vpc, f"{cidr}.0.0/16")
        estate.subnet(subnet, vpc, f"{cidr}.1.0/24")
        estate.gateway(vpc, vpc)
        estate.route(subnet, ANYWHERE, f"igw-{vpc}")
        estate.group(vpc, vpc)
    estate.host("gate", "x", "a", public=GATE)
    estate.host("broker", "y", "b", public=BROKER)
    estate.egress("a", "tcp", 8883, cidr=f"{BROKER}/32")
    estate.ingress("b", "tcp", 8883, cidr=f"{GATE}/32")
    return estate


def serving(world, estate):
    world.apply(estate)
    for port in (8883, 8884):
        world.listen("broker", port)


def test_the_public_path_passes_where_both_ends_allow_it(world):
    estate = public()
    serving(world, estate)
    assert world.tcp("gate", BROKER, 8883) == "answered"
    assert world.tcp("gate", BROKER, 8884) == "group-egress"
    assert world.tcp("gate", estate.address("broker"), 8883) == "route"


def test_the_receiver_sees_the_public_address_of_the_sender(world):
    estate = public()
    serving(world, estate)
    world.connection("gate", BROKER, 8883)
    assert world.sockets[-1].getpeername()[0] == GATE


def test_the_receivers_group_decides_about_public_sources(world):
    estate = public()
    estate.groups["b"] = replace(estate.groups["b"], rules=())
    estate.ingress("b", "tcp", 8883, cidr=f"{estate.address('gate')}/32")
    estate.ingress("b", "tcp", 8883, peer="a")
    serving(world, estate)
    assert world.tcp("gate", BROKER, 8883) == "group-ingress"


@pytest.mark.parametrize(
    ("subnet", "side", "layer"),
    [
        ("x", "out", "acl-egress"),
        ("y", "in", "acl-ingress"),
        ("y", "out", "reply-acl-egress"),
        ("x", "in", "reply-acl-ingress"),
    ],
)
def test_both_acls_are_asked_in_both_directions(world, subnet, side, layer):
    estate = public()
    other = "in" if side == "out" else "out"
    estate.acl(subnet, (1, other, "allow", "all", EVERY, ANYWHERE))
    serving(world, estate)
    assert world.tcp("gate", BROKER, 8883) == layer


def test_without_a_route_to_the_gateway_nothing_leaves_and_nothing_answers(world):
    estate = public()
    estate.unroute("x", ANYWHERE)
    serving(world, estate)
    assert world.tcp("gate", BROKER, 8883) == "route"
    estate.route("x", ANYWHERE, "igw-a")
    estate.unroute("y", ANYWHERE)
    world.apply(estate)
    assert world.tcp("gate", BROKER, 8883) == "reply-route"


def test_without_a_public_address_or_an_attached_gateway_there_is_no_way(world):
    estate = public()
    estate.egress("a", cidr=ANYWHERE)
    estate.host("hidden", "x", "a")
    serving(world, estate)
    assert world.tcp("hidden", BROKER, 8883) == "route"
    estate.gateways["b"] = replace(estate.gateways["b"], vpc=None)
    world.apply(estate)
    assert world.tcp("gate", BROKER, 8883) == "route"
    estate.gateways["a"] = replace(estate.gateways["a"], vpc=None)
    world.apply(estate)
    assert world.tcp("gate", BROKER, 8883) == "route"


def test_the_internet_reaches_public_addresses_by_rule_and_private_ones_never(world):
    estate = public()
    estate.ingress("b", "tcp", 8884, cidr=ANYWHERE)
    serving(world, estate)
    assert world.tcp("internet", BROKER, 8884) == "answered"
    assert world.tcp("internet", BROKER, 8883) == "group-ingress"
    estate.ingress("b", cidr=ANYWHERE)
    world.apply(estate)
    assert world.tcp("internet", BROKER, 8883) == "answered"
    assert world.tcp("internet", estate.address("broker"), 8883) == "route"
    assert world.ping("internet", estate.address("gate")) == "route"


def test_the_internet_cannot_pretend_to_be_inside(world):
    estate = public()
    estate.ingress("b", "udp", 53, cidr=ANYWHERE)
    estate.ingress("b", "udp", 53, peer="a")
    serving(world, estate)
    forged = world.open("internet", socket.SOCK_DGRAM)
    forged.setsockopt(socket.SOL_IP, 19, 1)  # IP_TRANSPARENT: bind to an address we lack
    forged.bind((estate.address("gate"), 4000))
    before = world.fabric.drops()["host"]
    forged.sendto(b"not mine", (BROKER, 53))
    assert world.until(lambda: world.fabric.drops()["host"] == before + 1)


def test_hosts_reach_the_internet_by_rule(world):
    estate = public()
    serving(world, estate)
    world.listen("internet", 53, "udp", address=OUTSIDE)
    assert world.udp("gate", OUTSIDE, 53) == "group-egress"
    estate.egress("a", "udp", 53, cidr=ANYWHERE)
    estate.egress("a", "icmp", cidr=ANYWHERE)
    world.apply(estate)
    assert world.udp("gate", OUTSIDE, 53) == "answered"
    assert world.ping("gate", OUTSIDE) == "answered"
    assert world.udp("gate", "192.0.2.1", 53) == "route"


def test_a_public_address_that_moves_takes_nobodys_flows_along(world):
    estate = public()
    estate.host("spare", "y", "b")
    serving(world, estate)
    world.listen("spare", 8883)
    live = world.connection("gate", BROKER, 8883)
    estate.change("broker", public=None)
    estate.change("spare", public=BROKER)
    world.apply(estate)
    assert not world.carries(live, 0.3)
    fresh = world.connection("gate", BROKER, 8883)
    assert world.sockets[-1].getsockname()[0] == estate.address("spare")
    estate.change("gate", public="198.51.100.99")
    world.apply(estate)
    assert not world.carries(fresh, 0.3)
    assert world.tcp("gate", BROKER, 8883) == "group-ingress"


def test_a_detached_gateway_ends_what_it_carried(world):
    estate = public()
    serving(world, estate)
    live = world.connection("gate", BROKER, 8883)
    attached = estate.gateways["b"]
    estate.gateways["b"] = replace(attached, vpc=None)
    world.apply(estate)
    estate.gateways["b"] = attached
    world.apply(estate)
    assert not world.carries(live, 0.3)
    assert world.tcp("gate", BROKER, 8883) == "answered"


def test_a_revoked_public_path_is_cut(world):
    estate = public()
    serving(world, estate)
    live = world.connection("gate", BROKER, 8883)
    estate.groups["b"] = replace(estate.groups["b"], rules=())
    world.apply(estate)
    assert world.carries(live)
    assert world.fabric.cut(GATE, port=8883) == 2
    assert not world.carries(live, 0.3)

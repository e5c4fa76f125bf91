"""Endpoints and transit gateways on real packets; what is behind an endpoint answers by a relay."""

import pytest
from fabric_private import served, spokes

from infra.lab.fabric import kernel, namespace

pytestmark = pytest.mark.lab


def space(world, name):
    return namespace(world.lab, f"vpce-{name}")


def test_bytes_go_to_the_service_and_back_through_the_endpoint_alone(world):
    estate = served()
    world.apply(estate)
    world.listen("logstore-1", 9000)
    talk = world.connection("one", estate.address("door"), 443)
    assert world.exchanges(talk, b"an object", again=False)
    assert world.tcp("one", estate.address("logstore-1"), 9000) == "route"
    assert world.tcp("one", estate.address("door"), 9000) == "group-egress"


def test_the_server_never_opens_a_connection_back(world):
    estate = served()
    estate.ingress("client", cidr="0.0.0.0/0")
    estate.egress("store", cidr="0.0.0.0/0")
    world.apply(estate)
    world.listen("logstore-1", 9000)
    world.connection("one", estate.address("door"), 443)
    assert world.tcp("logstore-1", estate.address("one"), 443) == "route"
    assert world.tcp("logstore-1", estate.address("door"), 443) == "route"


def test_what_runs_at_an_endpoint_could_not_ask_even_if_its_groups_let_it(world):
    estate = served()
    estate.egress("door", cidr="0.0.0.0/0")
    estate.ingress("client", cidr="0.0.0.0/0")
    world.apply(estate)
    world.listen("one", 443)
    before = world.fabric.drops()["endpoint"]

    def ask():
        import socket

        with socket.socket() as made:
            made.settimeout(0.5)
            made.connect((estate.address("one"), 443))

    with pytest.raises(TimeoutError):
        kernel.inside(space(world, "door"), ask)
    assert world.fabric.drops()["endpoint"] > before


def test_withdrawn_acceptance_cuts_what_is_carried_and_refuses_what_is_new(world):
    estate = served()
    world.apply(estate)
    world.listen("logstore-1", 9000)
    talk = world.connection("one", estate.address("door"), 443)
    estate.accept("door", False)
    world.apply(estate)
    assert not carried(world, talk)
    assert world.tcp("one", estate.address("door"), 443) == "endpoint"
    estate.accept("door", True)
    world.apply(estate)
    assert world.carries(world.connection("one", estate.address("door"), 443))


def carried(world, talk):
    try:
        return world.carries(talk, bound=1.0)
    except OSError:
        return False


def test_an_endpoint_that_goes_leaves_nothing_and_hosts_stay(world):
    estate = served()
    world.apply(estate)
    del estate.endpoints["door"]
    world.apply(estate)
    assert space(world, "door") not in kernel.named(f"bh-{world.lab}-")
    assert world.space("one") in kernel.named(f"bh-{world.lab}-")


def test_a_blocked_fabric_carries_nothing_through_an_endpoint(world):
    estate = served()
    world.apply(estate)
    world.listen("logstore-1", 9000)
    talk = world.connection("one", estate.address("door"), 443)
    world.fabric.block()
    assert not carried(world, talk)
    world.apply(estate)
    assert world.carries(world.connection("one", estate.address("door"), 443))


def test_over_a_transit_gateway_the_hub_meets_the_spokes_and_they_do_not_meet(world):
    estate = spokes()
    world.apply(estate)
    for host in ("hub", "one", "two"):
        world.listen(host, 443)
    for spoke in ("one", "two"):
        assert world.tcp("hub", estate.address(spoke), 443) == "answered"
        assert world.tcp(spoke, estate.address("hub"), 443) == "answered"
    assert world.tcp("one", estate.address("two"), 443) == "route"
    estate.judge("spokes", a="10.1.0.0/16", b="10.2.0.0/16", c="10.3.0.0/16")
    world.apply(estate)
    assert world.tcp("one", estate.address("two"), 443) == "answered"


def test_an_attachment_in_the_wrong_table_and_a_black_hole_stop_packets(world):
    estate = spokes()
    estate.attach("a", "spokes")
    world.apply(estate)
    world.listen("one", 443)
    assert world.tcp("hub", estate.address("one"), 443) == "route"
    estate.attach("a", "plane")
    estate.judge("plane", b="10.0.0.0/8", hole="10.2.1.0/24")
    world.apply(estate)
    assert world.tcp("hub", estate.address("one"), 443) == "route"
    estate.judge("plane", b="10.0.0.0/8")
    world.apply(estate)
    assert world.tcp("hub", estate.address("one"), 443) == "answered"

"""Endpoints and transit gateways by the model: who reaches whom, and what stops the others."""

import oracle
import pytest
from fabric_private import served, spokes

from bulkhead.network.compare import compare
from bulkhead.network.deployed import Flow
from bulkhead.network.intent import intent
from bulkhead.network.reach import reach
from infra.lab.fabric.relays import relays


def told(estate, source, target, port=443):
    """Outcome and layer by the model, once the oracle has said the same."""
    deployed = estate.deployed()
    found = reach(deployed).explain(Flow(source, target, "private", "tcp", port))
    walked = oracle.verdict(deployed, source, target, "private", 6, port)
    assert (found.outcome, found.layer) == walked
    return found.outcome, found.layer


def test_a_client_reaches_the_endpoint_by_its_groups_and_never_what_is_behind_it():
    estate = served()
    assert told(estate, "one", "door") == ("answered", None)
    assert told(estate, "one", "door", 80) == ("refused", "group-egress")
    assert told(estate, "one", "logstore-1", 9000) == ("refused", "route")
    assert told(estate, "logstore-1", "one") == ("refused", "route")


def test_an_endpoint_never_asks_whatever_its_groups_let_out():
    estate = served()
    estate.egress("door", cidr="0.0.0.0/0")
    estate.ingress("client", cidr="0.0.0.0/0")
    assert told(estate, "door", "one") == ("refused", "endpoint")


def test_an_endpoint_that_is_not_accepted_takes_nothing_and_no_relay_stands_for_it():
    estate = served()
    assert [row.server for row in relays(estate.deployed())] == ["i-logstore-1"]
    estate.accept("door", False)
    assert told(estate, "one", "door") == ("refused", "endpoint")
    assert relays(estate.deployed()) == ()


def test_a_service_that_nobody_stands_for_has_an_endpoint_and_no_relay():
    estate = served()
    estate.endpoint("keys", "x", "door", "kms")
    assert told(estate, "one", "keys") == ("answered", None)
    assert [row.consumer for row in relays(estate.deployed())] == ["vpce-door"]


def test_the_hub_meets_the_spokes_and_the_spokes_do_not_meet():
    estate = spokes()
    for spoke in ("one", "two"):
        assert told(estate, "hub", spoke) == ("answered", None)
        assert told(estate, spoke, "hub") == ("answered", None)
    assert told(estate, "one", "two") == ("refused", "route")


@pytest.mark.parametrize(
    ("change", "layer"),
    [
        (lambda e: e.judge("plane", c="10.3.0.0/16"), "route"),
        (lambda e: e.judge("spokes"), "reply-route"),
        (lambda e: e.judge("plane", b="10.0.0.0/8", hole="10.2.1.0/24"), "route"),
        (lambda e: e.attach("a", "spokes"), "route"),
        (lambda e: e.attach("a", ""), "route"),
        (lambda e: e.attach("b", "spokes", available=False), "route"),
        (lambda e: e.judge("plane", c="10.0.0.0/8"), "route"),
        (lambda e: e.unroute("y", "10.0.0.0/8"), "reply-route"),
    ],
    ids=[
        "no route in the gateway's table",
        "no route back",
        "a black hole that is more specific",
        "an attachment in the other table",
        "an attachment in no table",
        "an attachment that is not there yet",
        "a route to another attachment",
        "no route to the gateway",
    ],
)
def test_a_way_over_the_gateway_needs_every_part_of_it(change, layer):
    estate = spokes()
    change(estate)
    outcome = "one-way" if layer.startswith("reply-") else "refused"
    assert told(estate, "hub", "one") == (outcome, layer)


def test_a_way_over_the_gateway_ends_in_the_vpc_that_it_leads_to():
    """Not transitive: from `b` on to `c` by a peering would be a third network."""
    estate = spokes()
    estate.peer("bc", "b", "c")
    estate.route("y", "10.3.0.0/16", "pcx-bc")
    estate.judge("plane", b="10.0.0.0/8")
    assert told(estate, "hub", "two") == ("refused", "route")


def nothing_intended():
    from plans import plan_of

    return intent(plan_of(networks=(), hosts=(), conduits=()))


def test_a_route_between_spokes_is_found_and_named():
    before, estate = spokes(), spokes()
    estate.judge("spokes", a="10.1.0.0/16", c="10.3.0.0/16", b="10.2.0.0/16")
    known = {str(row) for row in compare(nothing_intended(), reach(before.deployed()))}
    fresh = [
        row
        for row in compare(nothing_intended(), reach(estate.deployed()))
        if str(row) not in known and row.kind == "opened"
    ]
    assert {(row.source, row.target) for row in fresh} == {("one", "two"), ("two", "one")}
    why = reach(estate.deployed()).explain(Flow("one", "two", "private", "tcp", 22)).because
    assert any(
        "tgw-rtb-spokes (spokes) sends 10.3.0.0/16 to tgw-attach-c" in words for words in why
    )

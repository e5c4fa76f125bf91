"""What every action must do in every environment: one suite, run against each one's handlers.

A case is a script of a drill; it asserts. `EXAMPLE` names the hosts of the example's estate.
Cases of NETWORK need hosts that are networks; those of SERVICES need machines with services.
"""

import pytest
from toy import Play

from bulkhead.drill import Done, NotObserved, Refused, run
from bulkhead.drill.actions import (
    Lift,
    Neighbours,
    Plant,
    Publish,
    PutBack,
    Query,
    Reach,
    Unplant,
)

INGEST, OTHER_INGEST = "acme/ingest/ingest-1", "borealis/ingest/ingest-1"
BROKER, OTHER_BROKER = "acme/ingest/broker-1", "borealis/ingest/broker-1"
HISTORIAN, OTHER_HISTORIAN = "acme/storage/historian-1", "borealis/storage/historian-1"
GATEWAY, PLC = "acme/lyon/ai/gw-1", "acme/lyon/ot/plc-1"
BASTION, PROXY = "shared/admin/bastion-1", "shared/egress/proxy-1"
TOPIC = "spBv1.0/borealis/NDATA/borealis.tromso.ai.gw-1"


def reach(source, target, port, path="private", protocol="tcp"):
    return Reach(source, target, path, protocol, port)


def an_allowed_way_is_done(d):
    found = yield d.all(
        [
            reach(INGEST, BROKER, 8883),
            reach(INGEST, BROKER, 4444),
            reach(INGEST, PROXY, 53, protocol="udp"),
            reach(INGEST, PROXY, 123, protocol="udp"),
            reach(GATEWAY, BROKER, 8883, "public"),
            reach(GATEWAY, PLC, 502),
        ]
    )
    assert [type(outcome) for outcome in found] == [Done] * 6, found


def a_refused_way_names_a_layer(d):
    ways = [
        reach(INGEST, OTHER_HISTORIAN, 5432),
        reach(INGEST, BASTION, 22),
        reach(INGEST, BASTION, 4444),
        reach(GATEWAY, OTHER_BROKER, 8883, "public"),
        reach(GATEWAY, PLC, 22),
    ]
    for outcome in (yield d.all(ways)):
        assert isinstance(outcome, Refused), outcome
        assert outcome.layer
        assert outcome.reason


def outcomes_come_in_the_order_of_the_actions(d):
    ways = [reach(INGEST, BASTION, 22), reach(INGEST, BROKER, 8883)]
    forth = yield d.all(ways)
    back = yield d.all(reversed(ways))
    assert forth == tuple(reversed(back))
    assert [type(outcome) for outcome in forth] == [Refused, Done]


def a_host_that_is_not_there_is_refused_as_such(d):
    found = yield d.all([reach(INGEST, "acme/nowhere", 22), reach("acme/nowhere", INGEST, 22)])
    assert found == (Refused(layer="host"), Refused(layer="host"))


def an_address_that_a_host_does_not_have_has_no_route(d):
    assert (yield d.do(reach(GATEWAY, INGEST, 22, "public"))) == Refused(layer="route")


def nobody_answers_at_the_link(d):
    assert (yield d.do(Neighbours(INGEST))) == Done()


def a_host_that_is_not_there_cannot_look_around(d):
    assert isinstance((yield d.do(Neighbours("acme/nowhere"))), NotObserved)


def a_lifted_layer_stops_no_longer_and_put_back_stops_again(d):
    for way in (
        reach(INGEST, OTHER_INGEST, 22),
        reach(INGEST, BASTION, 22),
        reach(OTHER_INGEST, OTHER_BROKER, 22),
        reach(GATEWAY, OTHER_BROKER, 8883, "public"),
        reach(GATEWAY, PLC, 22),
    ):
        before = yield d.do(way)
        mark = d.mark()
        assert (yield d.do(Lift(way, before.layer))) == Done(), (way, before)
        during = yield d.do(way)
        assert during != before, (way, before)
        assert (yield d.undo(mark)) == (Done(),)
        assert (yield d.do(way)) == before


def a_lifted_layer_opens_the_one_way_alone(d):
    way, beside = reach(OTHER_INGEST, OTHER_BROKER, 22), reach(OTHER_INGEST, OTHER_BROKER, 4444)
    other = reach(OTHER_INGEST, BASTION, 22)
    before = yield d.all([beside, other])
    stopped = yield d.do(way)
    assert isinstance((yield d.do(Lift(way, stopped.layer))), Done)
    assert (yield d.all([beside, other])) == before


def putting_back_what_is_not_open_changes_nothing(d):
    way = reach(INGEST, OTHER_INGEST, 22)
    before = yield d.do(way)
    assert (yield d.do(PutBack(way, "route"))) == Done()
    assert (yield d.do(PutBack(reach(INGEST, BASTION, 22), "acl-egress"))) == Done()
    assert (yield d.do(way)) == before
    assert isinstance((yield d.do(reach(INGEST, BROKER, 8883))), Done)


def what_cannot_be_opened_alone_is_refused_with_a_reason(d):
    for way, layer in (
        (reach(INGEST, BROKER, 22, "public"), "route"),
        (reach(INGEST, OTHER_INGEST, 22), "broker-acl"),
        (reach(INGEST, OTHER_INGEST, 22), "nonsense"),
        (reach(INGEST, BROKER, 22), "host"),
    ):
        outcome = yield d.do(Lift(way, layer))
        assert outcome == Refused(layer="lift")
        assert outcome.reason


NETWORK = (
    an_allowed_way_is_done,
    a_refused_way_names_a_layer,
    outcomes_come_in_the_order_of_the_actions,
    a_host_that_is_not_there_is_refused_as_such,
    an_address_that_a_host_does_not_have_has_no_route,
    nobody_answers_at_the_link,
    a_host_that_is_not_there_cannot_look_around,
    a_lifted_layer_stops_no_longer_and_put_back_stops_again,
    a_lifted_layer_opens_the_one_way_alone,
    putting_back_what_is_not_open_changes_nothing,
    what_cannot_be_opened_alone_is_refused_with_a_reason,
)


def another_tenants_topic_is_refused_by_the_brokers_own_rules(d):
    mine = Publish(INGEST, BROKER, "private", TOPIC)
    assert (yield d.do(mine)) == Refused(layer="broker-acl")
    mark = d.mark()
    assert (yield d.do(Lift(mine, "broker-acl"))) == Done()
    assert isinstance((yield d.do(mine)), Done)
    assert (yield d.undo(mark)) == (Done(),)
    assert (yield d.do(mine)) == Refused(layer="broker-acl")


def a_gateways_message_in_anothers_name_is_refused(d):
    theirs = Publish(GATEWAY, BROKER, "public", "spBv1.0/acme/NDATA/acme.lyon.ai.gw-2")
    device = Publish(GATEWAY, BROKER, "public", TOPIC)
    assert (yield d.all([theirs, device])) == (Refused(layer="broker-acl"),) * 2


def a_broker_that_the_network_hides_is_refused_by_the_network(d):
    outcome = yield d.do(Publish(INGEST, OTHER_BROKER, "private", TOPIC))
    assert isinstance(outcome, Refused)
    assert outcome.layer not in ("tls", "broker-acl")


def ones_own_rows_are_read_and_anothers_are_not_seen(d):
    own, theirs = (Query(INGEST, HISTORIAN, tenant) for tenant in ("acme", "borealis"))
    yield d.all([Plant(HISTORIAN, "acme"), Plant(HISTORIAN, "borealis")])
    found = yield d.all([own, theirs])
    assert isinstance(found[0], Done)
    assert found[1] == Refused(layer="row-security")
    mark = d.mark()
    assert (yield d.do(Lift(theirs, "row-security"))) == Done()
    assert isinstance((yield d.do(theirs)), Done)
    assert (yield d.undo(mark)) == (Done(),)
    assert (yield d.do(theirs)) == Refused(layer="row-security")


def rows_that_are_not_there_prove_nothing(d):
    mark = d.mark()
    yield d.do(Plant(HISTORIAN, "borealis"))
    yield d.undo(mark)
    outcome = yield d.do(Query(INGEST, HISTORIAN, "borealis"))
    assert isinstance(outcome, NotObserved), outcome
    assert (yield d.do(Unplant(HISTORIAN, "borealis"))) == Done()


def a_historian_that_the_network_hides_is_refused_by_the_network(d):
    outcome = yield d.do(Query(INGEST, OTHER_HISTORIAN, "borealis"))
    assert isinstance(outcome, Refused)
    assert outcome.layer not in ("tls", "row-security")


SERVICES = (
    another_tenants_topic_is_refused_by_the_brokers_own_rules,
    a_gateways_message_in_anothers_name_is_refused,
    a_broker_that_the_network_hides_is_refused_by_the_network,
    ones_own_rows_are_read_and_anothers_are_not_seen,
    rows_that_are_not_there_prove_nothing,
    a_historian_that_the_network_hides_is_refused_by_the_network,
)


def cases(suite):
    """Parameters for a test named as claims."""
    return pytest.mark.parametrize("case", suite, ids=[case.__name__ for case in suite])


def hold(case, environment):
    """Run one case; its assertion is the test's, and all that it did is taken back."""
    report = run(Play(case, needs={Reach}), environment)
    if report.fault is not None:
        raise report.fault
    assert report.ended == "whole"
    assert report.unmended == ()

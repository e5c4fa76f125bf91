"""A rule opened by mistake in sim: found, closed, cut, proven; and what a half response leaves."""

from dataclasses import replace

import pytest
from answering import People, play

from bulkhead.drill import Done
from bulkhead.drill.actions import Lift, PutBack
from bulkhead.drill.flows import CUT
from bulkhead.drill.incidents import UNKNOWN
from bulkhead.errors import WrongInput
from simulator.drills.broker_isolation_failure import BrokerIsolationFailure


@pytest.fixture
def played(modelled, example_plan):
    def playing(tenant=None, people=None, **handlers):
        environment = modelled()
        known = {kind: handlers.get(kind.__name__, one) for kind, one in _all(environment)}
        place = replace(environment, handlers=known)
        return play(BrokerIsolationFailure(example_plan, tenant), place, example_plan, people)

    return playing


def _all(environment):
    return environment.handlers.items()


def by_subject(report):
    return {row.subject: row for row in report.findings}


class Forgets:
    """Says that it is done, and does nothing."""

    def perform(self, clock, actions):
        yield clock.timeout(0.1)
        return [Done() for _ in actions]


@pytest.mark.parametrize("tenant", [None, "acme", "borealis"])
def test_all_of_it_holds_for_each_tenant(played, tenant):
    report = played(tenant)
    assert report.fault is None
    assert report.held
    victim = "acme/ingest/broker-1" if tenant == "acme" else "borealis/ingest/broker-1"
    assert by_subject(report)["a rule opened by mistake"].target == victim


def test_every_opened_layer_is_closed_by_the_response_and_owed_before_it_is_opened(played):
    rows = played().timeline.rows
    lifted = [row.action.layer for row in rows if isinstance(row.action, Lift)]
    closed = [
        row.action.layer for row in rows if isinstance(row.action, PutBack) and row.phase == "run"
    ]
    assert closed == lifted[::-1]
    assert len(lifted) > 1


def test_a_flow_outlives_its_rule_and_is_gone_once_it_is_cut(played):
    found = by_subject(played())
    assert found["the live flow outlives its rule"].seen == "done"
    assert found["the live flow is gone"].layer == CUT
    assert found["the broker's own check"].layer == UNKNOWN


def test_a_cut_that_cuts_nothing_is_found(played):
    found = by_subject(played(Cut=Forgets()))["the live flow is gone"]
    assert (found.seen, found.standing) == ("done", "deviated")


def test_rules_that_stay_open_are_found_and_so_is_the_roll_back_that_fails(played):
    report = played(PutBack=Forgets())
    found = by_subject(report)
    assert found["the way is closed where it was"].standing == "deviated"
    assert found["afterwards: the tenants are apart"].standing == "deviated"
    assert not report.held


def test_where_nobody_acknowledges_the_roll_back_closes_the_way(played):
    says = dict.fromkeys(("shared/olga", "borealis/lars", "borealis/ingrid"), "nothing")
    report = played(people=People(says=says))
    found = by_subject(report)
    assert found["the alert is acknowledged"].standing == "deviated"
    assert found["afterwards: the tenants are apart"].standing == "held"
    assert report.unmended == ()


def test_every_deadline_of_the_exercise_is_the_subject_of_a_finding(played, example_plan):
    told = BrokerIsolationFailure(example_plan).exercise
    assert {row.name for row in told.deadlines} <= set(by_subject(played()))
    rows = (*told.deadlines, *told.injects)
    assert {row.objective for row in rows} <= {row.id for row in told.objectives}


def test_an_estate_of_one_tenant_has_nothing_to_be_isolated_from(example_plan):
    alone = replace(
        example_plan,
        tenants=tuple(row for row in example_plan.tenants if row.id == "acme"),
        hosts=tuple(row for row in example_plan.hosts if row.tenant != "borealis"),
    )
    with pytest.raises(WrongInput, match=r"no other tenant than acme"):
        BrokerIsolationFailure(alone)

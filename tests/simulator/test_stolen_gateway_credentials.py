"""Stolen credentials in sim: stopped, noticed, revoked, ended, replaced; and half responses."""

from dataclasses import replace

import pytest
from answering import People, play

from bulkhead.drill import Done
from bulkhead.drill.incidents import REVOKED, Disconnect, Handshake, Impersonate, Renew, Revoke
from bulkhead.network.whatif import changed
from simulator.drills.stolen_gateway_credentials import StolenGatewayCredentials

GATEWAY, BROKER = "borealis/tromso/ai/gw-1", "borealis/ingest/broker-1"


@pytest.fixture
def played(modelled, example_plan):
    def playing(tenant=None, people=None, **handlers):
        environment = modelled()
        known = {
            kind: handlers.get(kind.__name__, one) for kind, one in environment.handlers.items()
        }
        place = replace(environment, handlers=known)
        return play(StolenGatewayCredentials(example_plan, tenant), place, example_plan, people)

    return playing


def by_subject(report):
    return {row.subject: row for row in report.findings}


class Forgets:
    """Says that it is done, and does nothing."""

    def perform(self, clock, actions):
        yield clock.timeout(0.1)
        return [Done(facts=(("serial", "0"),)) for _ in actions]


@pytest.mark.parametrize("tenant", [None, "acme", "borealis"])
def test_all_of_it_holds_for_each_tenant(played, tenant):
    report = played(tenant)
    assert report.fault is None
    assert report.held
    assert {row.standing for row in report.findings} == {"held"}


def test_from_outside_the_network_stops_it_and_beside_the_gateway_nothing_does(played):
    found = by_subject(played())
    outside = [found["used from internet"], found["used from another tenant"]]
    assert [row.source for row in outside] == ["internet", "acme/lyon/ai/gw-1"]
    assert all(row.layer in ("group-ingress", "host-egress") for row in outside)
    assert found["used beside the true gateway"].seen == "done"


def test_the_response_takes_the_safe_order(played):
    rows = [row.action for row in played().timeline.rows if row.phase == "run"]
    steps = [row for row in rows if isinstance(row, Revoke | Disconnect | Renew) or _stolen(row)]
    assert [type(row).__name__ for row in steps] == [
        "Revoke",
        "Handshake",
        "Disconnect",
        "Renew",
        "Handshake",
    ]
    assert next(row for row in steps if isinstance(row, Renew)).rekey


def _stolen(action):
    return isinstance(action, Handshake) and action.stolen


def test_a_revocation_that_reached_no_broker_is_found(played):
    found = by_subject(played(Revoke=Forgets()))
    assert (found["the revoked credentials"].seen, found["the revoked credentials"].standing) == (
        "done",
        "deviated",
    )
    assert found["the impostor is gone"].standing == "deviated"


def test_a_live_session_that_nobody_ends_goes_on_after_its_revocation(played):
    """The true gateway is refused too, so that nothing but an ending ends it."""
    found = by_subject(played(Disconnect=Forgets(), Renew=Forgets()))
    assert found["the revoked credentials"].layer == REVOKED
    assert found["the impostor is gone"].standing == "deviated"
    assert found["telemetry is back"].standing == "deviated"


def test_where_nobody_acknowledges_the_roll_back_ends_the_impostor(played):
    says = dict.fromkeys(("shared/olga", "borealis/ingrid"), "nothing")
    report = played(people=Unwilling(says))
    found = by_subject(report)
    assert found["the alert is acknowledged"].standing == "deviated"
    assert found["afterwards: telemetry is stored"].standing == "held"
    assert not [row for row in report.timeline.rows if isinstance(row.action, Revoke)]


class Unwilling:
    """The authority consents; nobody acknowledges."""

    def __init__(self, says):
        self._says = {**says, "borealis/lars": "nothing"}

    def perform(self, clock, actions):
        told = actions[0].kind == "acknowledge"
        return (yield from People(says=self._says if told else {}).perform(clock, actions))


def test_an_open_rule_is_what_the_credentials_need_from_outside(example_plan):
    from bulkhead.environments import sim as program
    from bulkhead.environments.actions import sim
    from bulkhead.environments.actions.sim_world import World

    deployed = changed(
        program.deployed(example_plan),
        "open tcp 8883 into borealis/ingest/broker from 0.0.0.0/0",
    )
    place = sim.of(World(example_plan, deployed, {}))
    report = play(StolenGatewayCredentials(example_plan), place, example_plan)
    found = by_subject(report)["used from internet"]
    assert (found.seen, found.standing) == ("done", "deviated")
    assert report.unmended == ()


def test_every_deadline_of_the_exercise_is_the_subject_of_a_finding(played, example_plan):
    told = StolenGatewayCredentials(example_plan).exercise
    assert {row.name for row in told.deadlines} <= set(by_subject(played()))
    rows = (*told.deadlines, *told.injects)
    assert {row.objective for row in rows} <= {row.id for row in told.objectives}
    assert any("does not leave the gateway's host" in note for note in told.notes)


def test_the_impostor_disturbs_the_gateway_that_it_pretends_to_be():
    [lost] = Impersonate("internet", BROKER, GATEWAY, "public").disturbs()
    assert lost.host == GATEWAY

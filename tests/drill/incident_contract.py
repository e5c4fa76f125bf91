"""What the actions of incidents and flows must do in every environment with machines.

Cases as in `action_contract`; each leaves gateway, broker and lists as it found them. `brief` asks
for what should not come about: nobody waits for it for long.
"""

from dataclasses import replace
from datetime import UTC, datetime

from action_contract import BROKER as ACME_BROKER
from action_contract import GATEWAY as ACME_GATEWAY
from action_contract import reach
from answering import People, peopled
from toy import Play

from bulkhead.drill import Done, NotObserved, Refused, run
from bulkhead.drill.actions import Lift, PutBack, Reach
from bulkhead.drill.authority import Authority
from bulkhead.drill.flows import CUT, Cut, Hold, Passes, Release
from bulkhead.drill.incidents import (
    EXPIRED,
    REVOKED,
    UNKNOWN,
    Copy,
    Discard,
    Disconnect,
    Expired,
    Gapless,
    Handshake,
    Impersonate,
    Impostor,
    Reconnect,
    Renew,
    Restore,
    Revoke,
    ShortCertificate,
    Silence,
    TakenOver,
    Telemetry,
    Withdraw,
)
from bulkhead.plan import INTERNET

GATEWAY, BROKER = "borealis/tromso/ai/gw-1", "borealis/ingest/broker-1"
HISTORIAN = "borealis/storage/historian-1"
TELEMETRY, ADMITTED = Telemetry(GATEWAY, HISTORIAN), Handshake(GATEWAY, BROKER, "public")
STOLEN = replace(ADMITTED, stolen=True)
BESIDE = Impersonate(GATEWAY, BROKER, GATEWAY, "public")
SECONDS = 8


def fact(outcome, name):
    assert isinstance(outcome, Done), outcome
    return dict(outcome.facts)[name]


def brief(d, action):
    """Not within two seconds."""
    found = yield d.expect("not so soon", action, within=2.0)
    assert found.seen == "not observed", found


def a_healthy_gateway_is_heard_and_admitted(d):
    found = yield d.all([TELEMETRY, ADMITTED, Handshake(ACME_GATEWAY, ACME_BROKER, "public")])
    assert [type(outcome) for outcome in found] == [Done] * 3, found
    yield from brief(d, Silence(GATEWAY, HISTORIAN))
    yield from brief(d, Expired(GATEWAY))


def a_handshake_ends_nobodys_session(d):
    since = float(fact((yield d.do(TELEMETRY)), "at"))
    assert (yield d.do(ADMITTED)) == Done()
    yield from brief(d, TakenOver(GATEWAY, BROKER, since))


def a_handshake_that_the_network_stops_names_its_layer(d):
    way = reach(GATEWAY, ACME_BROKER, 8883, "public")
    outcome = yield d.do(Handshake(GATEWAY, ACME_BROKER, "public"))
    assert isinstance(outcome, Refused), outcome
    assert outcome == (yield d.do(way))


def hosts_that_are_not_there_are_said_so(d):
    assert (yield d.do(Handshake("acme/nowhere", BROKER, "public"))) == Refused(layer="host")
    for action in (Telemetry("acme/nowhere", HISTORIAN), Expired("acme/nowhere")):
        outcome = yield d.do(action)
        assert isinstance(outcome, NotObserved), outcome


def a_certificate_of_seconds_runs_out_is_refused_and_the_undo_mends_it(d):
    mark = d.mark()
    assert (yield d.do(ShortCertificate(GATEWAY, BROKER, SECONDS))) == Done()
    assert isinstance((yield d.do(TELEMETRY)), Done)
    assert isinstance((yield d.do(Expired(GATEWAY))), Done)
    assert (yield d.do(ADMITTED)) == Refused(layer=EXPIRED)
    assert isinstance((yield d.do(TELEMETRY)), Done)  # a live session outlives its certificate
    assert (yield d.do(Reconnect(GATEWAY))) == Done()
    since = float(fact((yield d.do(Silence(GATEWAY, HISTORIAN))), "last"))
    yield from brief(d, Gapless(GATEWAY, HISTORIAN, since))
    assert (yield d.undo(mark)) == (Done(),)
    assert (yield d.do(ADMITTED)) == Done()
    assert isinstance((yield d.do(TELEMETRY)), Done)
    assert (yield d.do(Gapless(GATEWAY, HISTORIAN, since))) == Done()


def restoring_what_is_good_changes_nothing(d):
    since = float(fact((yield d.do(TELEMETRY)), "at"))
    assert (yield d.do(Restore(GATEWAY, BROKER))) == Done()
    assert (yield d.do(ADMITTED)) == Done()
    yield from brief(d, TakenOver(GATEWAY, BROKER, since))


def a_copy_is_worth_what_the_certificate_is_until_that_is_revoked(d):
    mark = d.mark()
    assert isinstance((yield d.do(STOLEN)), NotObserved)
    assert (yield d.do(Copy(GATEWAY))) == Done()
    assert (yield d.do(STOLEN)) == Done()
    assert fact((yield d.do(Revoke(GATEWAY, BROKER))), "serial")
    assert (yield d.all([STOLEN, ADMITTED])) == (Refused(layer=REVOKED),) * 2
    assert isinstance((yield d.do(TELEMETRY)), Done)  # a live session outlives its listing
    assert (yield d.do(Renew(GATEWAY, BROKER, rekey=True))) == Done()
    assert (yield d.all([STOLEN, ADMITTED])) == (Refused(layer=REVOKED), Done())
    assert set((yield d.undo(mark))) == {Done()}
    assert isinstance((yield d.do(STOLEN)), NotObserved)
    assert (yield d.do(ADMITTED)) == Done()


def a_revoked_gateway_is_restored_with_another_certificate(d):
    mark = d.mark()
    assert isinstance((yield d.do(Revoke(GATEWAY, BROKER))), Done)
    assert (yield d.do(ADMITTED)) == Refused(layer=REVOKED)
    assert (yield d.undo(mark)) == (Done(),)
    assert (yield d.do(ADMITTED)) == Done()
    assert isinstance((yield d.do(TELEMETRY)), Done)


def an_impostor_is_stopped_by_the_network_elsewhere_and_takes_over_beside(d):
    mark = d.mark()
    assert isinstance((yield d.do(BESIDE)), NotObserved)  # nothing was copied
    yield d.do(Copy(GATEWAY))
    for source in (INTERNET, ACME_GATEWAY):
        outcome = yield d.do(replace(BESIDE, source=source))
        assert outcome == (yield d.do(Reach(source, BROKER, "public", "tcp", 8883)))
    since = float(fact((yield d.do(BESIDE)), "since"))
    assert int(fact((yield d.do(TakenOver(GATEWAY, BROKER, since))), "times")) >= 1
    yield from brief(d, Impostor(GATEWAY, BROKER, GATEWAY))
    assert set((yield d.undo(mark))) == {Done()}
    assert isinstance((yield d.do(TELEMETRY)), Done)


def a_revoked_impostor_is_gone_once_its_live_session_is_ended(d):
    mark = d.mark()
    yield d.do(Copy(GATEWAY))
    assert isinstance((yield d.do(BESIDE)), Done)
    assert isinstance((yield d.do(Revoke(GATEWAY, BROKER))), Done)
    assert (yield d.do(Disconnect(BROKER, GATEWAY))) == Done()
    assert (yield d.do(Impostor(GATEWAY, BROKER, GATEWAY))) == Done()
    assert isinstance((yield d.do(BESIDE)), Refused)
    assert set((yield d.undo(mark))) == {Done()}
    assert (yield d.do(ADMITTED)) == Done()


def taking_back_what_was_not_done_changes_nothing(d):
    ends = (ACME_GATEWAY, BROKER)
    found = yield d.all(
        [Discard(GATEWAY), Withdraw(INTERNET, BROKER, GATEWAY), Release(*ends, "public", 8883)]
    )
    assert found == (Done(),) * 3
    assert isinstance((yield d.do(Impostor(INTERNET, BROKER, GATEWAY))), NotObserved)
    assert isinstance((yield d.do(Passes(*ends, "public", 8883))), NotObserved)


INCIDENTS = (
    a_healthy_gateway_is_heard_and_admitted,
    a_handshake_ends_nobodys_session,
    a_handshake_that_the_network_stops_names_its_layer,
    hosts_that_are_not_there_are_said_so,
    a_certificate_of_seconds_runs_out_is_refused_and_the_undo_mends_it,
    restoring_what_is_good_changes_nothing,
    a_copy_is_worth_what_the_certificate_is_until_that_is_revoked,
    a_revoked_gateway_is_restored_with_another_certificate,
    an_impostor_is_stopped_by_the_network_elsewhere_and_takes_over_beside,
    a_revoked_impostor_is_gone_once_its_live_session_is_ended,
    taking_back_what_was_not_done_changes_nothing,
)


def a_flow_that_the_network_stops_is_not_held(d):
    flow = (GATEWAY, ACME_BROKER, "public", 8883)
    assert (yield d.do(Hold(*flow))) == (yield d.do(reach(GATEWAY, ACME_BROKER, 8883, "public")))
    assert isinstance((yield d.do(Passes(*flow))), NotObserved)


def a_live_flow_outlives_its_rule_until_it_is_cut(d):
    way = reach(ACME_GATEWAY, BROKER, 8883, "public")
    flow = (ACME_GATEWAY, BROKER, "public", 8883)
    mark, opened = d.mark(), []
    while isinstance(found := (yield d.do(way)), Refused):
        opened.append(found.layer)
        assert (yield d.do(Lift(way, found.layer))) == Done()
    assert (yield d.do(Hold(*flow))) == Done()
    assert (yield d.do(Passes(*flow))) == Done()
    shown = yield d.do(Handshake(ACME_GATEWAY, BROKER, "public"))
    assert shown == Refused(layer=UNKNOWN)
    for layer in reversed(opened):
        yield d.do(PutBack(way, layer))
    assert (yield d.do(Passes(*flow))) == Done()
    assert int(fact((yield d.do(Cut(*flow))), "cut")) >= 1
    assert (yield d.do(Passes(*flow))) == Refused(layer=CUT)
    assert (yield d.do(way)) == Refused(layer=opened[0])
    assert set((yield d.undo(mark))) == {Done()}
    assert isinstance((yield d.do(TELEMETRY)), Done)


FLOWS = (
    a_flow_that_the_network_stops_is_not_held,
    a_live_flow_outlives_its_rule_until_it_is_cut,
)


def uphold(case, environment, plan):
    """Run one case with an authority that consents; all that it did is taken back."""
    consent = Authority(plan, datetime(2026, 6, 3, 10, tzinfo=UTC))
    place = peopled(environment, People(seconds=0.1))
    report = run(Play(case, needs={Reach}), place, consent=consent)
    if report.fault is not None:
        raise report.fault
    assert report.ended == "whole"
    assert report.unmended == ()

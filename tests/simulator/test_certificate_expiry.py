"""The certificate's end in sim: noticed, owned, mended by two others' word, nothing lost."""

import io
import json
from dataclasses import replace

import pytest
from answering import People, play

from bulkhead.drill.incidents import EXPIRED, Renew, Restore, ShortCertificate, Telemetry
from bulkhead.drill.people import Ask
from bulkhead.drill.timeline import Timeline
from bulkhead.errors import WrongInput
from simulator.drills import catalogue
from simulator.drills.certificate_expiry import LIFETIME, CertificateExpiry

OLGA, LARS, MAJA, INGRID = "shared/olga", "borealis/lars", "borealis/maja", "borealis/ingrid"
GATEWAY, BROKER = "borealis/tromso/ai/gw-1", "borealis/ingest/broker-1"


@pytest.fixture
def played(modelled, example_plan):
    def playing(people=None, tenant=None, timeline=None):
        drill = CertificateExpiry(example_plan, tenant)
        return play(drill, modelled(), example_plan, people, timeline)

    return playing


def by_subject(report):
    return {row.subject: row for row in report.findings}


def issued(report):
    return [row for row in report.timeline.rows if isinstance(row.action, Renew)]


@pytest.mark.parametrize("tenant", [None, "acme", "borealis"])
def test_all_of_it_holds_for_each_tenant(played, tenant):
    report = played(tenant=tenant)
    assert report.fault is None
    assert report.held
    assert {row.standing for row in report.findings} == {"held"}
    gateways = {row.source for row in report.findings if "/gw-" in row.source}
    assert gateways == {"acme/lyon/ai/gw-1" if tenant == "acme" else GATEWAY}


def test_the_expired_certificate_is_refused_as_expired(played):
    assert by_subject(played())["the certificate that ran out"].layer == EXPIRED


def test_every_deadline_of_the_exercise_is_the_subject_of_a_finding(played, example_plan):
    drill = CertificateExpiry(example_plan)
    found = by_subject(played())
    assert {row.name for row in drill.exercise.deadlines} <= set(found)
    objectives = {row.id for row in drill.exercise.objectives}
    rows = (*drill.exercise.deadlines, *drill.exercise.injects)
    assert {row.objective for row in rows} <= objectives


def test_the_alert_climbs_until_somebody_acknowledges_each_in_their_own_window(played):
    people = People(says={OLGA: "nothing", LARS: "nothing"})
    report = played(Consenting(people))
    found = by_subject(report)["the alert is acknowledged"]
    assert (found.standing, found.because) == (
        "held",
        f"{INGRID}, asked {OLGA}, {LARS}, {INGRID}",
    )
    asked = [row.action for row in report.timeline.rows if isinstance(row.action, Ask)]
    told = [(row.who, row.within) for row in asked if row.kind == "acknowledge"]
    assert told == [(OLGA, 300.0), (LARS, 600.0), (INGRID, 900.0)]


def test_whoever_acknowledges_first_ends_the_alert(played):
    people = People()
    played(people)
    assert [row.who for row in people.asked if row.kind == "acknowledge"] == [OLGA]


def test_where_nobody_acknowledges_nothing_is_issued_and_all_is_put_back(played):
    people = People(says={OLGA: "nothing", INGRID: "nothing", LARS: "no"})
    report = played(Consenting(people))
    assert by_subject(report)["the alert is acknowledged"].standing == "deviated"
    assert issued(report) == []
    assert report.unmended == ()
    assert by_subject(report)["afterwards: the gateway is admitted"].standing == "held"


@pytest.mark.parametrize(
    ("says", "given"),
    [
        ({}, (INGRID, MAJA)),
        ({INGRID: "no"}, (MAJA, LARS)),
        ({INGRID: OLGA}, (MAJA, LARS)),  # the requester answers for somebody else
        ({MAJA: INGRID}, (INGRID, LARS)),  # one person approves twice
    ],
)
def test_two_different_people_approve_and_the_requester_is_neither(played, says, given):
    found = by_subject(played(People(says=says)))["two others approve"]
    assert found.standing == "held"
    assert found.because == f"asked for by {OLGA}, approved by {', '.join(given)}"


def test_a_single_approval_issues_nothing(played):
    says = dict.fromkeys((MAJA, "shared/sven", INGRID), "no")
    people = People(says={**says, LARS: OLGA})
    report = played(Consenting(people))
    assert by_subject(report)["two others approve"].standing == "deviated"
    assert issued(report) == []
    assert by_subject(report)["afterwards: the gateway is admitted"].standing == "held"


class Consenting:
    """The authority's consent is given; every other question goes to these people."""

    def __init__(self, people):
        self._people = people

    def perform(self, clock, actions):
        consent = actions[0].text.startswith("May production be disturbed?")
        answering = People() if consent else self._people
        return (yield from answering.perform(clock, actions))


def test_without_the_authoritys_consent_no_certificate_is_touched(played):
    report = played(People(says={LARS: "no"}))
    tried = [row.outcome.layer for row in report.timeline.rows if _short(row)]
    assert tried == ["authority"]
    assert not report.held
    assert not [row for row in report.timeline.rows if isinstance(row.action, Restore)]


def _short(row):
    return isinstance(row.action, ShortCertificate)


def test_its_roll_back_is_promised_before_the_certificate_is_put_in_place(played):
    file = io.StringIO()
    played(timeline=Timeline(file))
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    promised = next(n for n, line in enumerate(lines) if "promise" in line)
    assert lines[promised]["promise"] == {"action": "Restore", "source": GATEWAY, "target": BROKER}
    shorts = [n for n, line in enumerate(lines) if _is_short(line)]
    assert promised < shorts[0]


def _is_short(line):
    return line.get("row", {}).get("action", {}).get("action") == "ShortCertificate"


@pytest.mark.parametrize("kind", catalogue().values(), ids=catalogue())
def test_every_inject_of_an_exercise_is_delivered_in_its_order(kind, example_plan, modelled):
    file, drill = io.StringIO(), kind(example_plan)
    play(drill, modelled(), example_plan, None, Timeline(file))
    lines = [json.loads(line) for line in file.getvalue().splitlines()]
    delivered = [line["inject"] for line in lines if "inject" in line]
    assert delivered == [row.number for row in drill.exercise.injects]


def test_the_exercise_names_the_tenants_own_people_and_hosts(example_plan):
    told = CertificateExpiry(example_plan, "acme").exercise
    assert "acme/lyon/ai/gw-1" in told.scope
    assert told.injects[2].to == OLGA
    assert told.injects[2].expected.endswith(f"{OLGA}, then acme/marc, then acme/claire")
    assert f"{LIFETIME} s" in told.notes[0]
    assert all((told.purpose, told.steady_state, told.situation, told.questions))


def test_a_tenant_that_is_not_there_is_refused(example_plan):
    with pytest.raises(WrongInput, match=r"(?s)--tenant nobody.*acme, borealis"):
        CertificateExpiry(example_plan, "nobody")


def test_what_it_injects_is_refused_outside_of_sim_and_lab(example_plan, modelled):
    account = replace(modelled(), name="aws", hostile=False)
    with pytest.raises(WrongInput, match=r"(?s)certificate-expiry, --env aws.*sabotage.*sim"):
        play(CertificateExpiry(example_plan), account, example_plan)


def test_sabotage_that_was_not_declared_ends_the_run_with_nothing_tried(example_plan, modelled):
    class Sly(CertificateExpiry):
        about = replace(CertificateExpiry.about, needs=frozenset({Telemetry}), wants=frozenset())

    account = replace(modelled(), name="aws", hostile=False)
    report = play(Sly(example_plan), account, example_plan)
    assert report.ended == "failed"
    assert "sabotage" in str(report.fault)
    assert not [row for row in report.timeline.rows if isinstance(row.action, ShortCertificate)]

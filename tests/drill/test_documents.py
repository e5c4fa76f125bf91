"""HSEEP's documents, from the drill's own words, the plan, and a timeline."""

import re
from dataclasses import replace
from datetime import date, datetime

import pytest
from rehearsal import EXERCISE, Rehearsal
from toy import Look, Toy

from bulkhead.drill import Refused, Timeline, run
from bulkhead.drill.authority import Authority
from bulkhead.drill.documents import AFTER, BEFORE, Occasion, documents
from bulkhead.drill.documents.afteraction import proposed
from bulkhead.drill.findings import Finding
from bulkhead.drill.improvements import Planning, updated
from bulkhead.drill.participants import Participant
from bulkhead.drill.people import Ask, Distribution
from bulkhead.drill.timeline import Note, load

START = datetime.fromisoformat("2026-11-24T09:00:00+00:00")
PRESENT = (Participant("facilitator", "Fia"), Participant("player", "Kari"))


@pytest.fixture(scope="session")
def before(plan):
    about = Rehearsal(plan).about
    return documents(
        Occasion(about=about, exercise=EXERCISE, plan=plan, tenant="acme", participants=PRESENT)
    )


@pytest.fixture(scope="session")
def after(plan, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "run.jsonl"
    toy = Toy(answers={Look("view"): Refused(layer="wire", reason="still cut")})
    environment = toy.environment()
    people = Distribution(plan.people, lambda *_: 30.0, seed=1)
    environment = replace(environment, handlers={**environment.handlers, Ask: people})
    drill = Rehearsal(plan, "acme")
    with path.open("w") as file:
        timeline = Timeline(file)
        facts = {
            "started": START.isoformat(),
            "people": "distribution",
            "seed": 1,
            "pace": 1.0,
            "estate": "ab" * 32,
            "roles": [{"role": "evaluator", "name": "Eva"}],
        }
        run(drill, environment, timeline, consent=Authority(plan, START), facts=facts)
        timeline.note(Note(at=12.0, by="Eva", text="they argued"))
    recording = load(path)
    planning = Planning(plan=plan, exercise=EXERCISE, tenant="acme", today=date(2026, 11, 24))
    rows = updated((), recording, planning)
    return documents(
        Occasion(
            about=drill.about,
            exercise=EXERCISE,
            plan=plan,
            tenant="acme",
            recording=recording,
            improvements=rows,
        )
    )


def tables_are_whole(said):
    """Every row of every table has as many cells as its head."""
    counts = None
    for line in said.splitlines():
        if not line.startswith("|"):
            counts = None
            continue
        cells = len(re.findall(r"(?<!\\)\|", line))
        assert counts in (None, cells), line
        counts = cells


def test_every_document_is_there_and_before_a_run_there_is_no_report(before, after):
    assert set(before) == set(BEFORE)
    assert set(after) == set(BEFORE) | set(AFTER)


def test_tables_hold_together_whatever_the_texts_say(before, after):
    for said in (*before.values(), *after.values()):
        assert said.startswith("# ")
        tables_are_whole(said)


def test_objectives_name_their_owner_out_of_the_plan_and_how_they_are_measured(before):
    said = before["objectives.md"]
    assert "| O1 | The loss is seen. | Detect | Inès Laurent (engineer) |" in said
    assert "alert seen within 5 s; acknowledged within 5 min" in said
    assert "Olga Brandt (provider.operator)" in said


def test_the_list_of_events_is_in_the_order_of_time_and_says_what_was_delivered(before, after):
    planned, delivered = (one["master-scenario-events-list.md"] for one in (before, after))
    assert planned.index("Readings are late") < planned.index("The panel is dark")
    assert "| 1 | 00:00:00 |  | operator |" in planned
    assert "| 1 | 00:00:00 | 00:00:01 | operator |" in delivered
    assert "calls the provider" in planned


def test_players_read_the_situation_but_neither_notes_nor_injects(before):
    manual, notes = before["situation-manual.md"], before["facilitator-notes.md"]
    assert "It is Tuesday. The gateway \\| has been slow" in manual
    assert "Kari" in manual
    assert "15 min" in manual  # what acme tolerates of its coolant alarm
    for secret in ("Secret:", "The panel is dark"):
        assert secret not in manual
        assert secret in notes


def test_whom_to_call_is_in_the_order_of_escalation(before):
    manual = before["situation-manual.md"]
    places = [manual.index(name) for name in ("marc.petit", "ines.laurent", "claire.dubois")]
    assert places == sorted(places)
    assert "borealis" not in manual


def test_evaluators_find_critical_tasks_and_a_rating_for_each_objective(before):
    said = before["evaluator-guide.md"]
    assert "| acknowledged | within 5 min |  |  |" in said
    assert "| calls the provider | after inject 2 |  |  |" in said
    assert said.count("☐ P  ☐ S  ☐ M  ☐ U") == len(EXERCISE.objectives)
    assert "unable to be performed" in said


def test_participants_are_asked_about_each_objective_and_the_hot_washs_questions(before):
    said = before["participant-feedback-form.md"]
    for one in EXERCISE.objectives:
        assert one.text in said
    assert "What would have helped?" in said
    assert "Three strengths" in said


def test_the_report_says_what_was_seen_for_each_objective_and_proposes_a_rating(after):
    said = after["after-action-report.md"]
    first, second = said.index("### O1"), said.index("### O2")
    assert "Proposed rating: P" in said[first:second]
    assert "Proposed rating: U" in said[second:]
    assert "| view is back | within 90 s | refused | deviated | still cut |" in said
    assert "distribution (seed 1, pace 1.0)" in said
    assert "Eva" in said
    assert "they argued" in said


def test_the_reports_improvement_plan_has_owner_and_date(after):
    said = after["after-action-report.md"]
    assert re.search(
        r"\| Recover \| view is back +\| refused instead of within 90 s: still cut "
        r"\| shared/olga \| 2026-12-24 \| open since 2026-11-24 \|",
        said,
    )


def test_the_reports_timeline_holds_the_authoritys_consent_and_the_roll_back(after):
    said = after["after-action-report.md"]
    asked = said.index("| ask: acme/marc, approve, May production be disturbed?")
    assert asked < said.index("| stop: acme/lyon/ai/gw-1, 60.0")
    assert "| take back: rule | done |  | roll-back |" in said


@pytest.mark.parametrize(
    ("standings", "letter"),
    [
        (["held", "held"], "P"),
        (["held", "held", "deviated"], "S"),
        (["held", "deviated"], "M"),
        (["deviated", "not observed"], "U"),
        (["not run"], "none"),
    ],
)
def test_a_rating_is_proposed_from_what_was_tried(standings, letter):
    rows = [
        Finding(subject="x", source="", target="", expected="", seen="", standing=one)
        for one in standings
    ]
    assert proposed(rows).startswith(letter)

"""Red is what findings name; sentences say held, deviated or not observed, never more."""

from dataclasses import replace

import pytest
from story_state import AT, lab_claim

from bulkhead.controls.results import Level, Observation, Requirement, Result, Verification
from bulkhead.drill.findings import Finding
from bulkhead.evidence import red, verdicts
from bulkhead.evidence.attempts import by_host, grouped, joined
from bulkhead.evidence.beside import agreement, beside
from bulkhead.evidence.requirements import accepted
from bulkhead.evidence.story import Differing, Exercised, Found, Played, Story
from bulkhead.evidence.unseen import unseen
from bulkhead.plan import digest

HOST, OTHER = "acme/ingest/ingest-1", "borealis/ingest/broker-1"


def found(standing="held", expected="refused", seen="refused", **more):
    said = {"subject": "tcp 22 private", "source": HOST, "target": OTHER}
    return Finding(**(said | more), expected=expected, seen=seen, standing=standing)


def played(*findings, **more):
    said = {
        "name": "cross-zone-pivot",
        "environment": "lab",
        "at": AT,
        "digest": None,
        "ended": "whole",
        "steps": (),
        "found": tuple(Found(finding=row) for row in findings),
        "notes": (),
        "unmended": (),
        "owed": 0,
        "file": "runs/x.jsonl",
    }
    return Played(**(said | more))


def story_of(plan, *runs, **more):
    exercise = Exercised(name="cross-zone-pivot", title="", attack=True, runs=runs)
    return Story(plan=plan, digest=digest(plan), made=AT, exercises=(exercise,), **more)


@pytest.mark.parametrize(
    ("finding", "kinds"),
    [
        (found(), []),
        (found("deviated", seen="reached"), ["opened"]),
        (found("deviated", expected="reached"), ["closed"]),
        (found("not observed", seen="not observed"), []),
        (found("not run", seen="not observed"), []),
        (found("deviated", expected="within 5 s", seen="done"), []),
        (found("deviated", seen="reached", target=""), []),
    ],
)
def test_a_finding_paints_a_flow_red_only_where_it_names_one_that_deviated(plan, finding, kinds):
    crossings = red.crossings(story_of(plan, played(finding)))
    assert [row.kind for row in crossings] == kinds
    assert all((row.source, row.target) == (HOST, OTHER) for row in crossings)


def test_flows_of_the_same_ends_are_one_line_that_names_all(plan):
    rows = [found("deviated", seen="reached", subject=f"tcp {port} private") for port in (22, 443)]
    [crossing] = red.crossings(story_of(plan, played(*rows)))
    assert crossing.what == "tcp 22 private, tcp 443 private"


def test_a_run_of_another_blueprint_paints_nothing(plan):
    run = played(found("deviated", seen="reached"), digest="0" * 64)
    assert red.crossings(story_of(plan, run)) == ()


def differing(kind, target=OTHER, **more):
    said = {"services": "tcp 8883", "intended": "refused", "computed": "answered"}
    said |= {"observed": "answered", "layer": "group-ingress", "sentence": "why"} | more
    return Differing(kind=kind, source=HOST, target=target, **said)


@pytest.mark.parametrize(
    ("row", "kinds"),
    [
        (differing("opened"), ["opened"]),
        (differing("weakened"), ["weakened"]),
        (differing("closed"), ["closed"]),
        (differing("model-vs-packets"), ["opened"]),
        (differing("model-vs-packets", intended="answered", observed="refused"), ["closed"]),
        (differing("model-vs-packets", observed="refused"), []),
        (differing("not observed", observed="not observed"), []),
        (differing("no host filter", target=""), []),
    ],
)
def test_a_difference_paints_its_flow(plan, row, kinds):
    claim = replace(lab_claim(plan), differences=(row,))
    assert [at.kind for at in red.crossings(story_of(plan, claims=(claim,)))] == kinds


def test_a_difference_of_a_host_alone_outlines_the_host(plan):
    claim = replace(lab_claim(plan), differences=(differing("no host filter", target=""),))
    assert red.failing(story_of(plan, claims=(claim,))) == {HOST: "why"}


@pytest.mark.parametrize(
    ("run", "state"),
    [
        (played(found()), "held"),
        (played(found(), found("not run")), "held"),
        (played(found(), found("deviated")), "deviated"),
        (played(found(), found("not observed")), "not observed"),
        (played(found(), found("censored")), "not observed"),
        (played(found("not run")), "not observed"),
        (played(), "not observed"),
        (played(found(), ended="interrupted"), "not observed"),
        (played(found(), ended=None), "not observed"),
        (played(found(), owed=1, ended=None), "deviated"),
        (played(found(), unmended=("Lift",)), "deviated"),
        (played(found=None), "not observed"),
    ],
)
def test_a_run_held_only_if_it_ran_whole_saw_everything_and_was_put_back(plan, run, state):
    told = verdicts.verdicts(story_of(plan, run))
    [row] = [row for row in told if row.area == "attacks" and "in lab: " in row.said]
    assert row.state == state


def test_findings_that_nobody_could_make_are_told_once_for_each_reason(plan):
    blind = [found("not observed", because="no answer", subject=f"tcp {n}") for n in (1, 2)]
    said = unseen(story_of(plan, played(found(), *blind, found("censored", subject="the end"))))
    assert "cross-zone-pivot in lab: tcp 1 and 1 more: not observed: no answer." in said
    assert "cross-zone-pivot in lab: the end: censored." in said
    assert not [row for row in said if "tcp 22" in row]


def test_findings_of_two_environments_stand_side_by_side():
    sim = played(found(), found("deviated", subject="x", seen="reached"), environment="sim")
    lab = played(found(), found(subject="x"), found(subject="only in lab"))
    rows = beside([sim, lab])
    assert [(row.subject, row.agrees) for row in rows] == [
        ("tcp 22 private", True),
        ("x", False),
        ("only in lab", False),
    ]
    assert rows[2].cells[0] is None
    assert agreement([sim, lab]) == "Of 3 findings, 2 differ between sim and lab."
    assert agreement([lab, lab]) == "All 3 findings are the same in lab and lab."
    assert agreement([sim, played(found=None)]) == ""


def test_the_same_finding_made_twice_is_two_rows():
    rows = beside([played(found(), found("deviated"))])
    assert [(row.number, row.cells[0].finding.standing) for row in rows] == [
        (1, "held"),
        (2, "deviated"),
    ]


def verified(verdict, *more, requirement="SR 5.1", state="unmet", subject=HOST, achieved=0):
    """A zone whose FR5 is decided by one control that found this."""
    rows = [
        Observation(subject=subject, verdict=one, expected="apart", seen="shared")
        for one in (verdict, *more)
    ]
    result = Result(
        control="zone-boundaries",
        title="",
        owner="provider",
        remediation="",
        mappings=(),
        observations=tuple(rows),
    )
    need = Requirement(
        place=HOST,
        requirement=requirement,
        level=1,
        state=state,
        controls=("zone-boundaries",),
        because="",
    )
    level = Level(zone=HOST, requirement="FR5", target=1, achieved=achieved, because="")
    return Verification(
        estate="example",
        digest="d",
        environment="lab",
        at=AT,
        results=(result,),
        levels=(level,),
        requirements=(need,),
    )


@pytest.mark.parametrize(
    ("found", "known"),
    [
        (verified("accepted"), True),
        (verified("accepted", "pass"), True),
        (verified("fail"), False),
        (verified("accepted", "fail"), False),
        (verified("pass"), False),
        (verified("accepted", requirement="SR 3.1"), False),
        (verified("accepted", state="met"), False),
        (verified("accepted", subject=OTHER), False),
    ],
)
def test_a_level_below_target_is_accepted_only_by_accepted_findings(plan, found, known):
    assert accepted(found.levels[0], found) == known
    story = Story(plan=plan, digest="d", made=AT, verifications=(found,))
    [verdict] = [row for row in verdicts.verdicts(story) if row.area == "levels"]
    assert verdict.state == ("held" if known else "deviated")
    assert ("accepted" in verdict.said) == known


def test_an_undecided_level_keeps_levels_from_holding(plan):
    story = Story(plan=plan, digest="d", made=AT, verifications=(verified("pass", achieved=None),))
    [verdict] = [row for row in verdicts.verdicts(story) if row.area == "levels"]
    assert verdict.state == "not observed"


def test_overall_is_held_only_where_something_held_and_nothing_deviated():
    def of(*states):
        return verdicts.overall([verdicts.Verdict("claim", state, "") for state in states])

    assert of() == "not observed"
    assert of("not observed") == "not observed"
    assert of("held", "not observed") == "held"
    assert of("held", "deviated") == "deviated"


def test_attempts_of_the_same_hosts_with_the_same_end_are_one_row():
    rows = [found(subject=f"tcp {port} private", layer="group-ingress") for port in (22, 443)]
    [row] = grouped([*rows, found(subject="tcp 22 public", layer="group-ingress")])
    assert row.tried == "tcp 22, tcp 443 private; tcp 22 public"
    assert joined(["rows of acme"]) == "rows of acme"


def test_a_lost_host_is_told_by_what_it_reaches_and_what_stops_it():
    rows = [
        found(layer="host-egress"),
        found(layer="host-egress", subject="tcp 443 private"),
        found(expected="reached", seen="reached"),
        found("deviated", seen="reached", subject="tcp 1 private"),
    ]
    [lost] = by_host(rows)
    assert (lost.host, lost.tried, lost.reached) == (HOST, 4, 2)
    assert lost.stops == (("host-egress", 2),)
    assert lost.rows[0].standing == "deviated"

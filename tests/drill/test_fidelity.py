"""Fidelity: outcomes and order agree or are named; durations against what other drills took."""

from dataclasses import replace

import pytest
from toy import Change, Look

from bulkhead.drill import Done, NotObserved, Refused
from bulkhead.drill.fidelity import judged, lines, summary
from bulkhead.drill.findings import Finding
from bulkhead.drill.outcomes import SILENCE
from bulkhead.drill.people import Ask
from bulkhead.drill.timeline import Recording, Row
from bulkhead.errors import WrongInput


def row(action, took, outcome=None, asked=0.0):
    return Row(asked=asked, done=asked + took, action=action, outcome=outcome or Done())


def finding(subject, standing="held"):
    return Finding(
        subject=subject, source="a", target="b", expected="", seen="done", standing=standing
    )


def made(environment, *took, drill="ours", findings=(("seen", "held"), ("back", "held"))):
    return Recording(
        run={"drill": drill, "environment": environment},
        rows=tuple(row(Look("x"), seconds, asked=100.0 * n) for n, seconds in enumerate(took)),
        findings=tuple(
            (float(n), finding(subject, standing)) for n, (subject, standing) in enumerate(findings)
        ),
    )


LAB = [made("lab", seconds) for seconds in (1.0, 1.2, 1.4, 1.6, 5.0)]
SIM = [made("sim", 1.0)]


def test_runs_that_agree_are_said_to():
    found = judged(sim=SIM, lab=LAB)
    assert (found.agreeing, found.lab_runs, found.differences) == (5, 5, ())
    assert "agree in 5 of 5" in summary(found)


def test_another_outcome_is_named_with_its_run():
    odd = made("lab", 1.0, findings=(("seen", "deviated"), ("back", "held")))
    found = judged(sim=SIM, lab=[*LAB[1:], odd])
    assert found.differences == ("lab run 5: seen a b: deviated, done; sim: held, done",)
    assert found.agreeing == 4


def test_an_event_that_one_side_alone_has_is_named():
    odd = made("lab", 1.0, findings=(("seen", "held"),))
    [difference] = judged(sim=SIM, lab=[*LAB[1:], odd]).differences
    assert "back a b: nothing; sim: held" in difference


def test_another_order_of_declared_events_is_named():
    odd = made("lab", 1.0, findings=(("back", "held"), ("seen", "held")))
    assert judged(sim=SIM, lab=[*LAB[1:], odd]).differences == (
        "lab run 5: another order: back < seen",
    )


def test_what_some_seed_of_sim_shows_is_predicted():
    other = made("sim", 1.0, findings=(("back", "held"), ("seen", "deviated")))
    odd = replace_environment(other)
    assert judged(sim=[*SIM, other], lab=[*LAB[1:], odd]).differences == ()


def replace_environment(run):
    return replace(run, run={**run.run, "environment": "lab"})


def test_durations_are_predicted_from_other_drills_in_the_lab_never_from_this_one():
    others = [made("lab", 1.0, 1.3, 1.5, 2.0, drill="other")]
    [found] = judged(sim=SIM, lab=LAB, others=others).durations
    assert (found.source, found.samples) == ("other drills in the lab", 4)
    assert (found.low, found.high, found.nominal) == (1.0, 2.0, 0.6)
    assert (found.covered, found.observed, found.seen) == (4, 5, (1.0, 1.4, 5.0))


def test_without_them_sim_predicts_and_one_value_promises_nothing():
    [found] = judged(sim=SIM, lab=LAB).durations
    assert (found.source, found.nominal, found.covered) == ("sim", 0.0, 1)


def test_an_action_that_nobody_knows_has_no_prediction():
    bare = [replace(SIM[0], rows=())]
    found = judged(sim=bare, lab=LAB)
    assert (found.durations[0].source, found.durations[0].covered) == ("nothing", 0)
    assert lines(found)[0][1] == "no prediction"


def test_giving_up_is_no_duration_and_a_batch_counts_once():
    rows = (
        row(Change("a"), 9.0, NotObserved(reason=f"{SILENCE} 9 s")),
        row(Change("b"), 8.0, NotObserved(reason="nothing there", lacking=True)),
        row(Change("c"), 7.0, Refused(layer="authority")),
        row(Look("a"), 2.0),
        row(Look("b"), 2.0),
    )
    found = judged(sim=SIM, lab=[replace(run, rows=rows) for run in LAB])
    assert [(one.action, one.observed) for one in found.durations] == [("Look", 5)]


def test_people_are_compared_by_their_own_seconds():
    ask = Ask("acme/marc", "approve", "?")
    lab = [replace(run, run={**run.run, "pace": 20.0}, rows=(row(ask, 3.0),)) for run in LAB]
    sim = [replace(SIM[0], rows=(row(ask, seconds),)) for seconds in (40.0, 80.0)]
    [found] = judged(sim=sim, lab=lab).durations
    assert (found.seen, found.covered) == ((60.0, 60.0, 60.0), 5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lab": LAB[:4]}, "at least 5"),
        ({"sim": []}, "at least one"),
        ({"sim": [made("lab", 1.0)]}, "not all were made in sim"),
        ({"lab": [*LAB, made("sim", 1.0)]}, "not all were made in the lab"),
        ({"sim": [made("sim", 1.0, drill="another")]}, "of several drills"),
        ({"others": [made("lab", 1.0)]}, "cannot predict itself"),
    ],
)
def test_what_would_claim_too_much_is_refused(change, said):
    with pytest.raises(WrongInput, match=said):
        judged(**{"sim": SIM, "lab": LAB, **change})

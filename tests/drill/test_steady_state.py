"""The steady state, looked at first and last; findings and injects as they come."""

import io

import pytest
from rehearsal import Rehearsal
from toy import Change, Look, Play, Stop, Toy

from bulkhead.drill import Done, NotObserved, Refused, Timeline, run
from bulkhead.drill.drills import Holds
from bulkhead.drill.people import Ask
from bulkhead.drill.timeline import load
from bulkhead.errors import BulkheadError

FLOWS = Holds("telemetry flows", Look("telemetry"))
APART = Holds("tenants are apart", Look("way"), ends="refused")
SHUT = {Look("way"): Refused(layer="door", reason="shut")}


def script(d):
    found = yield d.steady([FLOWS, APART])
    assert [row.standing for row in found] == ["held", "held"]
    yield d.do(Change("a"))


def test_where_it_holds_the_drill_goes_on_and_it_is_looked_at_again_afterwards():
    report = run(Play(script), Toy(answers=SHUT).environment())
    assert (report.ended, report.held, report.fault) == ("whole", True, None)
    assert [(row.subject, row.standing) for row in report.findings] == [
        ("telemetry flows", "held"),
        ("tenants are apart", "held"),
        ("afterwards: telemetry flows", "held"),
        ("afterwards: tenants are apart", "held"),
    ]


@pytest.mark.parametrize(
    ("answers", "standing"),
    [
        ({Look("telemetry"): Refused(layer="wire", reason="cut")}, "deviated"),
        ({Look("telemetry"): NotObserved(reason="dark")}, "not observed"),
        ({Look("way"): Done()}, "deviated"),
    ],
)
def test_where_it_does_not_hold_nothing_is_changed_and_it_says_what(answers, standing):
    toy = Toy(answers=SHUT | answers)
    report = run(Play(script), toy.environment())
    assert (report.ended, report.held, report.fault) == ("not in steady state", False, None)
    assert [row.standing for row in report.findings if row.standing != "held"] == [standing]
    assert toy.log == [Look("telemetry"), Look("way")]
    assert report.unmended == ()


def test_what_the_environment_has_nothing_to_look_at_with_does_not_stop_a_drill():
    toy = Toy()
    report = run(Play(script, needs={Change}), toy.environment(kinds=(Change,)))
    assert report.ended == "failed"  # the script above wants both held
    assert {row.standing for row in report.findings} == {"not run"}


def test_an_estate_that_a_roll_back_left_damaged_is_found_afterwards():
    class Breaking(Toy):
        def act(self, action):
            outcome = super().act(action)
            if action == Change("a"):
                self.answers = self.answers | {Look("telemetry"): Refused(layer="wire")}
            return outcome

    report = run(Play(script), Breaking(answers=SHUT).environment())
    last = {row.subject: row.standing for row in report.findings}
    assert last["afterwards: telemetry flows"] == "deviated"
    assert not report.held


@pytest.mark.parametrize("action", [Change("a"), Stop("host", 1.0)])
def test_looking_may_neither_change_nor_disturb(action):
    def looking(d):
        yield d.steady([Holds("x", action)])

    toy = Toy()
    report = run(Play(looking), toy.environment())
    assert isinstance(report.fault, BulkheadError)
    assert toy.log == []


def test_looking_comes_first():
    def late(d):
        yield d.do(Change("a"))
        yield d.steady([FLOWS])

    report = run(Play(late), Toy().environment())
    assert "after" in str(report.fault)


def test_findings_are_in_the_file_when_they_are_found():
    file = io.StringIO()
    run(Play(script), Toy(answers=SHUT).environment(), Timeline(file))
    lines = file.getvalue().splitlines()
    first = next(index for index, line in enumerate(lines) if '"finding"' in line)
    changed = next(index for index, line in enumerate(lines) if '"promise"' in line)
    assert first < changed


def test_an_inject_is_shown_and_noted_when_the_drill_says_so(plan, tmp_path):
    shown, path = [], tmp_path / "run.jsonl"
    with path.open("w") as file:
        run(
            Rehearsal(plan),
            Toy().environment(kinds=(Look, Change, Ask)),
            Timeline(file),
            tells=lambda inject, at: shown.append((inject.number, at)),
        )
    assert [number for number, _ in shown] == [1, 2]
    assert list(load(path).injects) == shown


def test_an_inject_that_the_exercise_does_not_have_is_an_error(plan):
    class Wrong(Rehearsal):
        def run(self, d):
            d.inject(7)
            yield d.wait(1.0)

    report = run(Wrong(plan), Toy().environment(kinds=(Look, Change, Ask)))
    assert "no inject 7" in str(report.fault)

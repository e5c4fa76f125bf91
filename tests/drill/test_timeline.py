"""The timeline: written as it goes, read back whole, replayed to the same findings."""

import io

import pytest
from toy import Change, Look, Play, TakeBack, Toy

from bulkhead.drill import Done, NotObserved, Refused, Row, Timeline, run
from bulkhead.drill import actions as catalogue
from bulkhead.drill.replay import compared, replayed
from bulkhead.drill.runner import roll_back
from bulkhead.drill.timeline import load, row_of
from bulkhead.errors import BulkheadError, WrongInput


def script(d):
    yield d.all([Look("a"), Change("b")])
    if isinstance((yield d.do(Look("c"))), Refused):
        yield d.do(Look("only where c is refused"))


ANSWERS = {
    Look("a"): Done(facts=(("seen", "one"),), at=1.5),
    Look("c"): Refused(layer="door", reason="shut"),
    Look("only where c is refused"): NotObserved(reason="dark", lacking=True),
}


@pytest.fixture
def recorded(tmp_path):
    path = tmp_path / "run.jsonl"
    with path.open("w") as file:
        report = run(Play(script), Toy(answers=ANSWERS).environment(), Timeline(file))
    return path, report


def test_what_is_written_is_read_back_the_same(recorded):
    path, report = recorded
    recording = load(path)
    assert list(recording.rows) == report.timeline.rows
    assert [row.own for row in recording.rows] == [row.own for row in report.timeline.rows]
    assert recording.run == {"drill": "play", "environment": "toy"}
    assert (recording.owed, recording.ended) == ((), True)


def test_a_replay_equals_its_recording_row_by_row(recorded):
    path, report = recorded
    again = run(Play(script), replayed(load(path).rows))
    assert compared(report.timeline.rows, again.timeline.rows) == []
    times = [[(row.asked, row.done) for row in one.timeline.rows] for one in (report, again)]
    assert times[0] == times[1]


def test_a_replay_of_another_drill_is_refused_with_the_action_that_is_not_there(recorded):
    path, _ = recorded

    def other(d):
        yield d.do(Look("never recorded"))

    again = run(Play(other), replayed(load(path).rows))
    assert isinstance(again.fault, BulkheadError)
    assert "never recorded" in str(again.fault)


def test_differences_between_timelines_are_named():
    one, other = Toy(answers=ANSWERS), Toy()
    rows = [run(Play(script), toy.environment()).timeline.rows for toy in (one, other)]
    found = compared(*rows)
    assert found
    assert "door" in " ".join(found)


def test_a_killed_run_still_owes_its_roll_backs_and_they_can_be_done_later(recorded, tmp_path):
    path, _ = recorded
    lines = path.read_text().splitlines(keepends=True)
    cut = next(index for index, line in enumerate(lines) if '"phase": "roll-back"' in line)
    killed = tmp_path / "killed.jsonl"
    killed.write_text("".join(lines[:cut]) + lines[cut][:20])
    recording = load(killed)
    assert (recording.owed, recording.ended) == ((TakeBack("b"),), False)

    toy = Toy()
    toy.changed.add("b")
    with killed.open("w") as file:
        assert roll_back(recording.owed, toy.environment(), Timeline(file)) == ()
    assert toy.changed == set()
    assert load(killed).ended


def test_a_promise_is_written_before_the_change_is_tried():
    file = io.StringIO()

    class Looking(Toy):
        def act(self, action):
            assert '"promise"' in file.getvalue()
            return super().act(action)

    def changing(d):
        assert (yield d.do(Change("b"))) == Done()

    assert run(Play(changing), Looking().environment(), Timeline(file)).fault is None


def test_a_damaged_file_is_refused_with_its_line(recorded):
    path, _ = recorded
    path.write_text("{}\nnot json\n")
    with pytest.raises(WrongInput, match=r"run\.jsonl:2"):
        load(path)


def test_a_file_that_is_not_there_or_no_text_is_refused_with_its_name(tmp_path):
    (tmp_path / "picture.jsonl").write_bytes(b"\xff\xfe")
    for name in ("nothing.jsonl", "picture.jsonl"):
        with pytest.raises(WrongInput, match=name):
            load(tmp_path / name)


@pytest.mark.parametrize(
    "damage",
    [{"outcome": {"outcome": "perhaps", "at": None}}, {"action": {"action": "Nothing"}}],
)
def test_an_unknown_action_or_outcome_is_refused(damage):
    row = Row(asked=0.0, done=1.0, action=Look("a"), outcome=Done()).as_dict()
    with pytest.raises(WrongInput):
        row_of(row | damage)


def test_every_action_of_the_catalogue_survives_the_file():
    reach = catalogue.Reach("a", "b", "private", "tcp", 22)
    samples = [
        reach,
        catalogue.Neighbours("a"),
        catalogue.Publish("a", "b", "public", "t"),
        catalogue.Query("a", "b", "t"),
        catalogue.Plant("a", "t"),
        catalogue.Unplant("a", "t"),
        catalogue.Lift(reach, "route"),
        catalogue.PutBack(reach, "route"),
    ]
    ours = {kind for kind in catalogue.KINDS.values() if kind.__module__ == catalogue.__name__}
    assert {type(sample) for sample in samples} == ours
    for sample in samples:
        assert catalogue.from_json(catalogue.to_json(sample)) == sample

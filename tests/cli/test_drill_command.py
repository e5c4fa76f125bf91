"""`bulkhead drill`: people, authority, documents, replay and exit codes, on a toy environment."""

import json
import os
import pty
import signal
import sys
from pathlib import Path

import pytest
from rehearsal import Rehearsal
from toy import Change, Look, TakeBack, Toy

from bulkhead.cli import show
from bulkhead.cli.main import main
from bulkhead.drill import Refused
from bulkhead.drill.documents import AFTER, BEFORE
from bulkhead.drill.timeline import load
from bulkhead.environments import drills, running

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "estate.yaml")


class Stage:
    """The command on a toy: `toy` makes the environment's world for each run."""

    def __init__(self, monkeypatch, tmp_path, capsys):
        self.state, self.capsys, self.toy = tmp_path / "state", capsys, Toy
        monkeypatch.setattr(
            sys.modules["simulator.drills.catalogue"],
            "declared",
            lambda *_, **__: {"rehearsal": Rehearsal},
        )
        monkeypatch.setattr(drills, "reaction", lambda: lambda *_: 30.0)
        monkeypatch.setattr(running, "_environment", lambda *_: self.environment())

    def environment(self):
        environment = self.toy().environment(hostile=True)
        object.__setattr__(environment, "name", "sim")
        return environment

    def __call__(self, *arguments):
        code = main(["drill", *arguments, "--state", str(self.state)])
        self.said = self.capsys.readouterr()
        return code

    def run(self, *arguments):
        return self("run", "rehearsal", EXAMPLE, "--tenant", "acme", *arguments)

    def timelines(self):
        return sorted((self.state / "runs").glob("*.jsonl"))


@pytest.fixture
def stage(monkeypatch, tmp_path, capsys):
    import simulator.drills.catalogue  # noqa: F401 (so that it can be patched)

    return Stage(monkeypatch, tmp_path, capsys)


def broken(**more):
    return lambda: Toy(**more)


LOST = broken(answers={Look("view"): Refused(layer="wire", reason="cut")})


def test_drills_are_listed_and_shown(stage, capsys):
    assert main(["drill", "list", "--json"]) == 0
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["rehearsal"]
    assert main(["drill", "show", "rehearsal"]) == 0
    assert "leaves: one line in a log" in capsys.readouterr().out
    assert main(["drill", "show", "rehearsal", EXAMPLE, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["deadlines"][0] == "alert seen within 5 s"
    assert told["objectives"][1] == "O2 View returns."


def test_a_drill_that_holds_says_so_and_leaves_timeline_and_documents(stage):
    assert stage.run("--as", "evaluator:Eva", "--seed", "7") == 0
    assert "held: 5 findings: 5 held" in stage.said.out
    [path] = stage.timelines()
    folder = path.with_suffix("")
    assert {one.name for one in folder.iterdir()} == set(BEFORE) | set(AFTER)
    made = load(path).run
    assert (made["tenant"], made["people"], made["seed"], made["pace"]) == (
        "acme",
        "distribution",
        7,
        1.0,
    )
    assert made["roles"] == [{"role": "evaluator", "name": "Eva"}]
    assert len(made["estate"]) == 64


def test_without_a_tenant_the_one_that_the_drill_chose_is_recorded(stage):
    stage.toy = LOST
    assert stage("run", "rehearsal", EXAMPLE) == 1
    assert load(stage.timelines()[0]).run["tenant"] == "acme"
    stage.toy = Toy
    assert stage.run() == 0
    assert stage("improvements", "--json") == 0
    [row] = json.loads(stage.said.out)
    assert row["closed"]


def test_as_json_it_holds_every_finding_and_the_documents(stage):
    assert stage.run("--json") == 0
    told = json.loads(stage.said.out)
    assert (told["drill"], told["held"], len(told["findings"])) == ("rehearsal", True, 5)
    assert all(Path(path).exists() for path in told["documents"])


def test_what_deviates_is_exit_1_and_becomes_an_improvement_until_it_holds(stage):
    stage.toy = LOST
    assert stage.run() == 1
    assert "did not hold" in stage.said.out
    assert stage("improvements") == 0
    assert "view is back" in stage.said.out
    assert "shared/olga" in stage.said.out
    stage.toy = Toy
    assert stage.run() == 0
    assert stage("improvements", "--json") == 0
    [row] = json.loads(stage.said.out)
    assert row["closed"]


def test_an_overdue_improvement_is_exit_1(stage):
    stage.toy = LOST
    assert stage.run("--days", "-1") == 1
    assert stage("improvements") == 1
    assert "overdue" in stage.said.out


def test_where_the_steady_state_does_not_hold_nothing_is_changed_and_it_is_exit_1(stage):
    stage.toy = broken(answers={Look("telemetry"): Refused(layer="wire", reason="was cut before")})
    assert stage.run() == 1
    assert "did not hold (not in steady state)" in stage.said.out
    assert "was cut before" in stage.said.out
    assert {type(row.action) for row in load(stage.timelines()[0]).rows} == {Look}


def test_a_roll_back_that_fails_is_named_and_exit_1(stage):
    stage.toy = broken(broken={(TakeBack, "rule")})
    assert stage.run() == 1
    assert "not put back: TakeBack(what='rule'): OSError: rule is broken" in stage.said.out
    assert stage("improvements") == 0
    assert "everything is put back" in stage.said.out


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_or_ended_it_is_put_back_as_found_and_exit_1(stage, sign):
    worlds = []

    class Interrupted(Toy):
        def __init__(self):
            super().__init__()
            worlds.append(self)

        def act(self, action):
            outcome = super().act(action)
            if action == Look("alert"):
                os.kill(os.getpid(), sign)
            return outcome

    stage.toy = Interrupted
    assert stage.run() == 1
    assert "did not hold (interrupted)" in stage.said.out
    assert Change("rule") in worlds[-1].log
    assert worlds[-1].changed == set()
    recording = load(stage.timelines()[0])
    assert (recording.ended, recording.owed, recording.end["ended"]) == (True, (), "interrupted")
    told = {one.subject: one.standing for _, one in recording.findings}
    assert told["afterwards: telemetry flows"] == "held"


def test_a_recording_replays_to_the_same_and_says_where_it_does_not(stage, tmp_path):
    stage.toy = LOST
    assert stage.run() == 1
    [path] = stage.timelines()
    assert main(["drill", "replay", str(path), EXAMPLE]) == 0
    assert "as it was recorded" in stage.capsys.readouterr().out
    other = tmp_path / "other.jsonl"
    other.write_text(path.read_text().replace('"standing": "deviated"', '"standing": "held"'))
    assert main(["drill", "replay", str(other), EXAMPLE, "--json"]) == 1
    assert "view is back" in str(json.loads(stage.capsys.readouterr().out)["differences"])


def test_a_recording_of_another_estate_is_not_replayed(stage, tmp_path):
    assert stage.run() == 0
    text = stage.timelines()[0].read_text()
    other = tmp_path / "other.jsonl"
    other.write_text(text.replace('"estate": "', '"estate": "0'))
    assert main(["drill", "replay", str(other), EXAMPLE]) == 2
    assert "another estate" in stage.capsys.readouterr().err


def facilitated(stage, monkeypatch, typing, *arguments):
    """Run it with people at a pseudo-terminal, who type as they are shown texts."""
    master, slave = pty.openpty()
    monkeypatch.setattr(sys, "stdin", os.fdopen(slave))
    shown = []

    def say(text):
        shown.append(text)
        for row in [row for row in typing if row[0] in text]:
            typing.remove(row)
            os.write(master, f"{row[1]}\n".encode())

    monkeypatch.setattr(show, "say", say)
    code = stage.run("--facilitated", "--as", "player:Kari", "--as", "evaluator:Eva", *arguments)
    os.close(master)
    return code, "\n".join(shown)


def test_facilitated_people_are_asked_their_answers_are_recorded_and_it_replays(stage, monkeypatch):
    typing = [
        ("May production be disturbed?", "y"),
        ("The gateway is gone.", "note they hesitated"),
        ("The gateway is gone.", "y Kari"),
    ]
    code, shown = facilitated(stage, monkeypatch, typing)
    assert code == 0, stage.said.out
    assert "stop: acme/lyon/ai/gw-1 away for up to 60 s" in shown
    assert "inject 1 to operator" in shown
    assert "It is Tuesday" in shown.split("May production be disturbed?")[0]
    [path] = stage.timelines()
    recording = load(path)
    assert recording.run["people"] == "console"
    assert [(one.by, one.text) for one in recording.notes] == [("Eva", "they hesitated")]
    assert recording.injects[0][0] == 1
    assert [dict(row.outcome.facts).get("by") for row in recording.rows if row.own] == ["Kari"] * 2
    assert main(["drill", "replay", str(path), EXAMPLE]) == 0
    stage.capsys.readouterr()
    again = ["run", "rehearsal", EXAMPLE, "--tenant", "acme", "--answers", str(path), "--json"]
    assert stage(*again) == 0
    found = [row["subject"] for row in json.loads(stage.said.out)["findings"]]
    assert found == [one.subject for _, one in recording.findings]


def test_without_the_authoritys_consent_what_disturbs_is_not_tried(stage, monkeypatch):
    typing = [("May production be disturbed?", "n"), ("The gateway is gone.", "y Kari")]
    facilitated(stage, monkeypatch, typing)
    rows = load(stage.timelines()[0]).rows
    [stop] = [row for row in rows if type(row.action).__name__ == "Stop"]
    assert (stop.outcome.layer, stop.outcome.reason) == (
        "authority",
        "acme/marc: Kari said no",
    )


def test_documents_are_written_before_a_run_and_again_from_its_timeline(stage, tmp_path):
    common = ("rehearsal", EXAMPLE, "--tenant", "acme")
    assert stage("documents", *common, "--out", str(tmp_path / "out"), "--as", "player:Kari") == 0
    assert {one.name for one in (tmp_path / "out").iterdir()} == set(BEFORE)
    assert "Kari" in (tmp_path / "out" / "situation-manual.md").read_text()
    assert stage.run() == 0
    [path] = stage.timelines()
    report = path.with_suffix("") / "after-action-report.md"
    before = report.read_text()
    report.unlink()
    assert stage("documents", *common, "--timeline", str(path)) == 0
    assert report.read_text() == before


def test_fidelity_is_a_table_and_json_and_exit_1_where_outcomes_differ(stage, tmp_path):
    assert stage.run() == 0
    text = stage.timelines()[0].read_text()
    lab = [tmp_path / f"lab-{number}.jsonl" for number in range(5)]
    for path in lab:
        path.write_text(text.replace('"environment": "sim"', '"environment": "lab"'))
    command = ["fidelity", "rehearsal"]
    assert stage(*command, "--lab", *map(str, lab)) == 0
    assert "agree in 5 of 5 lab runs" in stage.said.out
    lab[0].write_text(lab[0].read_text().replace('"standing": "held"', '"standing": "deviated"'))
    assert stage(*command, "--lab", *map(str, lab), "--json") == 1
    assert json.loads(stage.said.out)["agreeing"] == 4


def test_fidelity_takes_the_whole_runs_on_file_and_other_drills_to_predict(stage):
    assert stage.run() == 0
    text = stage.timelines()[0].read_text()
    in_lab = text.replace('"environment": "sim"', '"environment": "lab"')
    other = in_lab.replace('"drill": "rehearsal"', '"drill": "other"')
    cut_off = "".join(in_lab.splitlines(keepends=True)[:-1])
    for number in range(5):
        (stage.state / "runs" / f"{number}-rehearsal-lab.jsonl").write_text(in_lab)
    (stage.state / "runs" / "5-other-lab.jsonl").write_text(other)
    (stage.state / "runs" / "6-rehearsal-lab.jsonl").write_text(cut_off)
    assert stage("fidelity", "rehearsal", "--json") == 0
    told = json.loads(stage.said.out)
    assert (told["lab_runs"], told["sim_runs"]) == (5, 1)
    assert {row["source"] for row in told["durations"]} == {"other drills in the lab"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--tenant", "nobody"), "there is no such tenant"),
        (("--as", "boss:Kari"), "facilitator, evaluator, player, observer"),
        (("--pace", "0"), "above 0"),
        (("--env", "lab", "--facilitated", "--pace", "5"), "neither packets nor the people"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_tried(stage, arguments, said):
    assert stage.run(*arguments) == 2
    assert said in stage.said.err
    assert stage.timelines() == []


def test_an_unknown_drill_is_refused_with_those_that_there_are(stage, capsys):
    assert main(["drill", "run", "rehersal", EXAMPLE]) == 2
    assert "rehearsal" in capsys.readouterr().err

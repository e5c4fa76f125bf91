"""What runs left is read back; what cannot be read is told, and stops nothing else."""

import json
from dataclasses import asdict

import pytest
from story_state import (
    GATEWAY,
    drill_lines,
    lab_claim,
    leave_drill,
    leave_improvements,
    verification,
)

from bulkhead.errors import WrongInput
from bulkhead.evidence.load import load
from bulkhead.evidence.plain import restored
from bulkhead.evidence.played import played_of
from bulkhead.evidence.story import Claimed

NAME = "runs/20261126T194000.000000Z-certificate-expiry-lab.jsonl"


def text_of(lines):
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


@pytest.fixture
def lines():
    return list(drill_lines("lab", 1.0, missed=True))


def test_an_empty_state_holds_nothing_and_is_no_error(tmp_path):
    kept = load(tmp_path)
    assert (kept.claims, kept.runs, kept.verifications, kept.inputs, kept.unread) == ([],) * 5


def test_claims_and_verifications_are_read_as_they_were_written(tmp_path, plan):
    for folder, name, value in (
        ("claim", "lab", lab_claim(plan)),
        ("verify", "aws", verification(plan)),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"{name}.json").write_text(json.dumps(asdict(value)))
    kept = load(tmp_path)
    assert kept.claims == [lab_claim(plan)]
    assert kept.verifications == [verification(plan)]
    assert [row.what for row in kept.inputs] == ["claim", "controls"]


def test_only_the_latest_run_of_a_name_in_an_environment_counts(tmp_path):
    leave_drill(tmp_path, "sim", 1.0, missed=True)
    leave_drill(tmp_path, "lab", 1.0, missed=True)
    newer = tmp_path / "runs" / "20261127T080000.000000Z-certificate-expiry-sim.jsonl"
    newer.write_bytes(text_of(drill_lines("sim", 1.0, missed=False)))
    runs = load(tmp_path).runs
    assert [(run.environment, run.at[:10], run.held) for run in runs] == [
        ("lab", "2026-11-26", False),
        ("sim", "2026-11-27", True),
    ]


def test_documents_of_a_run_and_the_improvement_plan_are_among_the_inputs(tmp_path):
    leave_drill(tmp_path, "lab", 1.0, missed=True)
    leave_improvements(tmp_path)
    folder = (tmp_path / NAME).with_suffix("")
    folder.mkdir()
    (folder / "after-action-report.md").write_text("# Report")
    kept = load(tmp_path)
    assert [row.what for row in kept.inputs] == ["timeline", "exercise document", "improvements"]
    assert [row.owner for row in kept.improvements] == ["acme/claire"] * 2


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("claim/sim.json", "{", "not JSON"),
        ("claim/sim.json", "[]", "no JSON object"),
        ("claim/sim.json", '{"hosts": 3}', "it has no environment"),
        ("verify/lab.json", '{"estate": 1}', "it has no digest"),
        ("improvements.json", "{", "no improvement plan"),
        ("runs/x-y-sim.jsonl", "nonsense\n", "line 1 is not JSON"),
        ("runs/x-y-sim.jsonl", '{"run": {}}\n', "no timeline"),
        ("runs/x-y-sim.jsonl", '{"row": {"action": 1}}\n', "no timeline"),
    ],
)
def test_a_damaged_file_is_told_and_the_rest_is_read(tmp_path, plan, name, content, why):
    leave_drill(tmp_path, "lab", 1.0, missed=False)
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    kept = load(tmp_path)
    [(told, reason)] = kept.unread
    assert told == name
    assert why in reason
    assert len(kept.runs) == 1
    assert name in [row.name for row in kept.inputs]


def test_a_run_tells_actions_people_findings_notes_and_its_end(lines):
    run = played_of(text_of(lines), NAME)
    assert (run.name, run.environment, run.at) == (
        "certificate-expiry",
        "lab",
        "2026-11-26T19:40:00Z",
    )
    assert [step.who for step in run.steps if step.who] == [
        "acme/marc",
        "shared/olga",
        "acme/ines",
        "acme/claire",
    ]
    assert [row.finding.standing for row in run.found] == ["held", "deviated", "held", "held"]
    assert [note.by for note in run.notes] == ["shared/sven"]
    assert (run.ended, run.owed, run.unmended, run.held) == ("whole", 0, (), False)
    assert run.facts == (("tenant", "acme"),)
    assert run.injects == ((1, 34.0),)
    assert GATEWAY in next(step for step in run.steps if step.kind == "Handshake").about


def test_a_run_without_recorded_findings_is_neither_held_nor_deviated(lines):
    run = played_of(text_of([line for line in lines if "finding" not in line]), NAME)
    assert run.found is None
    assert run.held is None


def test_a_run_that_was_killed_is_read_up_to_its_torn_line_and_owes_what_it_promised(lines):
    cut = [line for line in lines if line.get("row", {}).get("phase") != "roll-back"][:-1]
    run = played_of(text_of(cut) + b'{"row": {"asked"', NAME)
    assert (run.ended, run.owed, run.held) == (None, 1, False)


def test_what_was_not_put_back_keeps_a_run_from_holding(lines):
    ended = {"end": {"ended": "whole", "unmended": ["Restore(...)"]}}
    run = played_of(text_of([line for line in lines if "end" not in line] + [ended]), NAME)
    assert run.unmended == ("Restore(...)",)
    assert run.held is False


def test_unknown_lines_and_fields_of_later_versions_do_no_harm(lines):
    later = [{"weather": "fine"}, *lines]
    for line in later:
        if "finding" in line:
            line["finding"]["colour"] = "blue"
    assert len(played_of(text_of(later), NAME).found) == 4


def test_plain_values_are_read_by_their_types(plan):
    said = json.loads(json.dumps(asdict(lab_claim(plan))))
    assert restored(Claimed, said | {"later": 1}, "x") == lab_claim(plan)
    without = {name: value for name, value in said.items() if name != "unobserved"}
    assert restored(Claimed, without, "x").unobserved == 0


@pytest.mark.parametrize(
    "wrong",
    [{"hosts": "16"}, {"hosts": True}, {"layers": 3}, {"differences": [{}]}, {"flows": 1.5}],
)
def test_plain_values_of_a_wrong_type_are_refused_by_name(plan, wrong):
    said = json.loads(json.dumps(asdict(lab_claim(plan)))) | wrong
    with pytest.raises(WrongInput, match=r"claim/lab\.json: this is no claimed"):
        restored(Claimed, said, "claim/lab.json")

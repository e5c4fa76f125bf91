"""`bulkhead attack`: what it prints, what it keeps, and its exit codes."""

import json
from pathlib import Path

import pytest

from bulkhead.cli.main import main
from bulkhead.drill.timeline import load

EXAMPLE = str(Path(__file__).parents[2] / "examples" / "estate.yaml")
NAME = "cross-zone-pivot"


def test_the_list_names_each_attack_with_both_versions_of_its_ids(capsys):
    assert main(["attack", "list"]) == 0
    told = capsys.readouterr().out
    assert NAME in told
    assert "T0856 -> T1692.002" in told


def test_an_attack_says_what_it_needs_leaves_and_where_it_ends(capsys):
    assert main(["attack", "show", NAME, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["needs"] == ["Reach"]
    assert "quarantine" in told["leaves"]
    assert "1200 s" in told["bounds"]


def test_a_run_prints_its_findings_keeps_its_timeline_and_says_what_held_means(capsys, tmp_path):
    command = ["attack", "run", NAME, EXAMPLE, "--from", "acme/ingest/ingest-1"]
    assert main([*command, "--state", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert "row-security" in told
    assert "every way that the blueprint refuses was stopped" in told
    [path] = (tmp_path / "runs").glob("*.jsonl")
    recording = load(path)
    assert recording.ended
    assert recording.owed == ()
    assert str(path) in told


def test_a_run_as_json_holds_every_finding(capsys, tmp_path):
    command = ["attack", "run", NAME, EXAMPLE, "--hosts", "bare", "--json"]
    assert main([*command, "--state", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["held"], told["ended"], told["not_put_back"]) == (True, "whole", [])
    assert {row["standing"] for row in told["findings"]} == {"held", "not run"}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((NAME, EXAMPLE, "--env", "aws"), 2, "attacks are refused there"),
        (("nothing", EXAMPLE), 2, "there is no such attack"),
        ((NAME, EXAMPLE, "--from", "shared/admin/bastion-1"), 2, "starts on a gateway"),
        ((NAME, "/nowhere.yaml"), 2, "/nowhere.yaml"),
        ((NAME, EXAMPLE, "--env", "lab"), 3, "no lab runs here"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_is_tried(
    capsys, tmp_path, arguments, code, said
):
    assert main(["attack", "run", *arguments, "--state", str(tmp_path)]) == code
    assert said in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()

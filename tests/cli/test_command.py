"""The command as a user meets it: what it prints, and its exit codes."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bulkhead.cli.main import main, parser

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"
OPENED = "open tcp 8883 into borealis/ingest/broker from 0.0.0.0/0"


def test_the_plan_is_told_as_tables(capsys):
    assert main(["plan", str(EXAMPLE)]) == 0
    said = capsys.readouterr().out
    for word in ("borealis/ingest", "shared/admin/bastion-1", "borealis/telemetry", "digest "):
        assert word in said


def test_the_plan_is_told_as_json(capsys):
    assert main(["plan", str(EXAMPLE), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert len(said["digest"]) == 64
    assert said["plan"]["estate"] == "example"


def test_the_requirements_are_written_where_asked(tmp_path, capsys):
    target = tmp_path / "requirements.md"
    assert main(["plan", str(EXAMPLE), "--requirements", str(target)]) == 0
    assert "borealis/ingest" in target.read_text()


def test_the_schema_is_printed(capsys):
    assert main(["plan", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["type"] == "object"


def test_a_claim_that_holds_is_exit_0_and_says_that_no_packet_was_seen(capsys):
    assert main(["probe", str(EXAMPLE), "--env", "sim"]) == 0
    said = capsys.readouterr().out
    assert "packets were not observed" in said
    assert "hosts' own packet filters: as planned, on 15 hosts" in said
    assert "intent = model: no difference" in said


def test_a_difference_is_exit_1_and_named_with_its_rule(capsys):
    assert main(["probe", str(EXAMPLE), "--env", "sim", "--what-if", OPENED]) == 1
    said = capsys.readouterr().out
    assert "internet -> borealis/ingest/broker-1 tcp 8883 (public)" in said
    assert "0.0.0.0/0" in said


def test_a_difference_reaches_programs_as_json(capsys):
    assert main(["probe", str(EXAMPLE), "--env", "sim", "--json", "--what-if", OPENED]) == 1
    said = json.loads(capsys.readouterr().out)
    assert not said["agree"]
    assert said["differences"][0]["kind"] == "weakened"
    assert said["differences"][0]["layer"] == "host-ingress"
    assert said["host_filters"] == 15
    assert said["packets"] == "not observed"


def test_wrong_input_is_exit_2_without_a_traceback(tmp_path, capsys):
    path = tmp_path / "estate.yaml"
    path.write_text("")
    assert main(["plan", str(path)]) == 2
    said = capsys.readouterr().err
    assert str(path) in said
    assert "Traceback" not in said


def test_wrong_input_is_told_to_programs_as_json(tmp_path, capsys):
    assert main(["plan", str(tmp_path / "none.yaml"), "--json"]) == 2
    assert json.loads(capsys.readouterr().err)["problems"]


@pytest.mark.parametrize("verb", [["status"], ["exec", "x", "--", "true"], ["env"], ["cut", "x"]])
def test_what_needs_a_lab_says_that_none_runs_and_how_to_start_one(verb, tmp_path, capsys):
    state = ["--state", str(tmp_path)]
    assert main([verb[0], *state, *verb[1:]]) == 3
    assert "bulkhead up" in capsys.readouterr().err


def test_down_where_there_is_no_lab_is_no_error(tmp_path, capsys):
    assert main(["down", "--state", str(tmp_path)]) == 0
    assert "there is no lab" in capsys.readouterr().out


def test_what_if_is_for_the_model_alone(tmp_path, capsys):
    arguments = ["probe", str(EXAMPLE), "--env", "lab", "--what-if", OPENED]
    assert main([*arguments, "--state", str(tmp_path)]) == 2
    assert "--env sim" in capsys.readouterr().err


def test_a_fault_of_our_own_is_one_line_and_a_file(monkeypatch, capsys):
    def broken(_path):
        raise RuntimeError("boom")

    monkeypatch.setattr("bulkhead.blueprint.load", broken)
    assert main(["plan", str(EXAMPLE)]) == 1
    said = capsys.readouterr().err
    assert "boom" in said
    assert "Traceback" not in said


def test_help_loads_nothing_heavy():
    """What takes long to import waits until a verb needs it."""
    heavy = ("pulumi", "boto3", "moto", "pyroute2", "rich", "pydantic", "yaml", "grpc")
    code = (
        "import sys; from bulkhead.cli.main import parser; parser();"
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def commands(known=None, before=()):
    """Every verb, and each kind of one that has kinds (`attack run`)."""
    known = known or parser()
    kinds = [one for one in known._actions if isinstance(one, argparse._SubParsersAction)]
    if not kinds:
        yield list(before)
    for one in kinds:
        for name, below in one.choices.items():
            yield from commands(below, (*before, name))


def test_every_verb_has_json_and_a_sentence_of_help(capsys):
    found = list(commands())
    assert ["attack", "run"] in found
    assert ["drill", "fidelity"] in found
    for words in found:
        with pytest.raises(SystemExit):
            main([*words, "--help"])
        assert "--json" in capsys.readouterr().out

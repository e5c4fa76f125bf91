"""`bulkhead verify` as a user meets it: what it prints in each format, and its exit codes."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest
from moto import mock_aws

from bulkhead.cli.main import main
from bulkhead.controls.catalogue import CONTROLS

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"
ENTRY = """\
accepted:
  - control: routes
    subject: borealis/storage
    owner: shared/olga
    risk: none that matters
    measure: it is watched
    approver: borealis/ingrid
    expires: 2999-01-01
"""


@pytest.fixture
def state(tmp_path):
    return ["--state", str(tmp_path / "state")]


def test_an_estate_in_order_is_exit_0_and_says_what_was_not_observed(state, capsys):
    assert main(["verify", str(EXAMPLE), "--env", "sim", *state]) == 0
    said = capsys.readouterr().out
    assert "declared-ways" in said
    assert "accepted: zone-boundaries at acme/ingest" in said
    assert "not observed, for there is none in sim: in sim no host runs" in said
    assert f"in order; {len(CONTROLS)} controls" in said
    assert "Security levels" in said


def test_what_it_found_is_kept_for_reports(state, tmp_path, capsys):
    assert main(["verify", str(EXAMPLE), "--env", "sim", "--json", *state]) == 0
    said = json.loads(capsys.readouterr().out)
    kept = json.loads((tmp_path / "state" / "verify" / "sim.json").read_text())
    assert said == kept
    assert said["held"] is True
    assert len(said["results"]) == len(CONTROLS)
    assert {row["achieved"] for row in said["levels"]} == {None}


def test_some_controls_alone_are_asked_and_keep_nothing(state, tmp_path, capsys):
    arguments = ["verify", str(EXAMPLE), "--control", "routes", "--control", "default-groups"]
    assert main([*arguments, "--format", "json", *state]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [row["control"] for row in said["results"]] == ["routes", "default-groups"]
    assert said["levels"] == []
    assert not (tmp_path / "state" / "verify").exists()


def test_junit_and_sarif_are_documents_of_their_own(state, capsys):
    asked = ["verify", str(EXAMPLE), "--control", "routes", *state]
    assert main([*asked, "--format", "junit"]) == 0
    root = ElementTree.fromstring(capsys.readouterr().out)
    assert root.get("failures") == "0"
    assert int(root.get("tests")) == 9
    assert main([*asked, "--format", "sarif"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"


def test_an_unknown_control_is_exit_2_with_those_that_there_are(state, capsys):
    assert main(["verify", str(EXAMPLE), "--control", "nonsense", *state]) == 2
    assert "ssh-entry" in capsys.readouterr().err


def test_the_register_beside_the_blueprint_is_taken(state, tmp_path, capsys):
    estate = tmp_path / "estate.yaml"
    shutil.copy(EXAMPLE, estate)
    (tmp_path / "accepted.yaml").write_text(ENTRY)
    assert main(["verify", str(estate), "--control", "routes", *state]) == 0
    assert "the entry can go" in capsys.readouterr().out


def test_a_register_that_is_wrong_is_exit_2_with_its_place(state, tmp_path, capsys):
    path = tmp_path / "mine.yaml"
    path.write_text(ENTRY.replace("borealis/ingrid", "shared/olga"))
    assert main(["verify", str(EXAMPLE), "--accepted", str(path), *state]) == 2
    said = capsys.readouterr().err
    assert f"{path}:7:" in said
    assert "cannot accept it alone" in said


def test_a_register_that_was_named_and_is_not_there_is_exit_2(state, tmp_path, capsys):
    missing = str(tmp_path / "none.yaml")
    assert main(["verify", str(EXAMPLE), "--accepted", missing, *state]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_sabotage_that_is_found_is_exit_0_and_told(state, capsys):
    arguments = ["verify", str(EXAMPLE), "--env", "sim", "--sabotage", "default-groups", *state]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "broken: the default security group" in said
    assert "found: default-groups at borealis/ingest: fail" in said
    assert "held: exactly what was declared was found" in said


def test_a_sabotage_of_what_only_hosts_have_is_exit_3_in_sim(state, capsys):
    code = main(["verify", str(EXAMPLE), "--env", "sim", "--sabotage", "clocks", *state])
    assert code == 3
    assert "--env lab" in capsys.readouterr().err


def test_a_sabotage_is_refused_in_an_account(state, capsys):
    arguments = ["verify", str(EXAMPLE), "--env", "aws", "--sabotage", "routes", *state]
    assert main(arguments) == 2
    assert "--env sim, --env lab" in capsys.readouterr().err


def test_in_an_account_what_should_have_been_read_and_was_not_is_exit_1(
    state, tmp_path, monkeypatch, capsys
):
    """The account is read (moto's, which is empty); its hosts cannot be entered from here."""
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("BULKHEAD_ENTRANCE", raising=False)
    with mock_aws():
        code = main(["verify", str(EXAMPLE), "--env", "aws", "--json", *state])
    assert code == 1
    said = json.loads(capsys.readouterr().out)
    verdicts = {row["control"]: row["verdict"] for row in said["results"]}
    assert verdicts["ssh-entry"] == "not observed"
    assert verdicts["packets"] == "not observed"
    assert "pass" not in {verdicts[name] for name in ("events", "clocks", "mutual-tls")}
    assert (tmp_path / "state" / "verify" / "aws.json").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--sabotage", "routes", "--control", "routes"],
        ["--sabotage", "routes", "--format", "junit"],
        ["--json", "--format", "sarif"],
    ],
)
def test_what_does_not_go_together_is_exit_2(state, arguments):
    assert main(["verify", str(EXAMPLE), *arguments, *state]) == 2


def test_where_no_lab_runs_it_is_exit_3(state, capsys):
    assert main(["verify", str(EXAMPLE), "--env", "lab", *state]) == 3
    assert "bulkhead up" in capsys.readouterr().err

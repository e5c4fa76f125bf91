"""exec, ssh and logs as a user meets them where nothing stands, and what `up` is told of hosts."""

import argparse
from pathlib import Path

import pytest

from bulkhead.cli import logs
from bulkhead.cli.main import main, parser
from bulkhead.environments.lab import Lab
from bulkhead.errors import WrongInput
from infra.inventory.site import remember

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"
VERBS = {
    "exec": ["shared/admin/bastion-1", "--", "true"],
    "ssh": ["shared/admin/bastion-1"],
    "logs": ["shared/admin/bastion-1"],
}


@pytest.mark.parametrize("verb", VERBS)
def test_without_a_lab_it_says_how_to_start_one(verb, tmp_path, capsys):
    assert main([verb, "--state", str(tmp_path), *VERBS[verb]]) == 3
    assert "bulkhead up" in capsys.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_in_an_account_it_needs_the_blueprint(verb, tmp_path, capsys):
    arguments = ["--env", "aws", "--state", str(tmp_path)]
    assert main([verb, *arguments, *VERBS[verb]]) == 2
    assert "--estate" in capsys.readouterr().err


def test_in_an_account_it_needs_the_operators_key_and_says_how_to_make_it(tmp_path, capsys):
    arguments = ["--env", "aws", "--estate", str(EXAMPLE), "--state", str(tmp_path)]
    assert main(["ssh", *arguments, "shared/admin/bastion-1"]) == 3
    said = capsys.readouterr().err
    assert "ssh-keygen" in said
    assert "bulkhead:sshKey" in said


def test_in_an_account_it_needs_to_know_the_way_to_the_bastion(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("BULKHEAD_ENTRANCE", raising=False)
    key = tmp_path / "aws" / "ssh" / "operator"
    key.parent.mkdir(parents=True)
    key.touch()
    arguments = ["--env", "aws", "--estate", str(EXAMPLE), "--state", str(tmp_path)]
    assert main(["ssh", *arguments, "shared/admin/bastion-1"]) == 3
    assert "BULKHEAD_ENTRANCE" in capsys.readouterr().err


def test_hosts_that_are_bare_have_no_shell_and_no_journal(tmp_path, example_stands, capsys):
    for verb in ("ssh", "logs"):
        assert main([verb, "--state", str(tmp_path), "shared/admin/bastion-1"]) == 2
        assert "--hosts machines" in capsys.readouterr().err


@pytest.fixture
def example_stands(tmp_path):
    """The files of a bare lab: enough for what is said before anything is asked."""
    from bulkhead.blueprint import expand, load
    from bulkhead.plan import canonical

    state = tmp_path / "lab"
    state.mkdir()
    remember(state, "bare")
    (state / "plan.json").write_bytes(canonical(expand(load(EXAMPLE))))
    return state


def test_a_labs_kind_of_hosts_is_kept_and_another_is_refused(tmp_path, example_stands):
    lab = Lab(tmp_path)
    assert lab.chosen(None) == "bare"
    assert lab.chosen("bare") == "bare"
    with pytest.raises(WrongInput, match="bulkhead down"):
        lab.chosen("machines")


def test_a_new_lab_has_machines_unless_told_otherwise(tmp_path):
    assert Lab(tmp_path).chosen(None) == "machines"
    assert Lab(tmp_path).chosen("bare") == "bare"


def test_up_takes_two_kinds_of_hosts_alone(capsys):
    with pytest.raises(SystemExit):
        parser().parse_args(["up", str(EXAMPLE), "--hosts", "paper"])
    assert "machines" in capsys.readouterr().err


def test_logs_asks_journalctl_for_what_it_was_asked():
    args = argparse.Namespace(unit="ssh", since="1 hour ago", follow=True, json=True)
    assert logs.options(args) == [
        *("--unit", "ssh", "--since", "1 hour ago"),
        *("--follow", "--output=json"),
    ]
    assert logs.options(argparse.Namespace(unit="", since="", follow=False, json=False)) == []


def test_an_option_behind_the_host_is_not_taken_for_the_command(tmp_path, capsys):
    assert main(["exec", "shared/admin/bastion-1", "--state", str(tmp_path), "--", "true"]) == 2
    assert "bulkhead exec [options] HOST -- CMD" in capsys.readouterr().err

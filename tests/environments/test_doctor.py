"""What is missing is named with its remedy, and only what is needed decides."""

import json
import shutil

import pytest

from bulkhead.cli.main import main
from bulkhead.environments import doctor


def missing(environment):
    return {row.part: row.remedy for row in doctor.checks(environment) if not row.found}


def test_sim_needs_nothing_but_python_packages_that_are_here():
    assert missing("sim") == {}


def test_a_missing_program_is_named_with_the_command_that_gets_it(monkeypatch):
    found = shutil.which

    def which(name, path=None):
        return None if name == "conntrack" else found(name, path=path)

    monkeypatch.setattr(doctor.shutil, "which", which)
    assert missing("lab")["conntrack"] == "apt-get install conntrack"


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setattr(doctor, "find_library", lambda _name: None)
    assert missing("lab")["libnftables"] == "apt-get install nftables"


def test_without_root_the_lab_says_so_and_up_is_refused(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(doctor.os, "geteuid", lambda: 1000)
    assert "root" in missing("lab")
    assert main(["doctor", "--env", "lab"]) == 3
    capsys.readouterr()
    assert main(["up", "examples/estate.yaml", "--state", str(tmp_path)]) == 3
    assert "sudo" in capsys.readouterr().err
    assert not (tmp_path / "lab").exists()


def test_a_rule_that_the_kernel_refuses_is_a_finding_and_no_crash(monkeypatch):
    def refused():
        raise OSError("Operation not supported")

    monkeypatch.setattr(doctor, "_nft", refused)
    assert "Operation not supported" in missing("lab")["packet rules in a namespace"]


def test_the_doctor_answers_programs(capsys):
    assert main(["doctor", "--env", "sim", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert all(row["found"] for row in rows)


@pytest.mark.parametrize("environment", ["sim", "lab"])
def test_every_part_has_a_remedy(environment):
    assert all(row.remedy for row in doctor.checks(environment))

"""A customer's own pytest suite over an estate: what its cases are, and how they end."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bulkhead.controls.results import Observation
from bulkhead.environments.pytest_plugin import Finding

ROOT = Path(__file__).parents[2]
SUITE = """
def test_each_finding(finding):
    finding.check()


def test_what_is_ours(verification, estate_plan):
    assert verification.estate == estate_plan.estate == "example"


def test_each_host(estate_host):
    raise AssertionError("in sim there is none")
"""


def finding(verdict, **changes):
    row = Observation(subject="a host", verdict=verdict, expected="good", seen="bad", **changes)
    return Finding("a-control", row)


def test_a_finding_that_passes_passes():
    finding("pass").check()


@pytest.mark.parametrize("verdict", ["fail", "not observed"])
def test_a_finding_that_fails_or_was_not_observed_fails_with_the_reason(verdict):
    with pytest.raises(pytest.fail.Exception, match="a-control at a host: because of this"):
        finding(verdict, because="because of this").check()


@pytest.mark.parametrize(("verdict", "absent"), [("accepted", False), ("not observed", True)])
def test_what_is_accepted_or_cannot_be_had_here_is_skipped(verdict, absent):
    with pytest.raises(pytest.skip.Exception, match="a-control at a host"):
        finding(verdict, because="so it is", absent=absent).check()


def suite(tmp_path, *options):
    """Run a suite in a process of its own; the process."""
    (tmp_path / "conftest.py").write_text(
        'pytest_plugins = ["bulkhead.environments.pytest_plugin"]\n'
    )
    (tmp_path / "test_mine.py").write_text(SUITE)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )


def test_a_suite_has_a_case_for_each_finding_and_in_sim_no_hosts(tmp_path):
    estate = ROOT / "examples" / "estate.yaml"
    done = suite(tmp_path, "--estate", str(estate), "--estate-state", str(tmp_path / "state"))
    assert done.returncode == 0, done.stdout
    kept = json.loads((tmp_path / "state" / "verify" / "sim.json").read_text())
    verdicts = [row["verdict"] for one in kept["results"] for row in one["observations"]]
    good = verdicts.count("pass")
    assert good > 50
    # One case more passes (what is ours), and one is skipped (hosts, of which sim has none).
    last = done.stdout.strip().splitlines()[-1]
    assert last.startswith(f"{good + 1} passed, {len(verdicts) - good + 1} skipped"), last


def test_a_suite_that_names_no_estate_is_told_how(tmp_path):
    done = suite(tmp_path)
    assert done.returncode == 2
    assert "say which estate: --estate FILE" in done.stdout + done.stderr


def test_a_suite_where_no_lab_runs_is_told_so_without_a_traceback(tmp_path):
    estate = ROOT / "examples" / "estate.yaml"
    options = ["--estate", str(estate), "--estate-env", "lab", "--estate-state", str(tmp_path)]
    done = suite(tmp_path, *options)
    assert done.returncode == 2
    assert "no lab runs here" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr

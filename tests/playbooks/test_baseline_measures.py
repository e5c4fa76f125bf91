"""The baseline's measures: each is checked, broken by some fixture, and told in its README."""

from pathlib import Path

import pytest
import yaml
from baseline_checks import CHECKS

ROLE = Path(__file__).parents[2] / "roles" / "baseline"
BAD = Path(__file__).parents[1] / "lab" / "roles" / "known_bad" / "baseline.yml"


@pytest.fixture
def measures():
    """The rows of measures.yml."""
    return yaml.safe_load((ROLE / "measures.yml").read_text())


def test_each_measure_has_its_check_and_each_check_its_measure(measures):
    assert [row["check"] for row in measures] == list(CHECKS)


def test_each_measure_says_what_others_call_it(measures):
    assert [row["check"] for row in measures if not row["lynis"]] == []


def test_each_check_is_flipped_by_some_known_bad_host():
    rows = yaml.safe_load(BAD.read_text())
    assert {name for row in rows for name in row["flips"]} == set(CHECKS)


def test_the_readmes_table_is_made_of_the_measures(measures):
    text = (ROLE / "README.md").read_text()
    table = [line for line in text.splitlines() if line.startswith("| `")]
    assert table == [
        f"| `{row['check']}` | {row['what']} | {', '.join(row['lynis'])} "
        f"| {', '.join(row['devsec'])} |"
        for row in measures
    ]

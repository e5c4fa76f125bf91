"""docs/tiers.md is what the tiers say, and its answers lead to evidence that there is."""

import re

import pytest

from bulkhead.blueprint.tiers import tiers
from bulkhead.controls.catalogue import CONTROLS
from bulkhead.evidence.comparing.page import PAGE, ROOT, page, responsibility
from simulator.drills.catalogue import catalogue


def test_the_page_is_made_of_the_tiers():
    assert PAGE.read_text() == page(), "run: python -m bulkhead.evidence.comparing.page"


def test_every_duty_is_somebody_s_on_every_tier_with_a_reason():
    duties = responsibility()["duties"]
    assert len(duties) == 4
    for duty in duties:
        assert duty["tiers"].keys() == tiers().keys(), duty["question"]
        for row in duty["tiers"].values():
            assert row["who"] in ("provider", "customer", "both")
            assert len(row["why"]) > 5


def test_six_questions_are_answered_with_evidence_that_there_is():
    questions = responsibility()["questions"]
    assert len(questions) == 6
    controls = {row.id for row in CONTROLS}
    for row in questions:
        assert set(row["controls"]) <= controls
        assert set(row["drills"]) <= set(catalogue())
        assert row["controls"] or row["drills"]
        assert all((ROOT / path).is_file() for path in row["files"])


@pytest.mark.parametrize("name", sorted(tiers()))
def test_a_tier_s_section_says_what_it_does_not_protect(name):
    section = re.split(r"^## ", page(), flags=re.M)
    (mine,) = [text for text in section if text.startswith(f"{name}\n")]
    assert all(line in mine for line in tiers()[name].unprotected)
    assert all(row.why in mine for row in tiers()[name].capability)

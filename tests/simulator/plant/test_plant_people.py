"""People's reaction times: the published quantiles, and the same draw for the same question."""

import numpy as np
import pytest

from simulator.plant.people import DIAGNOSIS, NIGHT, pace, reaction, shift

MARC = "acme/marc"


def test_the_decision_of_an_operator_has_the_published_quantiles():
    """NUREG/CR-1278, table 20-3: 0.1 not diagnosed after 10 min, 0.01 after 20 min."""
    assert pace("operator", "approve") == DIAGNOSIS
    assert DIAGNOSIS.quantile(1.2816) == pytest.approx(600, rel=1e-3)
    assert DIAGNOSIS.quantile(2.3263) == pytest.approx(1200, rel=1e-3)


def test_draws_follow_the_distribution():
    drawn = [reaction(7, MARC, "operator", "approve", number) for number in range(2_000)]
    assert np.quantile(drawn, [0.5, 0.9]) == pytest.approx([DIAGNOSIS.median, 600], rel=0.08)
    assert (np.array(drawn) > 0).all()


def test_the_same_question_has_the_same_answer_in_any_order():
    asked = [(who, number) for who in (MARC, "acme/ines") for number in range(5)]
    first = {one: reaction(1, one[0], "engineer", "acknowledge", one[1]) for one in asked}
    for one in reversed(asked):
        assert reaction(1, one[0], "engineer", "acknowledge", one[1]) == first[one]
    assert len(set(first.values())) == len(asked)
    assert reaction(2, MARC, "engineer", "acknowledge", 0) != first[MARC, 0]


def test_to_acknowledge_is_quicker_than_to_approve():
    for role in ("operator", "engineer", "vendor", "admin", "auditor", "support"):
        assert pace(role, "acknowledge").median <= pace(role, "approve").median


def test_whoever_sits_at_the_console_is_quicker_than_whoever_is_called_in():
    for kind in ("acknowledge", "approve"):
        others = [pace(role, kind) for role in ("engineer", "admin", "vendor")]
        assert all(pace("operator", kind).median < other.median for other in others)
    assert pace("operator", "acknowledge").quantile(1.2816) < 300


@pytest.mark.parametrize(
    ("hour", "expected"),
    [(0, "night"), (5.99, "night"), (6, "morning"), (13.9, "morning"), (14, "late"), (22, "night")],
)
def test_shifts_change_at_six_two_and_ten(hour, expected):
    assert shift(hour * 3600) == shift((hour + 48) * 3600) == expected


def test_at_night_an_answer_takes_longer():
    by_day = reaction(1, MARC, "operator", "approve", 3, at=10 * 3600)
    assert by_day == reaction(1, MARC, "operator", "approve", 3)
    at_night = reaction(1, MARC, "operator", "approve", 3, at=2 * 3600)
    assert at_night == pytest.approx(NIGHT * by_day, abs=2e-3)

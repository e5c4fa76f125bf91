"""Bearings, lives and zones against the published figures."""

import dataclasses

import pytest

from bulkhead.errors import WrongInput
from simulator.plant.bearings import BEARINGS, PARTS, by_geometry, by_multipliers, named
from simulator.plant.lives import FEMTO, LIVES, XJTU_SY, l10_hours
from simulator.plant.severity import LIMITS, zone


def test_the_ims_bearing_has_its_published_frequencies():
    found = named("Rexnord ZA-2115", "here").per_revolution.at(2000 / 60)
    assert (found.bpfo, found.bpfi, found.bsf, found.ftf) == pytest.approx(
        (236.40, 296.93, 139.92, 14.78), abs=0.006
    )


def test_the_cwru_bearing_has_its_published_multipliers():
    found = named("SKF 6205-2RS", "here")
    assert (found.per_revolution.bpfo, found.per_revolution.bpfi) == (3.5848, 5.4152)
    assert found.rollers == 9


def test_what_is_derived_from_multipliers_is_what_the_cwru_published_too():
    """Their "rolling element" strikes both rings in a spin (4.7135), their cage 0.39828."""
    _, found = by_multipliers(3.5848, 5.4152)
    assert 2 * found.bsf == pytest.approx(4.7135, abs=2e-3)
    assert found.ftf == pytest.approx(0.39828, abs=1e-4)


@pytest.mark.parametrize("bearing", BEARINGS.values(), ids=BEARINGS)
def test_the_four_frequencies_of_a_bearing_agree_with_one_another(bearing):
    found = bearing.per_revolution
    assert found.bpfo + found.bpfi == pytest.approx(bearing.rollers)
    assert found.bpfo == pytest.approx(bearing.rollers * found.ftf)
    assert found.ftf < 0.5 < found.bsf < found.bpfo < found.bpfi
    assert [found.of(part) for part in PARTS] == list(dataclasses.astuple(found))


def test_a_roller_of_no_size_rolls_half_as_fast_as_the_shaft():
    assert by_geometry(10, 1e-9, 1.0).ftf == pytest.approx(0.5)


def test_a_bearing_that_is_not_known_is_refused_with_those_that_are():
    with pytest.raises(WrongInput, match=r"(?s)lathe-9: .*'SKF 9999'.*Rexnord ZA-2115"):
        named("SKF 9999", "lathe-9")


def test_the_published_lives_are_shipped_as_they_are():
    by_load = {}
    for life in XJTU_SY:
        by_load.setdefault((life.rpm, life.load_kn), []).append(round(life.seconds / 60))
    assert by_load == {
        (2100, 12.0): [123, 161, 158, 122, 52],
        (2250, 11.0): [491, 161, 533, 42, 339],
        (2400, 10.0): [2538, 2496, 371, 1515, 114],
    }
    assert {life.bearing: life.seconds for life in FEMTO} == {
        "1_1": 28_030,
        "1_2": 8_710,
        "2_1": 9_110,
        "2_2": 7_970,
        "3_1": 5_150,
        "3_2": 16_370,
    }


@pytest.mark.parametrize(
    ("rpm", "load", "low", "high"),
    [(2100, 12, 5.600, 9.677), (2250, 11, 6.786, 11.726), (2400, 10, 8.468, 14.632)],
)
def test_l10_of_the_xjtu_loads_is_the_upper_published_figure(rpm, load, low, high):
    found = l10_hours(12.82 / load, rpm)
    assert found == pytest.approx(high, abs=0.001)
    assert low < found


def test_lives_as_multiples_of_l10_scatter_widely():
    multiples = sorted(life.of_l10 for life in LIVES)
    assert multiples[0] < 0.1
    assert multiples[-1] > 1


@pytest.mark.parametrize(
    ("velocity", "expected"),
    [(0.0, "A"), (1.4, "A"), (1.41, "B"), (2.8, "B"), (2.81, "C"), (4.5, "C"), (4.51, "D")],
)
def test_zones_of_group_2_on_rigid_support(velocity, expected):
    assert zone(velocity, 2, "rigid") == expected


@pytest.mark.parametrize(
    ("velocity", "expected"),
    [(2.3, "A"), (2.31, "B"), (4.5, "B"), (4.51, "C"), (7.1, "C"), (7.11, "D")],
)
def test_zones_of_group_2_on_flexible_support(velocity, expected):
    assert zone(velocity, 2, "flexible") == expected


def test_a_larger_or_softer_machine_may_vibrate_more():
    for number in range(3):
        assert LIMITS[1, "rigid"][number] > LIMITS[2, "rigid"][number]
        assert LIMITS[1, "flexible"][number] > LIMITS[1, "rigid"][number]

"""The plant as a whole: deterministic, within the sensors' range, and not moved by an attack."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from golden_plant import DAY, EXAMPLE, everything

from bulkhead.blueprint import expand, load
from bulkhead.errors import WrongInput
from bulkhead.wire.telemetry import SIGNALS
from simulator.plant import Command, Overlay, Plant, Value
from simulator.plant.chance import BLOCK, normals
from simulator.plant.sensors import SENSORS
from simulator.plant.signals import of_machine

LYON, TROMSO = "acme/lyon", "borealis/tromso"
GOLDEN = Path(__file__).parent / "golden" / "series.sha256"


@pytest.fixture(scope="module")
def plant(example_plan):
    return Plant(example_plan, 1)


def test_it_is_built_from_the_assets_of_the_plan(plant):
    assert plant.sites == (LYON, TROMSO)
    assert list(plant.site(LYON)) == ["lathe-1", "mill-1"]
    mill, blower = plant.machine(LYON, "mill-1"), plant.machine(TROMSO, "blower-1")
    assert (mill.behind, len(mill.spindles)) == ("acme/lyon/ot/plc-1", 1)
    assert mill.spindles[0].bearing.name == "Rexnord ZA-2115"
    assert [one.speed_rpm for one in blower.spindles] == [2000, 2000]


def test_a_reading_has_every_signal_of_every_machine_of_the_site(plant):
    found = plant.read(LYON, 36_000.5)
    assert [(one.device, one.signal) for one in found] == [
        (device, signal) for device in ("lathe-1", "mill-1") for signal in SIGNALS
    ]
    assert isinstance(found[0], Value)


def test_values_lie_in_the_range_that_telemetry_accepts_and_at_the_sensors_resolution(example_plan):
    for seed in range(3):
        plant = Plant(example_plan, seed)
        for site in plant.sites:
            for device in plant.site(site):
                for name, signal in SIGNALS.items():
                    found = plant.series(site, device, name, 0, 400 * DAY, 17 * DAY)
                    assert found.min() >= signal.low
                    assert found.max() <= signal.high
                    steps = found * 10 ** SENSORS[name].decimals
                    assert np.abs(steps - np.rint(steps)).max() < 1e-6


def test_a_machine_with_several_spindles_reports_the_worst():
    each = np.array([[1.0, 5.0, 600.0], [3.0, 2.0, 1.0]])
    assert of_machine("motor_current", each).tolist() == [3.0, 5.0, SIGNALS["motor_current"].high]


def test_the_order_of_calls_does_not_matter(example_plan):
    times = [5.0, 86_399.0, 3.0, 40_000.0, 41_000.0, 0.0]
    forward, backward = Plant(example_plan, 9), Plant(example_plan, 9)
    first = {at: forward.read(TROMSO, at) for at in times}
    for at in reversed(times):
        assert backward.read(TROMSO, at) == first[at]


def test_a_series_is_what_single_readings_are(plant):
    at = np.arange(100.0, 250.0, 1.5)
    for signal in SIGNALS:
        series = plant.series(TROMSO, "crane-1", signal, 100.0, 250.0, 1.5)
        assert len(series) == len(at) == 100
        for time, value in list(zip(at, series, strict=True))[::25]:
            assert Value("crane-1", signal, float(value)) in plant.read(TROMSO, time)


def other_arithmetic():
    """What numpy would choose for this processor, left out: another one's sine and exponential."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))


@pytest.mark.parametrize("disabled", ["", other_arithmetic()], ids=["this", "another processor"])
def test_another_process_computes_the_bytes_that_are_kept_in_the_tree(disabled):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from hashlib import sha256; from golden_plant import golden_bytes\n"
        "print(sha256(golden_bytes()).hexdigest())"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "NPY_DISABLE_CPU_FEATURES": disabled},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == GOLDEN.read_text().strip()


def test_another_seed_is_another_plant(example_plan, plant):
    assert everything(Plant(example_plan, 2)) != everything(plant)


def test_chance_does_not_repeat_from_block_to_block():
    drawn = normals(1, ("a",), np.arange(4 * BLOCK)).reshape(4, BLOCK)
    assert np.abs(np.corrcoef(drawn) - np.eye(4)).max() < 0.2
    assert abs(np.corrcoef(drawn[0], normals(1, ("b",), np.arange(BLOCK)))[0, 1]) < 0.2
    assert (normals(1, ("a",), np.array([BLOCK + 3, 3])) == drawn[[1, 0], [3, 3]]).all()


def test_machines_of_one_kind_do_not_move_together(plant):
    mill = plant.series(LYON, "mill-1", "motor_current", 0, DAY, 300)
    lathe = plant.series(LYON, "lathe-1", "motor_current", 0, DAY, 300)
    day = slice(84, 252)
    assert abs(np.corrcoef(mill[day], lathe[day])[0, 1]) < 0.4


def test_load_and_temperature_follow_the_day(plant):
    night = slice(2 * 60, 4 * 60)
    noon = slice(11 * 60, 15 * 60)
    for signal in ("motor_current", "temperature"):
        series = plant.series(LYON, "mill-1", signal, 0, DAY, 60)
        assert series[noon].mean() > series[night].mean() + 2


def test_temperature_lags_behind_a_stop_by_its_time_constant(plant):
    stopped = plant.commanded(Command(site=LYON, device="mill-1", at=43_200, speed=0.0))
    hot, later, cold = (
        stopped.series(LYON, "mill-1", "temperature", at, at + 1, 1, "physics")[0]
        for at in (43_200.0, 43_200.0 + 1_800, 43_200.0 + 6 * 1_800)
    )
    assert (later - cold) / (hot - cold) == pytest.approx(np.exp(-1), abs=0.12)


def test_a_stopped_machine_neither_turns_nor_draws_current_nor_wears(plant):
    at = 43_200.0
    stopped = plant.commanded(Command(site=LYON, device="mill-1", at=at, speed=0.0))
    found = {one.signal: one.value for one in stopped.read(LYON, at + 60) if one.device == "mill-1"}
    assert found["vibration"] < 0.1
    assert found["motor_current"] < 0.5
    damage = [stopped.bearings(LYON, "mill-1", at + days * DAY) for days in (1, 100)]
    assert damage[0] == damage[1]
    assert plant.bearings(LYON, "mill-1", at + 100 * DAY) != damage[1]


def test_a_command_changes_nothing_before_it_nor_any_other_machine(plant):
    stopped = plant.commanded(Command(site=LYON, device="mill-1", at=5_000.0, speed=0.0))
    assert stopped.read(LYON, 4_999.0) == plant.read(LYON, 4_999.0)
    assert [one for one in stopped.read(LYON, 9_000.0) if one.device == "lathe-1"] == [
        one for one in plant.read(LYON, 9_000.0) if one.device == "lathe-1"
    ]
    assert stopped.read(TROMSO, 9_000.0) == plant.read(TROMSO, 9_000.0)


def test_a_ramp_that_is_overtaken_by_the_next_command_ends_there(plant):
    told = plant.commanded(
        Command(site=LYON, device="mill-1", at=100.0, speed=0.0),
        Command(site=LYON, device="mill-1", at=105.0, speed=1.0),
    )
    spindle = told.machine(LYON, "mill-1").spindles[0]
    speed = spindle.conditions(np.array([99.0, 105.0, 110.0, 116.0])).speed
    assert speed == pytest.approx([0.99, 0.495, 0.74, 0.99], abs=0.02)
    thrice = told.commanded(Command(site=LYON, device="mill-1", at=107.0, speed=0.0))
    slowing = thrice.machine(LYON, "mill-1").spindles[0].conditions(np.arange(107.0, 118.0)).speed
    assert slowing == pytest.approx(0.594 * np.linspace(1, 0, 11), abs=0.02)


def test_a_new_bearing_is_sound(plant):
    worn = next(day for day in range(400) if damage(plant, day * DAY) > 0.3) * DAY
    mended = plant.commanded(
        Command(site=LYON, device="mill-1", at=worn + 60, speed=1.0, replaced=True)
    )
    assert damage(mended, worn) == damage(plant, worn) > 0.3
    assert damage(mended, worn + 61) == 0
    before = plant.bearings(LYON, "mill-1", worn).before
    assert mended.bearings(LYON, "mill-1", worn + 61).before == before + 1


def damage(plant, at):
    return plant.bearings(LYON, "mill-1", at).damage


def test_damage_grows_along_each_life_from_nothing_to_failure_and_then_the_bearing_is_new(plant):
    hours = np.arange(0, 200 * DAY, 3600.0)
    spindle = plant.machine(LYON, "mill-1").spindles[0]
    found = spindle.conditions(hours)
    assert found.number[-1] >= 2
    for number in range(found.number[-1]):
        life = found.damage[found.number == number]
        assert (np.diff(life) >= 0).all()
        assert life[-1] > 0.9
        if number > 0:
            assert life[0] == 0
            assert 0.4 < (life == 0).mean() < 0.9


@pytest.mark.parametrize("site", [LYON, TROMSO])
def test_what_is_unknown_is_refused_with_what_there_is(plant, site):
    for act in (
        lambda: plant.read("acme/nowhere", 0),
        lambda: plant.series(site, "mill-9", "vibration", 0, 1, 1),
        lambda: plant.series(site, next(iter(plant.site(site))), "smell", 0, 1, 1),
        lambda: plant.overlaid(
            Overlay(site=site, device="mill-9", signal="vibration", kind="stuck", start=0)
        ),
    ):
        with pytest.raises(WrongInput, match=r"there is no"):
            act()


def test_time_before_the_plant_began_is_refused(plant):
    with pytest.raises(ValueError, match="begins at 0"):
        plant.read(LYON, -1.0)
    with pytest.raises(ValueError, match="start"):
        plant.series(LYON, "mill-1", "vibration", -5, 5, 1)


def test_a_bearing_whose_geometry_is_not_known_is_told_with_its_machine(tmp_path):
    text = EXAMPLE.read_text().replace("SKF 6205-2RS", "NoName 1")
    (tmp_path / "estate.yaml").write_text(text)
    with pytest.raises(WrongInput, match=r"(?s)acme/lyon/lathe-1 spindle-001.*'NoName 1'"):
        Plant(expand(load(tmp_path / "estate.yaml")), 1)


def test_it_can_be_asked_at_the_time_of_a_clock(plant):
    now = 1_800_000_000.25
    assert plant.read(LYON, now) == plant.read(LYON, now)
    assert len(plant.read(LYON, now)) == 8

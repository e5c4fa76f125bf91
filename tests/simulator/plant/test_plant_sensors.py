"""Faults and attacks change what is seen, each in its own way, and never what is."""

import numpy as np
import pytest

from bulkhead.wire.telemetry import SIGNALS
from simulator.plant import Overlay, Plant
from simulator.plant.sensors import SENSORS

SITE, DEVICE = "acme/lyon", "mill-1"
START, END = 1_000.0, 1_100.0
KINDS = {
    "stuck": 0.0,
    "drift": 3_600.0,
    "dropout": 0.0,
    "bias": 5.0,
    "saturation": 30.0,
    "spoof": 42.0,
}


@pytest.fixture(scope="module")
def plant(example_plan):
    return Plant(example_plan, 4)


def overlay(kind, signal="temperature", at="sensor"):
    return Overlay(
        site=SITE,
        device=DEVICE,
        signal=signal,
        kind=kind,
        start=START,
        end=END,
        amount=KINDS[kind],
        at=at,
        cause="a test",
    )


def series(plant, layer="view", signal="temperature"):
    return plant.series(SITE, DEVICE, signal, START - 50, END + 50, 1, layer)


BEFORE, DURING, AFTER = slice(0, 50), slice(50, 150), slice(150, 200)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("at", ["sensor", "view"])
def test_the_physics_is_the_same_with_and_without_it_byte_by_byte(plant, kind, signal, at):
    moved = plant.overlaid(overlay(kind, signal, at))
    for other in SIGNALS:
        true = series(plant, "physics", other)
        assert series(moved, "physics", other).tobytes() == true.tobytes()
    assert moved.waveform(SITE, DEVICE, START).tobytes() == (
        plant.waveform(SITE, DEVICE, START).tobytes()
    )


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_changed_before_or_after_it_nor_in_other_signals(plant, kind):
    moved = plant.overlaid(overlay(kind))
    for span in (BEFORE, AFTER):
        assert (series(moved)[span] == series(plant)[span]).all()
    assert not np.array_equal(series(moved)[DURING], series(plant)[DURING])
    assert (series(moved, signal="vibration") == series(plant, signal="vibration")).all()


def test_a_stuck_sensor_keeps_its_last_value(plant):
    found = series(plant.overlaid(overlay("stuck")))[DURING]
    assert set(found) == {series(plant)[50]}


def test_a_drifting_sensor_is_off_by_more_and_more(plant):
    off = (series(plant.overlaid(overlay("drift"))) - series(plant))[DURING]
    assert off == pytest.approx(np.arange(100), abs=0.11)


def test_a_biased_sensor_is_off_by_the_same(plant):
    off = (series(plant.overlaid(overlay("bias"))) - series(plant))[DURING]
    assert off == pytest.approx(5.0, abs=0.11)


def test_a_sensor_that_has_dropped_out_gives_no_value(plant):
    moved = plant.overlaid(overlay("dropout"))
    assert np.isnan(series(moved)[DURING]).all()
    left = {one.signal for one in moved.read(SITE, START + 5) if one.device == DEVICE}
    assert left == set(SIGNALS) - {"temperature"}


def test_a_saturated_sensor_goes_no_higher(plant):
    assert series(plant)[DURING].min() > 30
    assert set(series(plant.overlaid(overlay("saturation")))[DURING]) == {30.0}


def test_an_attacker_shows_what_he_likes(plant):
    assert set(series(plant.overlaid(overlay("spoof")))[DURING]) == {42.0}


def test_a_bias_beyond_the_sensors_range_ends_there(plant):
    huge = Overlay(
        site=SITE, device=DEVICE, signal="vibration", kind="bias", start=0, amount=1_000.0
    )
    assert set(series(plant.overlaid(huge), signal="vibration")) == {SIGNALS["vibration"].high}


def test_a_fault_of_the_sensor_is_seen_by_its_controller_a_lie_to_the_gateway_is_not(plant):
    fault, lie = (plant.overlaid(overlay("spoof", at=at)) for at in ("sensor", "view"))
    assert set(series(fault, "sensor")[DURING]) == set(series(fault)[DURING]) == {42.0}
    assert (series(lie, "sensor") == series(plant, "sensor")).all()
    assert set(series(lie)[DURING]) == {42.0}


def test_overlays_add_up_in_their_order(plant):
    both = plant.overlaid(overlay("spoof"), overlay("bias"))
    assert set(series(both)[DURING]) == {47.0}


@pytest.mark.parametrize("signal", SIGNALS)
def test_noise_has_the_size_that_the_sensor_states_and_no_memory(plant, signal):
    physics = plant.series(SITE, DEVICE, signal, 0, 400, 1, "physics")
    noise = plant.series(SITE, DEVICE, signal, 0, 400, 1, "sensor") - physics
    step = 10.0 ** -SENSORS[signal].decimals
    assert noise.std() == pytest.approx(np.hypot(SENSORS[signal].noise, step / 12**0.5), rel=0.2)
    assert abs(np.corrcoef(noise[1:], noise[:-1])[0, 1]) < 0.2


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "melted"},
        {"signal": "smell"},
        {"start": -1.0},
        {"start": 10.0, "end": 10.0},
    ],
)
def test_an_overlay_that_means_nothing_is_refused(wrong):
    given = {"site": SITE, "device": DEVICE, "signal": "vibration", "kind": "bias", "start": 0.0}
    with pytest.raises(ValueError, match="Overlay"):
        Overlay(**{**given, **wrong})

"""The controller's limits and its registers."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.wire.telemetry import SIGNALS
from simulator.plant import Plant
from simulator.plant.kinds import KINDS, kind_of
from simulator.plant.plc import Settings, Status, step, usual, word
from simulator.plant.registers import (
    BLOCK,
    HOLDINGS,
    INPUTS,
    NO_VALUE,
    RESET,
    SCALES,
    NotARegister,
    base,
    decode_inputs,
    decode_settings,
    encode_inputs,
    encode_settings,
)
from simulator.plant.sensors import SENSORS

SETTINGS = usual(kind_of("milling-machine"), 2000)
SOUND = {"vibration": 1.0, "temperature": 45.0, "motor_current": 15.0, "acoustic_emission": 45.0}
NOTHING = Status(0)


def test_limits_are_the_zones_of_the_machines_group_and_support():
    assert (SETTINGS.vibration_alarm, SETTINGS.vibration_trip) == (2.8, 4.5)
    crane = usual(KINDS["crane"], 1480)
    assert (crane.vibration_alarm, crane.vibration_trip) == (4.5, 7.1)


def test_a_sound_machine_runs():
    assert step(SETTINGS, NOTHING, SOUND) == Status.RUNNING
    assert word(Status.RUNNING) == "run"


@pytest.mark.parametrize(
    ("signal", "value", "expected", "said"),
    [
        ("vibration", 2.8, Status.RUNNING, "run"),
        ("vibration", 2.81, Status.RUNNING | Status.VIBRATION_ALARM, "alarm"),
        ("vibration", 4.51, Status.VIBRATION_ALARM | Status.VIBRATION_TRIP, "trip"),
        ("temperature", 80.0, Status.RUNNING, "run"),
        ("temperature", 80.1, Status.RUNNING | Status.TEMPERATURE_ALARM, "alarm"),
        ("temperature", 95.1, Status.TEMPERATURE_ALARM | Status.TEMPERATURE_TRIP, "trip"),
        ("vibration", None, Status.RUNNING | Status.SENSOR_FAULT, "sensor fault"),
        ("temperature", None, Status.RUNNING | Status.SENSOR_FAULT, "sensor fault"),
        ("motor_current", None, Status.RUNNING, "run"),
    ],
)
def test_each_limit_does_what_it_says(signal, value, expected, said):
    values = {name: v for name, v in {**SOUND, signal: value}.items() if v is not None}
    found = step(SETTINGS, NOTHING, values)
    assert (found, word(found)) == (expected, said)


def test_an_alarm_goes_with_its_cause_and_a_trip_stays_until_reset():
    tripped = step(SETTINGS, NOTHING, {**SOUND, "vibration": 9.0})
    after = step(SETTINGS, tripped, SOUND)
    assert after == Status.VIBRATION_TRIP
    assert step(SETTINGS, after, SOUND, reset=True) == Status.RUNNING


def test_a_reset_does_not_override_a_cause_that_is_still_there():
    still = step(SETTINGS, Status.VIBRATION_TRIP, {**SOUND, "vibration": 9.0}, reset=True)
    assert still & Status.VIBRATION_TRIP
    assert not still & Status.RUNNING


def test_a_stopped_machine_does_not_run():
    found = step(replace(SETTINGS, run=False), NOTHING, SOUND)
    assert (found, word(found)) == (NOTHING, "stopped")


def test_raised_limits_silence_the_interlock():
    """What T0838 (Modify Alarm Settings) is after: the controller has no other judgement."""
    deaf = replace(SETTINGS, vibration_alarm=90.0, vibration_trip=99.0)
    assert step(deaf, NOTHING, {**SOUND, "vibration": 9.0}) == Status.RUNNING


def test_every_signal_has_a_register_at_its_sensors_resolution():
    assert set(SCALES) == set(SIGNALS)
    for name, scale in SCALES.items():
        assert scale == pytest.approx(10.0 ** -SENSORS[name].decimals)
        assert SIGNALS[name].high / scale < 0x8000
        assert SIGNALS[name].low / scale > -0x8000


def test_the_registers_stand_where_the_map_says():
    status = Status.RUNNING | Status.SENSOR_FAULT
    values = {"vibration": 1.23, "temperature": -4.5, "motor_current": 15.0}
    assert encode_inputs(values, status) == [123, 0x10000 - 45, 150, NO_VALUE, 33]
    assert encode_settings(SETTINGS) == [280, 450, 800, 950, 200, 1, 0]
    assert (INPUTS, HOLDINGS) == (5, 7)
    assert max(INPUTS, HOLDINGS) <= BLOCK


def test_blocks_follow_the_names_of_the_machines():
    machines = ["mill-2", "lathe-1", "mill-1"]
    assert [base(machines, name) for name in ("lathe-1", "mill-1", "mill-2")] == [0, 16, 32]
    with pytest.raises(ValueError, match="crane"):
        base(machines, "crane-1")


def test_what_the_plant_reads_passes_the_registers_unchanged(example_plan):
    plant = Plant(example_plan, 3)
    for at in range(0, 86_400 * 50, 86_400 * 7):
        for device in plant.site("borealis/tromso"):
            values = {
                one.signal: one.value
                for one in plant.read("borealis/tromso", at)
                if one.device == device
            }
            found, status = decode_inputs(encode_inputs(values, Status.RUNNING))
            assert found == pytest.approx(values, abs=1e-9)
            assert status == Status.RUNNING


@given(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.floats(signal.low, signal.high, allow_nan=False)
            for name, signal in SIGNALS.items()
        },
    ),
    st.integers(0, 63),
)
def test_any_value_within_range_passes_to_half_a_step(values, bits):
    found, status = decode_inputs(encode_inputs(values, Status(bits)))
    assert set(found) == set(values)
    assert status == Status(bits)
    for name, value in values.items():
        assert abs(found[name] - value) <= SCALES[name] / 2 + 1e-9


@given(
    st.builds(
        Settings,
        vibration_alarm=st.integers(0, 10_000).map(lambda n: round(n * 0.01, 2)),
        vibration_trip=st.integers(0, 10_000).map(lambda n: round(n * 0.01, 2)),
        temperature_alarm=st.integers(-400, 2_000).map(lambda n: round(n * 0.1, 1)),
        temperature_trip=st.integers(-400, 2_000).map(lambda n: round(n * 0.1, 1)),
        speed_rpm=st.integers(0, 20_000).map(lambda n: n * 10.0),
        run=st.booleans(),
    ),
    st.booleans(),
)
def test_settings_pass_both_ways(settings, reset):
    words = encode_settings(settings)
    words[RESET] = int(reset)
    assert decode_settings(words) == (settings, reset)


def test_a_value_beyond_sixteen_bits_is_the_nearest_and_never_none():
    words = encode_inputs({"vibration": 1e9, "temperature": -1e9}, NOTHING)
    assert words[:2] == [0x7FFF, 0x8001]


@pytest.mark.parametrize("words", [[], [1, 2, 3, 4], [1, 2, 3, 4, 70_000], [-1, 2, 3, 4, 5]])
def test_what_are_no_registers_is_refused(words):
    with pytest.raises(NotARegister):
        decode_inputs(words)


def test_a_setting_without_a_value_is_refused():
    with pytest.raises(NotARegister):
        decode_settings([NO_VALUE, *encode_settings(SETTINGS)[1:]])

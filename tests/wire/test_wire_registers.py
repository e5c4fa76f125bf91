"""The register map: what is said comes back, to the controller's resolution."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.wire import registers
from bulkhead.wire.field import Lines
from bulkhead.wire.registers import BLOCKS, FACTORS, LIMITS, ORDER, Device, Inputs
from bulkhead.wire.telemetry import SIGNALS


@pytest.mark.parametrize("signal", ORDER)
def test_every_value_of_every_sensor_fits_its_register(signal):
    for value in (SIGNALS[signal].low, SIGNALS[signal].high):
        register = registers.raw(signal, value)
        assert 0 <= register <= 0xFFFF
        assert registers.value(signal, register) == pytest.approx(value)


@given(st.sampled_from(ORDER), st.data())
def test_a_value_is_off_by_half_a_step_at_most(signal, data):
    value = data.draw(st.floats(SIGNALS[signal].low, SIGNALS[signal].high))
    found = registers.value(signal, registers.raw(signal, value))
    assert abs(found - value) <= 0.5 / FACTORS[signal] + 1e-9


def test_what_fits_no_register_is_refused():
    for signal, value in (("vibration", -0.01), ("vibration", 656), ("temperature", 3277.0)):
        with pytest.raises(ValueError, match="fits no register"):
            registers.raw(signal, value)


def test_below_zero_is_twos_complement():
    assert registers.raw("temperature", -0.1) == 0xFFFF
    assert registers.value("temperature", 0xFFFF) == -0.1


def test_no_two_registers_share_an_address():
    fixed = [registers.MAP, registers.SCAN, registers.LINES, registers.RUNNING, registers.TRIP]
    assert len({*fixed, registers.AGE, registers.DEVICES}) == 7
    assert max(*fixed, registers.AGE, registers.DEVICES) < registers.FIRST
    limits = [
        registers.limit(number, signal, kind)
        for number in range(3)
        for signal in ORDER
        for kind in ("alarm", "trip")
    ]
    assert sorted(limits) == list(range(registers.FIRST, registers.size(3)))


def values():
    steps = {name: st.integers(int(row.low), int(row.high)) for name, row in SIGNALS.items()}
    return st.fixed_dictionaries({}, optional=steps)


def inputs():
    some = st.frozensets(st.sampled_from(ORDER))
    device = st.builds(Device, values=values(), alarms=some, trips=some)
    return st.lists(device, min_size=1, max_size=20).flatmap(
        lambda devices: st.builds(
            Inputs,
            scan=st.integers(0, 0xFFFF),
            lines=st.sampled_from(Lines),
            running=st.booleans(),
            tripped=st.none() | st.tuples(st.integers(0, len(devices) - 1), st.sampled_from(ORDER)),
            devices=st.just(tuple(devices)),
            age=st.integers(0, 0xFFFF),
        )
    )


@given(inputs())
def test_inputs_come_back_as_they_were(said):
    assert registers.decode(registers.encode(said), len(said.devices)) == said


def test_an_age_beyond_its_register_is_the_oldest():
    said = Inputs(scan=1, lines=Lines.LIVE, running=True, tripped=None, devices=(), age=10**6)
    assert registers.decode(registers.encode(said), 0).age == 0xFFFF


def test_a_missing_value_is_no_zero():
    said = Inputs(
        scan=1, lines=Lines.LIVE, running=True, tripped=None, devices=(Device(values={}),)
    )
    assert registers.decode(registers.encode(said), 1).devices[0].values == {}


@pytest.mark.parametrize(
    ("place", "register", "named"),
    [
        (registers.MAP, 2, "version 2"),
        (registers.LINES, 3, "3 is no state"),
        (registers.TRIP, 5, "block 1 of 1"),
    ],
)
def test_registers_of_another_map_are_refused(place, register, named):
    said = Inputs(
        scan=1, lines=Lines.LIVE, running=True, tripped=None, devices=(Device(values={}),)
    )
    found = registers.encode(said)
    found[place] = register
    with pytest.raises(registers.NotThisMap, match=named):
        registers.decode(found, 1)


def test_registers_for_other_devices_are_refused():
    found = registers.encode(
        Inputs(scan=1, lines=Lines.LIVE, running=True, tripped=None, devices=(Device(values={}),))
    )
    for devices in (0, 2):
        with pytest.raises(registers.NotThisMap, match=f"1 devices are wired to it, not {devices}"):
            registers.decode(found, devices)
    with pytest.raises(registers.NotThisMap, match="23 registers, not 24"):
        registers.decode(found[:-1], 1)
    with pytest.raises(registers.NotThisMap, match="15 registers, not 16 or more"):
        registers.head(found[:15], 1)


@pytest.mark.parametrize("devices", [1, 13, 14, 100, BLOCKS])
def test_requests_cover_everything_once_and_none_is_too_large(devices):
    found = [at + more for at, count in registers.spans(devices) for more in range(count)]
    assert found == list(range(registers.size(devices)))
    assert all(count <= 125 for _, count in registers.spans(devices))


def test_scans_are_numbered_from_1_and_begin_anew():
    assert [registers.following(scan) for scan in (0, 1, 65534, 65535)] == [1, 2, 65535, 1]


@pytest.mark.parametrize(
    ("last", "scan", "found"),
    [
        (7, 7, []),
        (7, 8, [8]),
        (7, 10, [8, 9, 10]),
        (0, 2, [1, 2]),
        (65534, 2, [65535, 1, 2]),
        (100, 200, list(range(185, 201))),
        (500, 3, [65523 + n for n in range(13)] + [1, 2, 3]),
    ],
)
def test_the_scans_since_one_are_counted_across_the_last_and_no_more_than_remembered(
    last, scan, found
):
    assert registers.since(last, scan) == found


@given(st.integers(0, 0xFFFF), st.integers(1, 0xFFFF))
def test_what_follows_is_what_counting_says(last, scan):
    found = registers.since(last, scan)
    assert len(found) <= registers.RING
    assert all(registers.following(one) == other for one, other in itertools.pairwise(found))
    assert not found or found[-1] == scan


@pytest.mark.parametrize("devices", [0, 2, BLOCKS])
def test_every_remembered_scan_has_a_place_of_its_own(devices):
    places = {registers.slot(scan, devices) for scan in range(1, registers.RING + 1)}
    assert len(places) == registers.RING
    assert min(places) == registers.size(devices)
    assert max(places) + registers.size(devices) <= 0x10000
    assert next(at for at, _ in registers.spans(devices, min(places))) == min(places)


@pytest.mark.parametrize("signal", ORDER)
def test_a_new_controllers_limits_lie_within_its_hard_bounds(signal):
    row = LIMITS[signal]
    assert (
        SIGNALS[signal].low <= row.low <= row.alarm < row.trip <= row.high <= SIGNALS[signal].high
    )

"""The controller's own logic: it protects its machines, whoever writes what."""

import pytest

from bulkhead.services.plc.config import Device
from bulkhead.services.plc.controller import Controller, NoSuchRegister, NotTaken
from bulkhead.wire import registers
from bulkhead.wire.field import Lines
from bulkhead.wire.registers import LIMITS, RESET, RUN, SPEED

MILL = Device(id="mill-1", signals=("vibration", "temperature"))
LATHE = Device(id="lathe-1", signals=("temperature",))


class Bench:
    def __init__(self):
        self.said = []
        self.now = 0.0
        self.controller = Controller(
            (MILL, LATHE), self.said.append, speed=2000, clock=lambda: self.now
        )

    def feel(self, mill=40.0, lathe=40.0):
        self.controller.take({"mill-1": {"temperature": mill}, "lathe-1": {"temperature": lathe}})

    @property
    def inputs(self):
        return self.at(0)

    def at(self, place):
        found = self.controller.inputs()[place : place + registers.size(2)]
        return registers.decode(found, 2)

    def limit(self, number, kind, value):
        place = registers.limit(number, "temperature", kind)
        self.controller.write(place, [registers.raw("temperature", value)])


@pytest.fixture
def bench():
    return Bench()


def test_a_scan_stands_in_the_registers_with_its_number(bench):
    bench.controller.take({"mill-1": {"vibration": 1.234, "temperature": -7.0}, "other": {}})
    assert bench.inputs.scan == 1
    assert [dict(row.values) for row in bench.inputs.devices] == [
        {"vibration": 1.23, "temperature": -7.0},
        {},
    ]
    bench.feel()
    assert bench.inputs.scan == 2


def test_the_last_scans_are_remembered_with_their_age(bench):
    for number in range(20):
        bench.feel(mill=40.0 + number)
        bench.now += 1
    bench.controller.hear(Lines.SILENT)
    assert bench.inputs.devices[0].values == {}
    for scan in range(5, 21):
        found = bench.at(registers.slot(scan, 2))
        assert found.scan == scan
        assert found.devices[0].values == {"temperature": 39.0 + scan}
        assert found.age == (21 - scan) * 1000
        assert found.lines is Lines.LIVE


def test_a_scan_that_never_was_is_not_remembered(bench):
    bench.feel()
    empty = bench.controller.inputs()[registers.slot(2, 2) :][: registers.size(2)]
    assert set(empty) == {0}


def test_a_signal_that_a_device_does_not_have_is_passed_over(bench):
    bench.controller.take({"lathe-1": {"vibration": 99.0}})
    assert bench.inputs.devices[1].values == {}
    assert bench.controller.running


def test_wires_that_are_not_live_have_no_values(bench):
    bench.feel()
    bench.controller.hear(Lines.SILENT)
    assert bench.inputs.lines is Lines.SILENT
    assert [dict(row.values) for row in bench.inputs.devices] == [{}, {}]


def test_it_warns_at_the_alarm_limit_and_trips_at_the_trip_limit(bench):
    bench.feel(lathe=79.9)
    assert not bench.inputs.devices[1].alarms
    bench.feel(lathe=80.0)
    assert bench.inputs.devices[1].alarms == {"temperature"}
    assert bench.inputs.running
    bench.feel(lathe=95.0)
    assert bench.inputs.devices[1].trips == {"temperature"}
    assert bench.inputs.tripped == (1, "temperature")
    assert not bench.inputs.running
    assert bench.controller.holdings()[RUN] == 0
    assert bench.said == ["tripped and stopped: temperature of lathe-1 is 95 degC, its limit 95"]


def test_a_trip_is_kept_until_it_is_reset_and_nothing_is_over_its_limit(bench):
    bench.feel(mill=100.0)
    with pytest.raises(NotTaken, match="a reset comes first"):
        bench.controller.write(RUN, [1])
    with pytest.raises(NotTaken, match="mill-1: temperature is over"):
        bench.controller.write(RESET, [1])
    bench.controller.hear(Lines.SILENT)
    with pytest.raises(NotTaken, match="silent"):
        bench.controller.write(RESET, [1])
    bench.controller.hear(Lines.LIVE)
    bench.feel(mill=50.0)
    assert bench.inputs.tripped == (0, "temperature")
    bench.controller.write(RESET, [1])
    assert bench.inputs.tripped is None
    assert not bench.controller.running
    assert bench.controller.holdings()[RESET] == 0
    bench.controller.write(RUN, [1])
    assert bench.controller.running


def test_what_trips_while_it_is_stopped_trips_when_it_is_started(bench):
    bench.controller.write(RUN, [0])
    bench.feel(mill=100.0)
    assert bench.inputs.tripped is None
    bench.controller.write(RUN, [1])
    assert bench.inputs.tripped == (0, "temperature")
    assert not bench.controller.running


def test_a_limit_that_is_lowered_below_what_is_measured_trips_at_once(bench):
    bench.feel(mill=60.0)
    bench.limit(0, "trip", 55.0)
    assert bench.inputs.tripped == (0, "temperature")


def test_anybody_may_move_a_limit_within_its_hard_bounds_and_nobody_beyond(bench):
    row = LIMITS["temperature"]
    bench.limit(0, "trip", row.high)
    bench.feel(mill=row.high - 0.1)
    assert bench.controller.running
    for beyond in (row.high + 0.1, row.low - 0.1, -5.0, 200.0):
        with pytest.raises(NotTaken, match="register 19 takes 400 to 1200"):
            bench.limit(0, "trip", beyond)
    bench.feel(mill=row.high)
    assert not bench.controller.running, "the hard bound trips whatever was written"


def test_a_write_is_taken_whole_or_not_at_all(bench):
    before = bench.controller.holdings()
    with pytest.raises(NotTaken):
        bench.controller.write(RUN, [0, 60_000])
    assert bench.controller.holdings() == before
    bench.controller.write(RUN, [0, 1500])
    assert bench.controller.holdings()[: RESET + 1] == [0, 1500, 0]
    assert "holding register 1 was 2000, is now 1500" in bench.said


@pytest.mark.parametrize("place", [RESET + 1, registers.FIRST - 1, registers.size(2), -1])
def test_what_is_no_register_is_not_written(bench, place):
    with pytest.raises(NoSuchRegister):
        bench.controller.write(place, [0])


@pytest.mark.parametrize(("place", "value"), [(RUN, 2), (SPEED, 6001), (RESET, 2)])
def test_a_command_that_is_none_is_refused(bench, place, value):
    with pytest.raises(NotTaken):
        bench.controller.write(place, [value])

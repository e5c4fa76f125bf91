"""Real values at the gateway: its own wires, and a real controller that it polls by Modbus."""

import re
import signal
import time

import pytest
from broker_fixture import until
from plant_gateway import Gateway, Host
from plc_process import PlcProcess, feel
from test_gateway_config import GOOD, loaded

from bulkhead.errors import WrongInput
from bulkhead.services.gateway import field as fields
from bulkhead.services.gateway.config import Device
from bulkhead.services.gateway.field import FieldSource, Strand
from bulkhead.services.gateway.source import Seeded
from bulkhead.services.wires import Wires
from bulkhead.wire.field import STALE_S, Lines
from bulkhead.wire.telemetry import STANDIN, TAKEN
from bulkhead.wire.topics import Kind

FIELD = """
[field]
wires = "{folder}/wires"
standin = {standin}

[[controllers]]
id = "plc-1"
address = "127.0.0.1"
port = {port}
"""


def text(folder, port, *, standin="false", good=GOOD):
    """Mill-1 behind a controller, lathe-1 on the gateway's own wires."""
    behind = 'id = "mill-1"\nbehind = "plc-1"\nblock = 0'
    wired = good.replace('id = "mill-1"', behind).replace("tenant =", 'source = "field"\ntenant =')
    return wired + FIELD.format(folder=folder, port=port, standin=standin)


class Collected:
    """A source that is read until something has come."""

    def __init__(self, source):
        self.source, self.samples = source, []

    def read(self):
        self.samples += self.source.read(1)
        return self.samples

    def await_(self, count):
        until(lambda: len(self.read()) >= count, f"{count} samples")
        found, self.samples = self.samples, []
        return [(row.device, row.signal, row.value) for row in found]


@pytest.fixture
def plc(tmp_path):
    with PlcProcess(tmp_path / "plc", "mill-1") as running:
        yield running


@pytest.fixture
def collected(tmp_path, plc):
    source = fields.source(loaded(tmp_path, text(tmp_path, plc.port)))
    yield Collected(source)
    source.close()


def test_each_scan_of_own_wires_is_taken_once_in_order_and_at_its_time(tmp_path, collected):
    began = time.time_ns() // 1_000_000
    for number in range(5):
        feel(tmp_path / "wires", {"lathe-1": {"vibration": 1 + number / 8}})
    samples = collected.source.read(0)
    assert [row.value for row in samples] == [1 + number / 8 for number in range(5)]
    assert all(began <= row.at <= time.time_ns() // 1_000_000 for row in samples)
    assert collected.source.read(0) == []


def test_what_is_not_wired_here_or_is_no_signal_of_the_device_is_passed_over(tmp_path, collected):
    strange = {"mill-1": {"vibration": 1.0}, "lathe-1": {"temperature": 20.0}, "x": {}}
    feel(tmp_path / "wires", strange)
    feel(tmp_path / "wires", {"lathe-1": {"vibration": 2.0}})
    assert collected.await_(1) == [("lathe-1", "vibration", 2.0)]


def test_each_scan_of_a_controller_is_taken_once_to_its_resolution(plc, collected):
    strand = collected.source._strands[1]
    until(lambda: strand.terminals._last == 0, "the poller knows the controller")
    found = []
    for number in range(4):
        feel(plc.wires, {"mill-1": {"vibration": 1 + number / 8, "temperature": -2.34}})
        found += collected.await_(2)
    assert found == [
        ("mill-1", signal, value)
        for vibration in (1.0, 1.12, 1.25, 1.38)
        for signal, value in (("vibration", vibration), ("temperature", -2.3))
    ]
    until(lambda: strand.terminals.lines is Lines.LIVE, "live")
    assert collected.read() == []


def test_scans_that_come_faster_than_it_asks_are_remembered_with_their_times(
    plc, collected, caplog
):
    strand = collected.source._strands[1]
    until(lambda: strand.terminals._last == 0, "the poller knows the controller")
    began = time.time_ns() // 1_000_000
    for number in range(10):
        feel(plc.wires, {"mill-1": {"vibration": float(number)}})
        time.sleep(0.02)
    until(lambda: len(collected.read()) == 10, "all of them")
    assert [row.value for row in collected.samples] == list(range(10))
    times = [row.at for row in collected.samples]
    assert times == sorted(times)
    assert began - 50 <= times[0]
    assert times[-1] - times[0] >= 9 * 20 - 20
    assert "follow" not in caplog.text


def test_scans_beyond_the_controllers_memory_are_missed_and_that_is_said(plc, collected, caplog):
    strand = collected.source._strands[1]
    until(lambda: strand.terminals._last == 0, "the poller knows the controller")
    plc.pause(paused=True)
    until(lambda: complaints(caplog), "the silence is noticed")
    for number in range(10):
        feel(plc.wires, {"mill-1": {"vibration": float(number)}})
    plc.pause(paused=False)
    until(lambda: plc.inputs().scan == 10, "they are taken")
    for number in range(10, 40):
        feel(plc.wires, {"mill-1": {"vibration": float(number)}})
    until(lambda: plc.inputs().scan == 40, "and these")
    until(lambda: collected.read() and collected.samples[-1].value == 39, "the last one")
    found = [row.value for row in collected.samples]
    assert found == sorted(set(found))
    assert found[-16:] == list(range(24, 40))
    assert (len(found) == 40) != ("follow" in caplog.text)


def complaints(caplog):
    said = [row.getMessage() for row in caplog.records]
    return [text for text in said if text.startswith("plc-1 at") and "left out" in text]


def test_a_controller_that_hangs_or_is_gone_stops_nobody_else_and_is_said_once(
    plc, collected, tmp_path, caplog
):
    caplog.set_level("INFO")
    strand = collected.source._strands[1]
    until(lambda: strand.terminals._last == 0, "the poller knows the controller")
    feel(plc.wires, {"mill-1": {"vibration": 1.0}})
    collected.await_(1)
    plc.pause(paused=True)
    until(lambda: len(complaints(caplog)) == 1, "the silence is noticed")
    assert strand.terminals.lines is Lines.SILENT
    feel(tmp_path / "wires", {"lathe-1": {"vibration": 2.0}})
    began = time.monotonic()
    assert collected.await_(1) == [("lathe-1", "vibration", 2.0)]
    assert time.monotonic() - began < 0.5
    plc.pause(paused=False)
    plc.stop(signal.SIGKILL)
    until(lambda: "no connection" in str(strand.terminals._said), "a further try is in vain")
    plc.start()
    until(lambda: "answers again" in caplog.text, "it is back")
    assert len(complaints(caplog)) == 1
    feel(plc.wires, {"mill-1": {"vibration": 3.0}})
    assert collected.await_(1) == [("mill-1", "vibration", 3.0)]


def test_a_controller_with_other_devices_is_left_out_and_named(tmp_path, caplog):
    with PlcProcess(tmp_path / "plc", "mill-1", "mill-2") as plc:
        source = fields.source(loaded(tmp_path, text(tmp_path, plc.port)))
        until(lambda: complaints(caplog), "it is noticed")
        feel(plc.wires, {"mill-1": {"vibration": 1.0}})
        assert "2 devices are wired to it, not 1" in complaints(caplog)[0]
        assert source.read(0) == []
        source.close()


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def wires(tmp_path, clock):
    made = Wires(tmp_path / "wires", clock)
    yield made
    made.close()


def test_wires_are_unused_only_if_they_never_spoke_or_were_taken_off(tmp_path, wires, clock):
    assert wires.lines is Lines.SILENT, "after a start nobody knows"
    clock.now = STALE_S + 0.1
    assert wires.lines is Lines.UNUSED
    feel(tmp_path / "wires", {"a": {}})
    assert [row.values for row in wires.scans()] == [{"a": {}}]
    assert wires.lines is Lines.LIVE
    clock.now += STALE_S + 0.1
    assert wires.lines is Lines.SILENT
    clock.now += 1e6
    assert wires.lines is Lines.SILENT, "silence after speech is never unused"
    feel(tmp_path / "wires", None)
    assert wires.scans() == []
    assert wires.lines is Lines.UNUSED
    feel(tmp_path / "wires", {"a": {}})
    assert len(wires.scans()) == 1
    assert wires.lines is Lines.LIVE


def strand(wires, standin):
    device = Device(id="lathe-1", signals=("vibration",))
    return FieldSource([Strand("own", wires, [device], Seeded(7, [device]) if standin else None)])


@pytest.mark.parametrize("standin", [True, False])
def test_the_stand_in_speaks_for_unused_wires_alone(tmp_path, wires, clock, standin):
    source = strand(wires, standin)
    assert source.read(0) == [], "after a start nobody knows"
    clock.now = STALE_S + 0.1
    assert [row.made_up for row in source.read(0)] == [True] * standin
    feel(tmp_path / "wires", {"lathe-1": {"vibration": 1.0}})
    assert [(row.value, row.made_up) for row in source.read(0)] == [(1.0, False)]
    clock.now += STALE_S + 0.1
    assert source.read(0) == [], "a dead wire is no constant, and nobody speaks for it"
    feel(tmp_path / "wires", None)
    assert [row.made_up for row in source.read(0)] == [True] * standin


def test_a_dead_wire_of_a_live_scan_is_left_out(tmp_path, wires):
    source = strand(wires, True)
    feel(tmp_path / "wires", {"lathe-1": {}})
    assert source.read(0) == []


def test_from_wires_and_controller_to_the_broker_with_the_stand_in_counted(tmp_path, acme, plc):
    gateway = Gateway(tmp_path / "gateway", acme, interval_ms=100)
    written = gateway.file.read_text()
    gateway.file.write_text(text(gateway.folder, plc.port, standin="true", good=written))
    wires = gateway.folder / "wires"
    heard: dict[str, list[float]] = {"mill-1": [], "lathe-1": []}
    with gateway, Host(acme) as host:
        host.tell(True)
        _, born = host.await_(Kind.NBIRTH)
        assert born.metric(STANDIN).value == 0
        until(wires.exists, "the terminals are there")
        until(lambda: "wires of plc-1: these wires are silent" in gateway.log.read_text(), "known")
        until(lambda: "made up" in gateway.log.read_text(), "nobody uses them, so")
        host.ask_rebirth(gateway.node)
        _, born = host.await_(Kind.NBIRTH)
        assert 0 < born.metric(STANDIN).value <= born.metric(TAKEN).value
        until(lambda: gateway.log.read_text().count("made up") == 2, "at the controller too")
        for number in range(5):
            feel(wires, {"lathe-1": {"vibration": 20.0 + number}})
            feel(plc.wires, {"mill-1": {"vibration": 30.0 + number}})
            while any(len(rows) <= number for rows in heard.values()):
                topic, payload = host.await_(Kind.DDATA)
                new = [row.value for row in payload.metrics if row.name == "vibration"]
                heard[topic.device] += [value for value in new if value >= 20]
    assert heard == {"lathe-1": [20, 21, 22, 23, 24], "mill-1": [30, 31, 32, 33, 34]}


BEHIND = 'id = "lathe-1"\nbehind = "plc-1"\nblock = {}\n'


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('source = "field"', 'source = "plant"', "source is 'plant'"),
        ('behind = "plc-1"', 'behind = "plc-2"', "devices are behind 'plc-2'"),
        ("block = 0", "", "block is missing"),
        ("block = 0", "block = 200", "block is 200"),
        ('id = "lathe-1"\n', BEHIND.format(0), "share a block"),
        (
            "port = 502\n",
            "port = 502\n[[controllers]]\nid='plc-1'\naddress='a'\nport=1\n",
            "id twice",
        ),
        ("standin = false", "standin = 1", "standin is 1"),
        ('wires = "/run', 'wires = "run', "wires is 'run"),
        ("[field]", "[fields]", "fields is not known here"),
    ],
)
def test_what_is_wrong_of_a_field_is_named(tmp_path, old, new, named):
    good = text("/run", 502)
    assert old in good
    with pytest.raises(WrongInput, match=re.escape(named)):
        loaded(tmp_path, good.replace(old, new))


def test_a_seeded_gateway_may_know_its_field_and_a_field_gateway_must(tmp_path):
    good = text("/run", 502)
    assert loaded(tmp_path, good.replace('"field"', '"seeded"')).field is None
    assert loaded(tmp_path, GOOD).field is None
    with pytest.raises(WrongInput, match="field is missing"):
        loaded(tmp_path, GOOD.replace("tenant =", 'source = "field"\ntenant ='))

"""The plant drives real sessions: wires, controller, gateway, broker, ingest, historian."""

import json
import time
from pathlib import Path

import pytest

from bulkhead.cli.main import main
from bulkhead.drill.actions import Reach
from bulkhead.drill.outcomes import Done, Refused
from bulkhead.environments.actions import lab_attempts
from bulkhead.environments.actions.lab_hosts import LIBRARY, Hosts
from bulkhead.environments.plant import Watch, readings
from bulkhead.environments.plant.wires import Feeder, arrived, drive
from bulkhead.wire import registers
from bulkhead.wire.field import STALE_S, Lines
from bulkhead.wire.registers import FACTORS, LIMITS, RESET, RUN

EXAMPLE = str(Path(__file__).parents[3] / "examples" / "estate.yaml")
TRY = (Path(__file__).parents[1] / "modbus_try.py").read_text()
SITE, TENANT = "borealis/tromso", "borealis"
GATEWAY, PLC = f"{SITE}/ai/gw-1", f"{SITE}/ot/plc-1"
WIRED, POLLED = "crane-1.spindle-001", "blower-1.spindle-002"
DEVICES = ("crane-1", "blower-1")
SCANS = 10
SIGNALS = ("temperature", "vibration")
MADE_UP = (35.0, 58.0)
"""Between these lies what the stand-in says of temperatures; what is fed does not."""


@pytest.fixture(scope="module")
def hosts(machines_lab, example):
    standing = machines_lab.standing()
    return Hosts.of(standing, example, standing.deployed())


@pytest.fixture
def controller(hosts):
    """The example's controller, as new again afterwards."""
    yield PLC
    hosts.run(PLC, ["systemctl", "restart", "bulkhead-plc"])


def within(seconds, holds, what):
    """What a condition gives once it holds."""
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.2)
    return found


def scan(**values):
    """The same values of every machine of the site."""
    return [(SITE, device, signal, value) for device in DEVICES for signal, value in values.items()]


def number(n):
    return scan(temperature=60 + n * 1.375, vibration=3 + n / 16)


def temperatures(hosts, device, since):
    return [row.value for row in arrived(hosts, TENANT, device, "temperature", since)]


def fed_ones(rows):
    return [row for row in rows if row.value > MADE_UP[1]]


def journal(hosts, host, unit):
    return hosts.run(host, ["journalctl", "-qu", unit, "-o", "cat"])


def modbus(hosts, source, *words):
    """What the controller answers to somebody on a host."""
    address = hosts.vantages[PLC].address
    command = ["env", f"PYTHONPATH={LIBRARY}", "python3", "-c", TRY, address, "502"]
    return json.loads(hosts.run(source, [*command, *map(str, words)]))


def inputs(hosts):
    return registers.decode(modbus(hosts, GATEWAY, "inputs", 2), 2)


def made_up(hosts, since):
    """Whether the stand-in alone speaks of both devices."""
    for device in (WIRED, POLLED):
        found = temperatures(hosts, device, since)
        if not found or not all(MADE_UP[0] < value < MADE_UP[1] for value in found):
            return False
    return True


def test_without_a_plant_the_stand_in_speaks_and_says_so(hosts):
    within(60, lambda: made_up(hosts, 0), "values without a plant")
    said = journal(hosts, GATEWAY, "bulkhead-gateway")
    assert "own wires: nobody uses these wires; values are made up" in said
    assert "wires of plc-1: nobody uses these wires; values are made up" in said


def test_what_is_fed_is_what_the_historian_stores_once_and_in_order(hosts):
    began = time.time()
    fed = list(drive(hosts, [number(n) for n in range(SCANS)]))
    assert all(row.refused == {} and row.unknown == () for row in fed)
    for device in (WIRED, POLLED):
        found = within(
            30,
            lambda device=device: (
                rows
                if len(rows := fed_ones(arrived(hosts, TENANT, device, "temperature", began)))
                >= SCANS
                else None
            ),
            f"{SCANS} temperatures of {device}",
        )
        first, last = found[0].at, found[-1].at
        assert last - first > (SCANS - 1) * 0.9, "each at its own time"
        for signal, start, step in (("temperature", 60, 1.375), ("vibration", 3, 1 / 16)):
            rows = [
                row.value
                for row in arrived(hosts, TENANT, device, signal, first - 0.001)
                if row.at <= last
            ]
            resolution = 0.5 / FACTORS[signal] + 1e-6 if device == POLLED else 0.0
            wanted = [start + n * step for n in range(SCANS)]
            assert rows == pytest.approx(wanted, abs=resolution)


def test_a_feeder_that_falls_silent_leaves_nothing_and_one_that_ends_leaves_the_stand_in(hosts):
    before = journal(hosts, GATEWAY, "bulkhead-gateway").count("silent")
    with Feeder(hosts) as feeder:
        began = time.time()
        feeder.feed(number(0))
        within(
            30,
            lambda: all(fed_ones(arrived(hosts, TENANT, d, "temperature", began))
                        for d in (WIRED, POLLED)),
            "the scan arrives",
        )  # fmt: skip
        within(
            STALE_S + 20,
            lambda: journal(hosts, GATEWAY, "bulkhead-gateway").count("silent") >= before + 2,
            "both kinds of wires are found silent",
        )
        assert inputs(hosts).lines is Lines.SILENT
        assert inputs(hosts).devices[0].values == {}
        silent = time.time()
        time.sleep(3.0)  # that nothing comes can only be waited for
        for device in (WIRED, POLLED):
            assert temperatures(hosts, device, silent) == []
            assert len(fed_ones(arrived(hosts, TENANT, device, "temperature", began))) == 1
    ended = time.time()
    within(30, lambda: made_up(hosts, ended), "the stand-in speaks again")


def test_the_controller_trips_itself_and_its_gateway_passes_on_what_it_saw(hosts, controller):
    trip = LIMITS["temperature"].trip
    with Feeder(hosts) as feeder:
        began = time.time()
        feeder.feed(scan(temperature=trip - 0.5))
        within(10, lambda: inputs(hosts).lines is Lines.LIVE, "live")
        found = inputs(hosts)
        assert found.running
        assert found.devices[0].alarms == {"temperature"}
        feeder.feed(scan(temperature=trip + 1))
        within(10, lambda: not inputs(hosts).running, "it stops by itself")
        assert inputs(hosts).tripped == (0, "temperature")
        said = journal(hosts, PLC, "bulkhead-plc")
        assert (
            f"temperature of blower-1.spindle-001 is {trip + 1:g} degC, its limit {trip:g}" in said
        )
        within(
            30,
            lambda: trip + 1 in temperatures(hosts, POLLED, began),
            "the gateway passes the value on",
        )
        assert modbus(hosts, GATEWAY, "write", RUN, 1) == 3, "not before a reset"
        assert modbus(hosts, GATEWAY, "write", RESET, 1) == 3, "not while it is hot"
        feeder.feed(scan(temperature=60.0))
        within(10, lambda: not inputs(hosts).devices[0].trips, "it cooled down")
        assert modbus(hosts, GATEWAY, "write", RESET, 1) is None
        assert modbus(hosts, GATEWAY, "write", RUN, 1) is None
        assert inputs(hosts).running


def test_the_network_lets_its_gateway_alone_speak_to_the_controller(hosts):
    others = ("borealis/ingest/ingest-1", "acme/lyon/ai/gw-1")
    attempts = [Reach(source, PLC, "private", "tcp", 502) for source in (GATEWAY, *others)]
    mine, *theirs = lab_attempts.reach(hosts, attempts)
    assert isinstance(mine, Done), mine
    assert [type(outcome) for outcome in theirs] == [Refused, Refused], theirs


def test_whoever_has_the_gateway_moves_limits_but_never_beyond_the_hard_bounds(hosts, controller):
    """Legacy: the controller asks nobody who they are. What it has are its bounds."""
    place = registers.limit(0, "temperature", "trip")
    high = registers.raw("temperature", LIMITS["temperature"].high)
    assert modbus(hosts, GATEWAY, "write", place, high) is None
    assert modbus(hosts, GATEWAY, "holdings", 2)[place] == high
    for beyond in (high + 1, 0, 0xFFFF):
        assert modbus(hosts, GATEWAY, "write", place, beyond) == 3
    assert modbus(hosts, GATEWAY, "holdings", 2)[place] == high
    assert f"holding register {place} was 950, is now {high}" in journal(hosts, PLC, "bulkhead-plc")


def test_the_command_drives_the_lab_and_what_it_shows_is_what_arrives(hosts, state, capsys):
    began = time.time()
    assert main(["plant", EXAMPLE, "--env", "lab", *state, "--for", "5", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert not [row["note"] for row in rows if row["note"]]
    for machine, device in (("crane-1", WIRED), ("blower-1", POLLED)):
        mine = [row for row in rows if row["device"] == machine]
        assert {row["controller"] for row in mine[1:]} == ({"run"} if device == POLLED else {""})
        for signal in ("motor_current", "acoustic_emission"):
            shown = [row["values"][signal] for row in mine]
            resolution = 0.5 / FACTORS[signal] + 1e-6 if device == POLLED else 0.0

            def all_there(signal=signal, device=device, shown=shown, resolution=resolution):
                rows = [row.value for row in arrived(hosts, TENANT, device, signal, began)]
                return any(
                    rows[at : at + len(shown)] == pytest.approx(shown, abs=resolution)
                    for at in range(len(rows))
                )

            within(30, all_there, f"{signal} of {device}: {shown}")


def test_a_machine_stops_when_somebody_tells_its_controller(hosts, example, state, controller):
    watch = Watch(site=SITE, start=36_000.0, seconds=90.0, state=Path(state[1]))
    feed = readings(example, "lab", watch)
    mine = (row for row in feed if row.device == "blower-1")
    within(20, lambda: next(mine).controller == "run", "the controller speaks")
    before = next(mine).values["motor_current"]
    assert modbus(hosts, GATEWAY, "write", RUN, 0) is None
    stopped = next(row for row in mine if row.controller == "stopped")
    still = next(row for row in mine if row.values["motor_current"] < before / 4)
    assert still.at - stopped.at < 15
    feed.close()

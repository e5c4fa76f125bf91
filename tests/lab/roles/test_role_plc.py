"""The role `plc` on a real machine: known limits, and closed to all but the network."""

import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from bench import known_bad

from bulkhead.wire import field, registers
from bulkhead.wire.field import Lines
from bulkhead.wire.registers import LIMITS

HOST, ADDRESS = "acme.lyon.ot.plc-1", "10.213.2.31"
SCORE = 2.0
"""`systemd-analyze security`: 0 is tight, 10 is open."""
TRY = Path(__file__).parents[1] / "modbus_try.py"
GOOD = {
    "authority": "acme/device",
    "plc_speed": 2000,
    "plc_devices": [
        {"id": "mill-1.spindle-001", "signals": ["vibration", "temperature"]},
        {"id": "mill-1.spindle-002", "signals": ["temperature"]},
    ],
}
FEEL = (
    "import socket, sys; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)"
    f".sendto(sys.argv[1].encode(), {field.SOCKETS['plc']!r})"
)


def asked(host, *words):
    """What the controller says to somebody on its own host."""
    script = shlex.quote(TRY.read_text())
    command = f"env PYTHONPATH=/opt/bulkhead/lib python3 -c {script} 127.0.0.1 502 "
    said = host.run(command + " ".join(map(str, words)))
    assert said.rc == 0, said
    return json.loads(said.stdout)


def it_runs_as_its_account(host):
    said = host.run(
        "systemctl is-active bulkhead-plc; systemctl is-enabled bulkhead-plc;"
        " ps -o user:32= -p $(systemctl show -P MainPID bulkhead-plc)"
    ).stdout
    assert said.split() == ["active", "enabled", "bulkhead-plc"]


def the_configuration_is_sound(host):
    check = "env PYTHONPATH=/opt/bulkhead/lib python3 -P -m bulkhead.services.plc --check"
    assert host.run(f"{check} /etc/bulkhead/plc.toml").rc == 0


def the_terminals_are_closed(host):
    said = host.run("stat -c '%a %U' /run/bulkhead-plc /run/bulkhead-plc/wires").stdout
    assert said.split() == ["700", "bulkhead-plc", "600", "bulkhead-plc"]


def its_limits_are_as_delivered(host):
    held = asked(host, "holdings", 2)
    for number in range(2):
        for signal, row in LIMITS.items():
            for kind, value in (("alarm", row.alarm), ("trip", row.trip)):
                place = registers.limit(number, signal, kind)
                assert held[place] == registers.raw(signal, value)


def the_sandbox_is_tight(host):
    said = host.check_output("systemd-analyze security bulkhead-plc.service | tail -1")
    found = re.search(r"([0-9.]+) [A-Z]+", said)
    assert found, said
    assert float(found[1]) <= SCORE, said


CHECKS = {
    check.__name__: check
    for check in (
        it_runs_as_its_account,
        the_configuration_is_sound,
        the_terminals_are_closed,
        its_limits_are_as_delivered,
        the_sandbox_is_tight,
    )
}


@pytest.fixture(scope="module")
def host(bench):
    """A controller, configured."""
    bench.host(HOST, ADDRESS)
    dry = bench.play("plc", HOST, GOOD, check=True)
    assert not dry.failed, dry.stdout
    assert dry.changed
    first = bench.play("plc", HOST, GOOD)
    assert not first.failed, first.stdout
    assert first.changed
    yield HOST
    bench.remove(HOST)


def feel(bench, host, scan):
    """Put a scan on the controller's wires, as its host's root."""
    bench.run(host, f"python3 -c {shlex.quote(FEEL)} {shlex.quote(json.dumps(scan))}", check=True)


def inputs(bench):
    """What a Modbus client elsewhere in the network reads."""
    said = bench.client(sys.executable, str(TRY), ADDRESS, "502", "inputs", "2").stdout
    return registers.decode(json.loads(said), 2)


def test_the_good_controller_passes_all(bench, host):
    assert bench.flipped(CHECKS, host) == set()


def test_what_its_wires_say_is_read_over_the_network(bench, host):
    feel(bench, host, {"mill-1.spindle-001": {"vibration": 2.5, "temperature": 41.5}})
    found = inputs(bench)
    assert found.lines is Lines.LIVE
    assert found.devices[0].values == {"vibration": 2.5, "temperature": 41.5}
    assert found.devices[1].values == {}


def test_nobody_but_root_touches_its_wires(bench, host):
    command = (
        f"setpriv --reuid=nobody --regid=nogroup --clear-groups python3 -c {shlex.quote(FEEL)}"
    )
    refused = bench.run(host, f"{command} null")
    assert refused.returncode == 1
    assert "Permission denied" in refused.stderr


def test_it_trips_by_itself_and_its_journal_says_so(bench, host):
    feel(bench, host, {"mill-1.spindle-002": {"temperature": 95.0}})
    found = inputs(bench)
    assert (found.running, found.tripped) == (False, (1, "temperature"))
    said = bench.run(host, "journalctl -qu bulkhead-plc -o cat", check=True).stdout
    assert "tripped and stopped: temperature of mill-1.spindle-002 is 95 degC, its limit 95" in said
    bench.run(host, "systemctl restart bulkhead-plc", check=True)


@pytest.mark.parametrize("check", [False, True])
def test_a_second_run_changes_nothing(bench, host, check):
    again = bench.play("plc", host, GOOD, check=check)
    assert not again.failed, again.stdout
    assert not again.changed, again.tasks


@pytest.mark.parametrize("row", known_bad("plc"), ids=lambda row: row["name"])
def test_a_known_bad_controller_flips_exactly_what_it_declares(bench, host, row):
    with bench.sabotage(row, host):
        assert bench.flipped(CHECKS, host) == set(row["flips"])
    healed = bench.play("plc", host, GOOD)
    assert not healed.failed, healed.stdout


def test_all_of_it_was_healed(bench, host):
    assert bench.flipped(CHECKS, host) == set()


@pytest.mark.parametrize(
    "wrong", [{"plc_port": "modbus"}, {"plc_devices": [{"id": "mill-1", "signals": ["speed"]}]}]
)
def test_a_wrong_variable_is_refused_before_anything_changes(bench, host, wrong):
    refused = bench.play("plc", host, GOOD | wrong)
    assert refused.failed
    assert not refused.changed


def test_what_the_service_would_refuse_is_never_written(bench, host):
    twice = [{"id": "mill-1", "signals": ["vibration"]}] * 2
    refused = bench.play("plc", host, GOOD | {"plc_devices": twice})
    assert refused.failed
    assert "an id twice" in refused.stdout
    assert not bench.flipped({"sound": the_configuration_is_sound}, host)

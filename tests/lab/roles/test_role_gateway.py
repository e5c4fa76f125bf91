"""The role `gateway` on a real machine, beside a real broker; a client plays ingest."""

import re
import shlex
import sys
from pathlib import Path

import pytest
from bench import known_bad

from bulkhead.wire import field

HOST, ADDRESS = "acme.lyon.ai.gw-1", "10.213.2.11"
BROKER, BROKER_ADDRESS = "acme.ingest.broker-1", "10.213.2.12"
INGEST = "acme.ingest.ingest-1"
SCORE = 2.0
"""`systemd-analyze security`: 0 is tight, 10 is open."""
ACTIVE = "systemctl is-active -q bulkhead-gateway"
LAST_OF_SESSION = (
    "journalctl -qu bulkhead-gateway -o cat"
    " _SYSTEMD_INVOCATION_ID=$(systemctl show -P InvocationID bulkhead-gateway)"
    " | grep session | tail -1"
)
TAKEN = (
    "python3 -c 'import sqlite3;"
    ' box = sqlite3.connect("/var/lib/bulkhead-gateway/outbox.sqlite3");'
    """ print(box.execute("SELECT MAX(id) FROM samples").fetchone()[0])'"""
)
"""How many values the gateway has taken."""
TRY = Path(__file__).parent / "mqtt_try.py"
GOOD = {
    "authority": "acme/device",
    "gateway_tenant": "acme",
    "gateway_broker": {"address": BROKER_ADDRESS, "port": 8883, "name": BROKER},
    "gateway_devices": [
        {"id": "mill-1", "signals": ["vibration", "temperature"]},
        {"id": "lathe-1", "signals": ["motor_current", "acoustic_emission"]},
    ],
    "gateway_seed": 7,
}
TENANT = {
    "tenant": "acme",
    "port": 8883,
    "anchors": ["acme/device", "acme/workload"],
    "clients": [{"name": HOST, "kind": "gateway"}, {"name": INGEST, "kind": "ingest"}],
}


def it_runs_as_its_account(host):
    said = host.run(
        "systemctl is-active bulkhead-gateway; systemctl is-enabled bulkhead-gateway;"
        " ps -o user:32= -p $(systemctl show -P MainPID bulkhead-gateway)"
    ).stdout
    assert said.split() == ["active", "enabled", "bulkhead-gateway"]


def the_configuration_is_sound(host):
    check = "env PYTHONPATH=/opt/bulkhead/lib python3 -P -m bulkhead.services.gateway --check"
    assert host.run(f"{check} /etc/bulkhead/gateway.toml").rc == 0


def the_key_is_closed(host):
    said = host.check_output("stat -c '%a %U' /etc/bulkhead/tls/gateway.key")
    assert said.strip() == "600 bulkhead-gateway"


def it_has_a_session(host):
    """The last thing that the service says of its session is that it began."""
    said = host.check_output(LAST_OF_SESSION)
    assert "a session began" in said


def the_sandbox_is_tight(host):
    said = host.check_output("systemd-analyze security bulkhead-gateway.service | tail -1")
    found = re.search(r"([0-9.]+) [A-Z]+", said)
    assert found, said
    assert float(found[1]) <= SCORE, said


CHECKS = {
    check.__name__: check
    for check in (
        it_runs_as_its_account,
        the_configuration_is_sound,
        the_key_is_closed,
        it_has_a_session,
        the_sandbox_is_tight,
    )
}


@pytest.fixture(scope="module")
def host(bench):
    """A gateway and its broker, configured."""
    bench.host(BROKER, BROKER_ADDRESS)
    bench.host(HOST, ADDRESS)
    served = bench.play("broker", BROKER, {"broker_tenants": [TENANT]})
    assert not served.failed, served.stdout
    dry = bench.play("gateway", HOST, GOOD, check=True)
    assert not dry.failed, dry.stdout
    assert dry.changed
    first = bench.play("gateway", HOST, GOOD)
    assert not first.failed, first.stdout
    assert first.changed
    yield HOST
    bench.remove(HOST)
    bench.remove(BROKER)


def settled(bench, host):
    """Wait until the gateway has a session."""
    until = f"until {LAST_OF_SESSION} | grep -q began; do sleep 0.1; done"
    bench.run(host, f"timeout 30 sh -c '{until}'", check=True)


def test_the_good_gateway_passes_all(bench, host):
    settled(bench, host)
    assert bench.flipped(CHECKS, host) == set()


def test_its_signals_reach_its_tenants_ingest(bench, host):
    key, pem, anchor = bench.issue(INGEST, "acme/workload")
    files = [str(pem), str(key), str(anchor)]
    argv = [sys.executable, str(TRY), "ingest", BROKER_ADDRESS, "8883", BROKER, "acme", *files]
    heard = bench.client(*argv, "12").stdout.splitlines()
    root = "spBv1.0/acme"
    births = [line.split()[0] for line in heard[:3]]
    assert births == [
        f"{root}/NBIRTH/{HOST}",
        f"{root}/DBIRTH/{HOST}/mill-1",
        f"{root}/DBIRTH/{HOST}/lathe-1",
    ]
    assert any(
        line.startswith(f"{root}/DDATA/{HOST}/mill-1 vibration temperature") for line in heard
    )


@pytest.mark.parametrize("check", [False, True])
def test_a_second_run_changes_nothing(bench, host, check):
    again = bench.play("gateway", host, GOOD, check=check)
    assert not again.failed, again.stdout
    assert not again.changed, again.tasks


def test_values_outlive_the_service_and_the_machine_says_nothing_of_keys(bench, host):
    before = int(bench.run(host, TAKEN, check=True).stdout)
    bench.run(host, "systemctl kill -s KILL bulkhead-gateway", check=True)
    bench.run(host, f"timeout 30 sh -c 'until {ACTIVE}; do sleep 0.1; done'", check=True)
    settled(bench, host)
    assert int(bench.run(host, TAKEN, check=True).stdout) >= before
    assert "PRIVATE" not in bench.run(host, "journalctl -u bulkhead-gateway", check=True).stdout


def test_a_renewed_certificate_is_taken_up_without_a_restart(bench, host):
    process = "systemctl show -P MainPID bulkhead-gateway"
    before = bench.run(host, process, check=True).stdout
    sessions = "journalctl -qu bulkhead-gateway -o cat | grep -c began"
    began = int(bench.run(host, sessions).stdout)
    renewed = bench.play("gateway", host, GOOD | {"certificate_lifetime": 43200})
    assert not renewed.failed, renewed.stdout
    until = f'until [ "$({sessions})" -gt {began} ]; do sleep 0.1; done'
    bench.run(host, f"timeout 30 sh -c '{until}'", check=True)
    assert bench.run(host, process, check=True).stdout == before
    back = bench.play("gateway", host, GOOD)
    assert not back.failed, back.stdout
    settled(bench, host)


WIRES = field.SOCKETS["gateway"]
SCAN = '{"lathe-1": {"motor_current": 77.25}}'
FEEL = (
    "import socket; socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)"
    f".sendto({SCAN.encode()!r}, {WIRES!r})"
)
NEWEST = TAKEN.replace("MAX(id) FROM samples", "value FROM samples ORDER BY id DESC LIMIT 1")


def test_with_a_field_its_wires_are_read_and_roots_alone_and_nothing_is_made_up(bench, host):
    fed = bench.play("gateway", host, GOOD | {"gateway_source": "field"})
    assert not fed.failed, fed.stdout
    bench.run(host, f"timeout 30 sh -c 'until [ -S {WIRES} ]; do sleep 0.1; done'", check=True)
    said = bench.run(host, f"stat -c '%a %U' /run/bulkhead-gateway {WIRES}", check=True).stdout
    assert said.split() == ["700", "bulkhead-gateway", "600", "bulkhead-gateway"]
    feel = f"python3 -c {shlex.quote(FEEL)}"
    nobody = "setpriv --reuid=nobody --regid=nogroup --clear-groups"
    assert "Permission denied" in bench.run(host, f"{nobody} {feel}").stderr
    bench.run(host, feel, check=True)
    until = f'until [ "$({NEWEST})" = 77.25 ]; do sleep 0.1; done'
    bench.run(host, f"timeout 30 sh -c {shlex.quote(until)}", check=True)
    back = bench.play("gateway", host, GOOD)
    assert not back.failed, back.stdout
    settled(bench, host)


@pytest.mark.parametrize("row", known_bad("gateway"), ids=lambda row: row["name"])
def test_a_known_bad_gateway_flips_exactly_what_it_declares(bench, host, row):
    with bench.sabotage(row, host):
        assert bench.flipped(CHECKS, host) == set(row["flips"])
    healed = bench.play("gateway", host, GOOD)
    assert not healed.failed, healed.stdout
    settled(bench, host)


def test_all_of_it_was_healed(bench, host):
    assert bench.flipped(CHECKS, host) == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {"gateway_broker": {"address": BROKER_ADDRESS, "port": 8883}},
        {"gateway_devices": [{"id": "mill-1", "signals": ["speed"]}]},
        {"gateway_seed": "seven"},
    ],
)
def test_a_wrong_variable_is_refused_before_anything_changes(bench, host, wrong):
    refused = bench.play("gateway", host, GOOD | wrong)
    assert refused.failed
    assert not refused.changed


def test_what_the_service_would_refuse_is_never_written(bench, host):
    twice = [{"id": "mill-1", "signals": ["vibration"]}] * 2
    refused = bench.play("gateway", host, GOOD | {"gateway_devices": twice})
    assert refused.failed
    assert "an id twice" in refused.stdout
    assert not bench.flipped({"sound": the_configuration_is_sound}, host)

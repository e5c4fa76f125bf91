"""The role `broker` on a real machine that two tenants share: each has a process of its own."""

import re
import sys
from pathlib import Path

import pytest
from bench import known_bad

HOST, ADDRESS = "acme.ingest.broker-1", "10.213.1.11"
PORTS = {"acme": 8883, "borealis": 8884}
SCORE = 2.0
"""`systemd-analyze security`: 0 is tight, 10 is open."""
TRY = Path(__file__).parent / "mqtt_try.py"


def tenant(name):
    names = {
        "gateway": f"{name}.lyon.ai.gw-1",
        "ingest": f"{name}.ingest.ingest-1",
        "inference": f"{name}.processing.inference-1",
    }
    return {
        "tenant": name,
        "port": PORTS[name],
        "anchors": [f"{name}/device", f"{name}/workload"],
        "clients": [{"name": one, "kind": kind} for kind, one in names.items()],
    }


GOOD = {"broker_tenants": [tenant("acme"), tenant("borealis")]}


# Each check asks once: an SSH session costs more than what is asked in it.


def a_process_per_tenant(host):
    units = [f"mosquitto@{name}.service" for name in PORTS]
    argv = [f"mosquitto /usr/sbin/mosquitto -c /etc/bulkhead/broker/{name}.conf" for name in PORTS]
    said = host.run(
        f"systemctl is-active {' '.join(units)}; systemctl is-enabled {' '.join(units)};"
        " systemctl is-enabled mosquitto.service; ps -C mosquitto -o user:32= -o args= | sort"
    ).stdout.splitlines()
    found = [" ".join(line.split()) for line in said[5:] if "/etc/bulkhead" in line]
    assert said[:5] == ["active", "active", "enabled", "enabled", "masked"]
    assert found == argv


def files_are_sound(host):
    assert host.run(each("bulkhead-broker-check /etc/bulkhead/broker/{}.conf")).rc == 0


def handshakes_are_proven(host):
    assert host.run(each("bulkhead-broker-canary /etc/bulkhead/broker/{}.conf 2")).rc == 0


def each(command):
    return " && ".join(command.format(name) for name in PORTS)


def keys_are_closed(host):
    said = host.check_output("stat -c '%a %U' /etc/bulkhead/tls/broker*.key").splitlines()
    assert said == ["600 mosquitto"] * 2


def names_are_bound_to_topics(host):
    """Whoever is no ingest writes under its own name; ingest writes NCMD and its STATE."""
    text = host.check_output("cat /etc/bulkhead/broker/*.acl")
    found = re.findall(r"^user (\S+)\n((?:topic .*\n)*)", text, re.MULTILINE)
    assert len(found) == 6
    for user, rules in found:
        name = user.partition(".")[0]
        written = set(re.findall(r"^topic (?:read)?write (\S+)$", rules, re.MULTILINE))
        if user == f"{name}.ingest.ingest-1":
            assert written == {f"spBv1.0/{name}/NCMD/+", f"spBv1.0/STATE/{name}.ingest"}
        else:
            own = rf"spBv1\.0/{name}/[ND](BIRTH|DEATH|DATA)/{re.escape(user)}(/\+)?"
            assert all(re.fullmatch(own, topic) for topic in written), (user, written)


def only_the_listeners_listen(host):
    listening = host.check_output("ss -Hltnp | grep mosquitto | awk '{print $4}'").splitlines()
    assert sorted(one.rpartition(":")[2] for one in listening) == sorted(map(str, PORTS.values()))


def the_sandbox_is_tight(host):
    said = host.check_output("systemd-analyze security mosquitto@acme.service | tail -1")
    found = re.search(r"([0-9.]+) [A-Z]+", said)
    assert found, said
    assert float(found[1]) <= SCORE, said


CHECKS = {
    check.__name__: check
    for check in (
        a_process_per_tenant,
        files_are_sound,
        handshakes_are_proven,
        keys_are_closed,
        names_are_bound_to_topics,
        only_the_listeners_listen,
        the_sandbox_is_tight,
    )
}


@pytest.fixture(scope="module")
def host(bench):
    """A host on which the role has run: dry, for good, and dry again."""
    bench.host(HOST, ADDRESS)
    dry = bench.play("broker", HOST, GOOD, check=True)
    assert not dry.failed, dry.stdout
    assert dry.changed
    first = bench.play("broker", HOST, GOOD)
    assert not first.failed, first.stdout
    assert first.changed
    yield HOST
    bench.remove(HOST)


def attempt(bench, name, authority, port=8883, version="1.3"):
    """What a client with a certificate of an authority is told from outside."""
    pair = []
    if name:
        key, pem, _ = bench.issue(name, authority)
        pair = [str(pem), str(key)]
    argv = [sys.executable, str(TRY), "try", ADDRESS, str(port), version, *pair]
    done = bench.client(*argv)
    assert done.returncode == 0, done.stderr
    return done.stdout.split(":")[0].strip()


def test_the_good_broker_passes_all(bench, host):
    assert bench.flipped(CHECKS, host) == set()


@pytest.mark.parametrize("check", [False, True])
def test_a_second_run_changes_nothing(bench, host, check):
    again = bench.play("broker", host, GOOD, check=check)
    assert not again.failed, again.stdout
    assert not again.changed, again.tasks


def test_the_right_clients_are_admitted_and_others_are_not(bench, host):
    assert {
        "own": attempt(bench, "acme.lyon.ai.gw-1", "acme/device"),
        "workload": attempt(bench, "acme.ingest.ingest-1", "acme/workload"),
        "other port": attempt(bench, "borealis.lyon.ai.gw-1", "borealis/device", 8884),
        "other tenant": attempt(bench, "acme.lyon.ai.gw-1", "borealis/device"),
        "other way round": attempt(bench, "acme.lyon.ai.gw-1", "acme/device", 8884),
        "shared": attempt(bench, "acme.ingest.ingest-1", "shared/workload"),
        "nobody": attempt(bench, "", ""),
        "TLS 1.2": attempt(bench, "acme.lyon.ai.gw-1", "acme/device", version="1.2"),
    } == {
        "own": "admitted",
        "workload": "admitted",
        "other port": "admitted",
        "other tenant": "refused",
        "other way round": "refused",
        "shared": "refused",
        "nobody": "refused",
        "TLS 1.2": "refused",
    }


def started(bench, host):
    """When each tenant's process began."""
    units = " ".join(f"mosquitto@{name}" for name in PORTS)
    command = f"systemctl show -P ExecMainStartTimestampMonotonic {units}"
    return dict(zip(PORTS, bench.run(host, command, check=True).stdout.split(), strict=True))


def test_a_new_certificate_is_reloaded_and_another_port_restarts_its_process_alone(bench, host):
    before = started(bench, host)
    renewed = bench.play("broker", host, GOOD | {"certificate_lifetime": 43200})
    assert not renewed.failed, renewed.stdout
    assert "Reload brokers" in str(renewed.tasks)
    assert started(bench, host) == before
    other = {"broker_tenants": [tenant("acme") | {"port": 8893}, tenant("borealis")]}
    moved = bench.play("broker", host, GOOD | other)
    assert not moved.failed, moved.stdout
    after = started(bench, host)
    assert after["acme"] != before["acme"]
    assert after["borealis"] == before["borealis"]
    back = bench.play("broker", host, GOOD)
    assert not back.failed, back.stdout


@pytest.mark.parametrize("row", known_bad("broker"), ids=lambda row: row["name"])
def test_a_known_bad_broker_flips_exactly_what_it_declares(bench, host, row):
    with bench.sabotage(row, host):
        assert bench.flipped(CHECKS, host) == set(row["flips"])
    healed = bench.play("broker", host, GOOD)
    assert not healed.failed, healed.stdout


def test_all_of_it_was_healed(bench, host):
    assert bench.flipped(CHECKS, host) == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {"broker_tenants": "acme"},
        {"broker_tenants": [tenant("acme") | {"port": "many"}]},
        {"broker_tenants": [tenant("acme") | {"clients": [{"name": "x", "kind": "admin"}]}]},
        {"broker_tenants": [{"tenant": "acme"}]},
    ],
)
def test_a_wrong_variable_is_refused_before_anything_changes(bench, host, wrong):
    refused = bench.play("broker", host, wrong)
    assert refused.failed
    assert not refused.changed

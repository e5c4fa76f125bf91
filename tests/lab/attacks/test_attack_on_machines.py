"""The cross-zone pivot on real machines: their filters, a real broker, a real historian."""

import subprocess

import pytest
from action_contract import NETWORK, SERVICES, cases, hold

from bulkhead.drill import run
from bulkhead.environments.actions import lab as real
from bulkhead.environments.actions import sim
from bulkhead.environments.actions.lab_hosts import Hosts
from simulator.attacks.lateral_movement.cross_zone_pivot import CrossZonePivot

SOURCES = ["acme/ingest/ingest-1", "borealis/tromso/ai/gw-1"]


@pytest.fixture(scope="module")
def environment(machines_lab, example):
    return real.environment(machines_lab.standing(), example)


@cases(NETWORK + SERVICES)
def test_machines_keep_the_contract_of_the_actions(environment, case):
    hold(case, environment)


def test_the_attack_finds_on_machines_what_it_finds_in_sim(environment, example):
    modelled = run(CrossZonePivot(example, SOURCES), sim.environment(example))
    packets = run(CrossZonePivot(example, SOURCES), environment)
    assert packets.fault is None
    assert [row.told for row in packets.findings] == [row.told for row in modelled.findings]
    assert packets.held
    met = {row.layer for row in packets.findings}
    assert {"host-egress", "broker-acl", "row-security"} <= met


def test_the_attack_has_the_rights_of_the_service_and_no_more(environment, machines_lab, example):
    """What it streams to the host can neither read others' keys nor become root."""
    standing = machines_lab.standing()
    hosts = Hosts.of(standing, example, standing.deployed())
    whoami = "import os; print(os.getuid(), os.getgroups(), open('/proc/self/status').read())"
    told = _as_service(hosts, SOURCES[0], ["python3", "-c", whoami])
    assert not told.startswith("0 ")
    assert "NoNewPrivs:\t1" in told
    assert "CapEff:\t0000000000000000" in told
    key = "open('/etc/ssh/ssh_host_ed25519_key')"
    assert "PermissionError" in _as_service(hosts, SOURCES[0], ["python3", "-c", key])


def _as_service(hosts, host, command):
    done = subprocess.run(
        [*hosts.as_service(host), *command], capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr


def test_nothing_of_the_attack_remains_on_the_machines(environment, machines_lab, example):
    standing = machines_lab.standing()
    hosts = Hosts.of(standing, example, standing.deployed())
    for host in sorted(hosts.machines):
        assert "bulkhead-lift" not in hosts.run(host, ["nft", "list", "ruleset"])
    for broker in ("acme/ingest/broker-1", "borealis/ingest/broker-1"):
        acl = f"/etc/bulkhead/broker/{broker.split('/')[0]}.acl"
        assert "bulkhead-attack" not in hosts.run(broker, ["cat", acl])
        left = hosts.run(broker, ["find", "/etc/bulkhead/broker", "-name", "*.acl.*"])
        assert left == ""
    for historian in ("acme/storage/historian-1", "borealis/storage/historian-1"):
        sql = (
            "SELECT count(*) FROM bulkhead.gaps WHERE node = 'bulkhead-attack' UNION ALL "
            "SELECT count(*) FROM pg_policies WHERE policyname = 'bulkhead-attack'"
        )
        psql = ["runuser", "-u", "postgres", "--", "psql", "-tAd", "historian", "-c", sql]
        assert hosts.run(historian, psql).split() == ["0", "0"]

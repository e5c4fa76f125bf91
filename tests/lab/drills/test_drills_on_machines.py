"""The drills on real machines: the same findings as in sim, and everything as it was found."""

import signal
import subprocess
import sys
import time

import pytest
from action_contract import cases
from answering import play
from cryptography import x509
from incident_contract import FLOWS, GATEWAY, INCIDENTS, uphold

from bulkhead.drill import Done, Timeline
from bulkhead.drill.incidents import ShortCertificate
from bulkhead.drill.runner import roll_back
from bulkhead.drill.timeline import load
from bulkhead.environments.actions import lab as real
from bulkhead.environments.actions import sim
from bulkhead.environments.actions.lab_hosts import Hosts
from bulkhead.environments.machines import Machines
from bulkhead.trust.local import local
from bulkhead.wire.certificates import dotted
from simulator.drills import catalogue

BROKER = "borealis/ingest/broker-1"
LIFETIME = 7776000
KILLED = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from answering import play
from bulkhead.blueprint import expand, load
from bulkhead.drill import Timeline
from bulkhead.environments.actions import lab
from bulkhead.environments.lab import Lab
from simulator.drills import named
plan = expand(load(Path("examples/estate.yaml")))
where = lab.environment(Lab(Path(sys.argv[1])).standing(), plan)
with open(sys.argv[2], "w") as file:
    play(named("certificate-expiry")(plan), where, plan, None, Timeline(file))
"""


@pytest.fixture(scope="module")
def environment(machines_lab, example):
    return real.environment(machines_lab.standing(), example)


@pytest.fixture(scope="module")
def hosts(machines_lab, example):
    standing = machines_lab.standing()
    return Hosts.of(standing, example, standing.deployed())


@cases(INCIDENTS + FLOWS)
def test_machines_keep_the_contract_of_incidents(environment, example, case):
    uphold(case, environment, example)


@pytest.mark.parametrize("kind", catalogue().values(), ids=catalogue())
def test_a_drill_finds_on_machines_what_it_finds_in_sim(environment, example, kind):
    modelled = play(kind(example), sim.environment(example), example)
    found = play(kind(example), environment, example)
    assert found.fault is None
    assert [row.told for row in found.findings] == [row.told for row in modelled.findings]
    assert found.held
    rows = found.timeline.rows
    assert rows[-1].done - rows[0].asked < 120  # a minute, and as much again for a busy machine


def test_drills_leave_nothing_behind(hosts, machines_lab, example):
    """No copy, no draft, no open rule; a good certificate of its own key; lists that agree."""
    for host in ("borealis/tromso/ai/gw-1", "acme/lyon/ai/gw-1", BROKER):
        for name in ("copied", "draft", "disconnect"):
            where = ["find", "/run", "-maxdepth", "1", "-name", f"bulkhead-{name}*"]
            assert hosts.run(host, where) == ""
        assert hosts.run(host, ["find", "/etc/bulkhead/tls", "-name", "*.??????"]) == ""
        assert hosts.run(host, ["find", "/etc/bulkhead/tls", "-name", "*.new"]) == ""
        assert "bulkhead-lift" not in hosts.run(host, ["nft", "list", "ruleset"])
    assert good(hosts)
    trust = local(machines_lab.state / "trust")
    lists = "".join(trust.x509(f"borealis/{kind}").revocations() for kind in ("device", "workload"))
    assert hosts.run(BROKER, ["cat", "/etc/bulkhead/tls/broker-crl.pem"]) == lists


def good(hosts):
    """Whether the gateway holds a certificate of the planned lifetime for its own key."""
    pem = hosts.run(GATEWAY, ["cat", "/etc/bulkhead/tls/gateway.pem"])
    leaf = x509.load_pem_x509_certificate(pem.encode())
    lives = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    public = hosts.run(GATEWAY, ["openssl", "x509", "-noout", "-pubkey"], stdin=pem)
    key = "/etc/bulkhead/tls/gateway.key"
    own = hosts.run(GATEWAY, ["openssl", "pkey", "-in", key, "-pubout"])
    modes = hosts.run(GATEWAY, ["stat", "-c", "%a %U", key]).strip()
    assert modes == "600 bulkhead-gateway"
    return public == own and abs(lives.total_seconds() - LIFETIME) < 120


def test_what_a_killed_drill_left_is_mended_from_its_timeline(
    environment, hosts, machines_lab, example, tmp_path, request
):
    path, root = tmp_path / "killed.jsonl", request.config.rootpath
    command = [sys.executable, "-c", KILLED, str(machines_lab.state.parent), str(path)]
    with subprocess.Popen([*command, str(root / "tests" / "drill")], cwd=root) as drill:
        shortened(drill, path)
        drill.send_signal(signal.SIGKILL)
    assert not good(hosts)
    recording = load(path)
    assert recording.owed == (ShortCertificate(GATEWAY, BROKER, 20).undo(),)
    with path.open("a") as file:
        assert roll_back(recording.owed, environment, Timeline(file)) == ()
    assert good(hosts)
    assert load(path).owed == ()


def test_after_all_of_it_the_playbook_finds_nothing_to_change(machines_lab):
    hosts = (dotted(GATEWAY), dotted(BROKER))
    machines = Machines(machines_lab.site(), lambda _line: None)
    played = machines.configure(hosts, check=True, variables={"force": True})
    assert played.changed == dict.fromkeys(hosts, 0)


def shortened(drill, path):
    """Wait until the drill has put a certificate of seconds in place."""
    while drill.poll() is None:
        rows = load(path).rows if path.exists() else ()
        if any(_short(row) for row in rows):
            return
        time.sleep(0.05)
    raise AssertionError("it ended without shortening anything")


def _short(row):
    return isinstance(row.action, ShortCertificate) and isinstance(row.outcome, Done)

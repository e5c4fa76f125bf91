"""The cross-zone pivot with real packets on bare hosts: the same findings as in sim."""

import signal
import subprocess
import sys
import time

import pytest
from action_contract import NETWORK, cases, hold

from bulkhead.cli.main import main
from bulkhead.drill import Done, run
from bulkhead.drill.actions import Lift
from bulkhead.drill.timeline import load
from bulkhead.environments.actions import lab as real
from bulkhead.environments.actions import sim
from bulkhead.environments.claim import claim
from bulkhead.environments.running import RUNS
from simulator.attacks.lateral_movement.cross_zone_pivot import CrossZonePivot

ACME = "acme/ingest/ingest-1"


@pytest.fixture(scope="module")
def environment(lab, example):
    return real.environment(lab.standing(), example)


@cases(NETWORK)
def test_bare_hosts_keep_the_contract_of_the_actions(environment, case):
    hold(case, environment)


def test_the_attack_finds_in_the_lab_what_it_finds_in_sim(environment, example):
    modelled = run(CrossZonePivot(example), sim.environment(example, machines=False))
    packets = run(CrossZonePivot(example), environment)
    assert packets.fault is None
    assert [row.told for row in packets.findings] == [row.told for row in modelled.findings]
    assert packets.held
    assert any(row.seen == "reached" for row in packets.findings)


def test_after_the_attack_the_claim_holds_as_before(lab, example):
    standing = lab.standing()
    found = claim(example, standing.deployed(), lambda flows: standing.observe(flows, None), seed=7)
    assert not [str(row) for row in found.differences]


def test_what_a_killed_attack_left_open_is_closed_by_the_next(lab, capsys, request):
    state, standing = lab.state.parent, lab.standing()
    before = standing.deployed()
    estate = str(request.config.rootpath / "examples" / "estate.yaml")
    command = ["attack", "run", "cross-zone-pivot", estate, "--env", "lab", "--state", str(state)]
    known = set((state / RUNS).glob("*"))
    bulkhead = [sys.executable, "-m", "bulkhead.cli.main", *command, "--from", ACME]
    with subprocess.Popen(bulkhead, stdout=subprocess.DEVNULL) as attack:
        path = opened(attack, state / RUNS, known)
        attack.send_signal(signal.SIGKILL)
    assert standing.deployed() != before
    owed = load(path).owed
    assert owed[0] == load(path).rows[-1].action.undo()

    assert main([*command, "--json", "--from", "acme/lyon/ai/gw-1"]) == 0
    assert f"was cut off; rolling back what it left: {len(owed)}" in capsys.readouterr().err
    assert load(path).ended
    assert standing.deployed() == before


def opened(attack, folder, known):
    """The attack's timeline, once it says that a layer was lifted."""
    while attack.poll() is None:
        for path in set(folder.glob("*")) - known:
            rows = load(path).rows
            if rows and isinstance(rows[-1].action, Lift) and isinstance(rows[-1].outcome, Done):
                return path
        time.sleep(0.01)
    raise AssertionError("it ended without lifting anything")


def test_a_lab_that_stands_for_another_blueprint_is_not_attacked(lab, tmp_path, request, capsys):
    text = (request.config.rootpath / "examples" / "estate.yaml").read_text()
    other = tmp_path / "estate.yaml"
    other.write_text(text.replace("loss_of_view: 8h", "loss_of_view: 9h"))
    assert other.read_text() != text
    state = str(lab.state.parent)
    command = ["attack", "run", "cross-zone-pivot", str(other), "--env", "lab", "--state", state]
    assert main(command) == 2
    assert "does not stand for the blueprint" in capsys.readouterr().err

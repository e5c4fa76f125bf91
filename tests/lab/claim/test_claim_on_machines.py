"""The claim on machines with real services and the filters that the role loaded."""

import json
import subprocess
from pathlib import Path

import pytest

from bulkhead.cli.main import main
from bulkhead.environments.claim import claim
from bulkhead.environments.filters import planned_filters

EXAMPLE = Path(__file__).parents[3] / "examples" / "estate.yaml"
HISTORIAN, GATEWAY = "borealis/storage/historian-1", "borealis/tromso/ai/gw-1"
INGEST, BROKER = "borealis/ingest/ingest-1", "borealis/ingest/broker-1"


@pytest.fixture(scope="module")
def standing(machines_lab):
    return machines_lab.standing()


@pytest.fixture
def by_hand(standing):
    """nft on a host, as its root would; every host that was touched is put back."""
    vantages, before = standing.vantages(), {}

    def run(host, *words, text=None):
        inside = ["ip", "netns", "exec", vantages[host].namespace, "nft", *words]
        done = subprocess.run(inside, input=text, text=True, capture_output=True, check=True)
        return done.stdout

    def change(host, *words):
        before.setdefault(host, run(host, "list", "ruleset"))
        return run(host, *words)

    yield change
    for host, text in before.items():
        run(host, "-f", "-", text=f"flush ruleset\n{text}")


def probed(machines_lab, capsys):
    """What `bulkhead probe` says, and its exit code."""
    state = ["--state", str(machines_lab.state.parent)]
    code = main(["probe", str(EXAMPLE), "--env", "lab", "--json", *state])
    return code, json.loads(capsys.readouterr().out)


def told(said):
    return {
        (row["kind"], row["source"], row["target"] or "", row["layer"])
        for row in said["differences"]
    }


def test_the_model_of_sim_is_what_every_machines_kernel_says(machines_lab, standing, example):
    deployed = standing.deployed()
    read, planned = machines_lab.filters(example, deployed)
    assert read == planned == planned_filters(example, deployed)
    assert len(read) == 15


def test_the_claim_holds_on_machines_and_each_stop_is_at_the_layer_computed(
    machines_lab, standing, example
):
    deployed = standing.deployed()
    read, planned = machines_lab.filters(example, deployed)
    found = claim(
        example,
        deployed,
        lambda flows: standing.observe(flows, None),
        seed=2,
        filters=read,
        planned=planned,
    )
    assert "\n".join(str(row) for row in found.differences) == ""
    assert not [
        (flow, row)
        for flow, row in found.observed.items()
        if row.layer and row.layer != found.computed.explain(flow).layer
    ]
    stops = {row.layer for row in found.observed.values()}
    assert "host-egress" in stops


def test_a_rule_deleted_on_a_machine_is_found_and_its_conduit_named(machines_lab, by_hand, capsys):
    listed = by_hand(HISTORIAN, "-a", "list", "chain", "inet", "bulkhead", "input")
    (line,) = [line for line in listed.splitlines() if '"borealis/record"' in line]
    handle = line.rpartition("handle ")[2]
    by_hand(HISTORIAN, "delete", "rule", "inet", "bulkhead", "input", "handle", handle)
    code, said = probed(machines_lab, capsys)
    assert code == 1
    assert told(said) == {
        ("closed", INGEST, HISTORIAN, "host-ingress"),
        ("host rule missing", HISTORIAN, "", "host-ingress"),
    }
    assert {tuple(row["conduits"]) for row in said["differences"]} == {("borealis/record",)}


def test_a_table_flushed_on_a_machine_is_found_though_the_groups_still_stop_all(
    machines_lab, by_hand, capsys
):
    by_hand(GATEWAY, "flush", "ruleset")
    code, said = probed(machines_lab, capsys)
    assert code == 1
    (row,) = said["differences"]
    assert (row["kind"], row["source"]) == ("no host filter", GATEWAY)
    assert "although 14 of the other hosts have one" in row["sentence"]


def test_a_machine_put_back_is_found_no_more(machines_lab, capsys):
    assert probed(machines_lab, capsys)[0] == 0

"""Hosts' own filters in the claim, on the example's bare hosts: cheap, and real packets.

What is loaded is what the role's own template renders, so the model of sim is held to it by the
kernel's word.
"""

import runpy
import subprocess
from pathlib import Path

import jinja2
import pytest

from bulkhead.environments.claim import claim
from bulkhead.environments.filters import planned_filters
from bulkhead.environments.standing import Standing
from bulkhead.network.filters import Unread
from bulkhead.network.intent import intent
from infra.inventory.addresses import book
from infra.inventory.firewall import Firewalls

BROKER, HISTORIAN = "borealis/ingest/broker-1", "borealis/storage/historian-1"
GATEWAY = "borealis/tromso/ai/gw-1"
ROOT = Path(__file__).parents[3]
TEMPLATE = ROOT / "roles/baseline/templates/firewall.nft.j2"
FILTERS = ROOT / "playbooks/plugins/filter/addresses.py"


def nft(vantage, text):
    inside = ["ip", "netns", "exec", vantage.namespace, "nft", "-f", "-"]
    subprocess.run(inside, input=text, text=True, check=True)


def nobody(host, _command):
    raise OSError(f"{host} is bare")


@pytest.fixture(scope="module")
def standing(lab):
    return lab.standing()


@pytest.fixture(scope="module")
def planned(standing, example):
    return planned_filters(example, standing.deployed())


@pytest.fixture(scope="module")
def rendered(standing, planned, example):
    """The text that the role loads, by host."""
    firewalls = Firewalls(example, intent(example), book(example, standing.deployed()))
    # As Ansible renders: trim_blocks, and the plugin's own filters.
    made = jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined, autoescape=False)
    made.filters |= runpy.run_path(str(FILTERS))["FilterModule"]().filters()
    template = made.from_string(TEMPLATE.read_text())
    return {host: template.render(baseline_firewall=firewalls.of(host)) for host in planned}


@pytest.fixture
def loaded(standing, planned, rendered):
    """Every host with the filter that the plan means for it; none afterwards."""
    vantages = standing.vantages()
    for host, text in rendered.items():
        nft(vantages[host], text)
    yield vantages
    for host in planned:
        nft(vantages[host], "flush ruleset")


def test_the_kernel_says_of_every_hosts_filter_what_the_model_of_sim_says(
    standing, loaded, planned
):
    assert standing.filters(nobody, standing.deployed()) == planned


def test_the_claim_holds_with_every_hosts_own_filter(standing, loaded, planned, example):
    found = _claim(standing, planned, example)
    assert not [str(row) for row in found.differences]
    assert found.filtered == len(planned) == 15
    layers = {row.layer for row in found.observed.values()}
    assert {"host-egress", "group-ingress"} & layers
    assert not [
        (flow, row)
        for flow, row in found.observed.items()
        if row.layer and row.layer != found.computed.explain(flow).layer
    ]


def test_a_chain_emptied_by_hand_is_found_and_its_conduits_are_named(
    standing, loaded, planned, example
):
    """The policy drops all that the rules let in, so flows fail, and the rules are said."""
    nft(loaded[BROKER], "flush chain inet bulkhead input")
    found = _claim(standing, planned, example, packets=False)
    missing = {row.conduits for row in found.differences if row.kind == "host rule missing"}
    assert {("borealis/telemetry",), ("borealis/subscribe",), ("borealis/administer",)} < missing
    closed = [row for row in found.differences if row.kind == "closed" and row.target == BROKER]
    assert {row.layer for row in closed} == {"host-ingress"}
    assert any("borealis/telemetry" in row.conduits for row in closed)


def test_a_rule_deleted_by_hand_is_found_by_model_and_packets(
    standing, loaded, planned, rendered, example
):
    own, _, others = rendered[HISTORIAN].partition("chain output")
    less = [line for line in own.splitlines() if "borealis/record" not in line]
    nft(loaded[HISTORIAN], "\n".join([*less, "chain output" + others]))
    found = _claim(standing, planned, example)
    named = {(row.kind, row.source, row.target, row.layer) for row in found.differences}
    assert named == {
        ("closed", "borealis/ingest/ingest-1", HISTORIAN, "host-ingress"),
        ("host rule missing", HISTORIAN, "", "host-ingress"),
    }
    (closed,) = [row for row in found.differences if row.kind == "closed"]
    assert closed.observed == "refused"
    assert closed.conduits == ("borealis/record",)


def test_a_table_deleted_by_hand_is_found_though_the_groups_still_stop_all(
    standing, loaded, planned, example
):
    nft(loaded[GATEWAY], "delete table inet bulkhead")
    found = _claim(standing, planned, example)
    (row,) = found.differences
    assert (row.kind, row.source) == ("no host filter", GATEWAY)
    assert "although 14 of the other hosts have one" in str(row)


def test_a_rule_inserted_by_hand_is_found_though_the_groups_still_stop_all(
    standing, loaded, planned, example
):
    nft(loaded[GATEWAY], "insert rule inet bulkhead input tcp dport 23 accept")
    (row,) = _claim(standing, planned, example, packets=False).differences
    assert (row.kind, row.source, row.layer) == ("host rule added", GATEWAY, "host-ingress")


def test_a_rule_beyond_the_model_leaves_its_host_unobserved(standing, loaded, planned, example):
    nft(loaded[GATEWAY], "insert rule inet bulkhead input ip ttl 1 accept")
    read = standing.filters(nobody, standing.deployed())
    assert isinstance(read[GATEWAY], Unread)
    (row,) = _claim(standing, planned, example, packets=False).differences
    assert (row.kind, row.source) == ("not observed", GATEWAY)
    assert "ip ttl" in str(row)


def _claim(standing: Standing, planned, plan, *, packets=True):
    deployed = standing.deployed()
    return claim(
        plan,
        deployed,
        (lambda flows: standing.observe(flows, None)) if packets else None,
        seed=3,
        filters=standing.filters(nobody, deployed),
        planned=planned,
    )

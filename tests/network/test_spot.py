"""A quick look keeps every conduit between two hosts, and every boundary between two places."""

from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.network.deployed import Flow
from bulkhead.network.intent import intent
from bulkhead.network.spot import EACH, spot
from bulkhead.plan import INTERNET

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"


@pytest.fixture(scope="module")
def plan():
    return expand(load(EXAMPLE))


@pytest.fixture(scope="module")
def intended(plan):
    return intent(plan)


@pytest.fixture(scope="module")
def flows(intended):
    """A handful of TCP ports by every path between every two hosts."""
    return [
        Flow(source, target, path, "tcp", port)
        for source in intended.hosts
        for target in intended.hosts
        for path in intended.paths(source, target)
        for port in (22, 443, 5432, 6514, 8883)
        if source != target
    ]


def place(plan):
    return {host.id: host.zone for host in plan.hosts}


def ways(flows, intended, zones):
    """What must not be lost: conduits between hosts, and pairs of places that are refused."""
    found = set()
    for flow in flows:
        declared = intended.why(flow)
        found |= {(conduit, flow.source, flow.target) for conduit in declared}
        if not declared:
            ends = (zones.get(flow.source, INTERNET), zones.get(flow.target, INTERNET))
            found.add((*ends, flow.path))
    return found


def test_every_conduit_and_every_boundary_is_kept_by_far_fewer_flows(plan, intended, flows):
    zones = place(plan)
    kept = spot(flows, intended, zones, 1)
    assert ways(kept, intended, zones) == ways(flows, intended, zones)
    assert len(kept) < len(flows) / 2


def test_a_boundary_keeps_a_few_flows_alone(plan, intended, flows):
    zones = place(plan)
    refused = [flow for flow in spot(flows, intended, zones, 1) if not intended.why(flow)]
    pair = [
        flow
        for flow in refused
        if (zones.get(flow.source), zones.get(flow.target), flow.path)
        == ("borealis/storage", "shared/admin", "private")
    ]
    assert len(pair) == EACH


def test_the_seed_decides_and_the_order_of_flows_does_not(plan, intended, flows):
    zones = place(plan)
    one = spot(flows, intended, zones, 1)
    assert one == spot(list(reversed(flows)), intended, zones, 1) == sorted(one)
    assert one != spot(flows, intended, zones, 2)

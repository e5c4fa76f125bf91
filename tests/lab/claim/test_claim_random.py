"""Thirty random deployments on bare namespaces: the model and real packets agree on every flow."""

import pytest
from estates import random_deployed
from plans import plan_of

from bulkhead.network.compare import compare
from bulkhead.network.deployed import INTERNET_ADDRESS
from bulkhead.network.intent import intent
from bulkhead.network.reach import reach
from bulkhead.network.sample import sample
from bulkhead.plan import INTERNET
from infra.lab.fabric import Fabric, namespace, remove
from infra.lab.probe import Vantage, observe

LAB = "c1a105"
SEEDS = range(30)


@pytest.fixture(scope="module")
def fabric():
    remove(LAB)
    made = Fabric(LAB)
    made.open()
    yield made
    made.close()
    assert remove(LAB) == []


def vantages(deployed):
    rows = [
        Vantage(
            host=row.host,
            namespace=namespace(LAB, row.instance),
            address=row.address,
            public=row.public,
        )
        for row in deployed.interfaces
        if row.running
    ]
    outside = Vantage(
        host=INTERNET,
        namespace=namespace(LAB, INTERNET),
        address=INTERNET_ADDRESS,
        public=INTERNET_ADDRESS,
    )
    return {row.host: row for row in [*rows, outside]}


@pytest.mark.parametrize("seed", SEEDS)
def test_packets_do_what_the_model_computes(fabric, seed):
    deployed = random_deployed(seed, hosts=7)
    fabric.apply(deployed)
    computed = reach(deployed)
    nothing = intent(plan_of(networks=(), hosts=(), conduits=()))
    flows = sample(nothing, computed, seed)
    seen = observe(flows, vantages(deployed), namespace(LAB, "fabric"))
    observed = {flow: row.verdict for flow, row in seen.items()}
    found = list(compare(nothing, computed, observed, flows))
    apart = [str(row) for row in found if row.kind in ("model-vs-packets", "not observed")]
    assert not apart
    assert len(observed) == len(flows) > 50


def test_the_random_deployments_let_something_through_and_stop_something():
    outcomes = set()
    for seed in SEEDS:
        computed = reach(random_deployed(seed, hosts=7))
        nothing = intent(plan_of(networks=(), hosts=(), conduits=()))
        outcomes |= {computed.outcome(flow) for flow in sample(nothing, computed, seed)}
    assert outcomes == {"answered", "one-way", "refused"}

"""Intent = model for random estates, and both against an oracle that walks packet by packet."""

from random import Random

import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_estates import random_plan
from spec_reading import read_specs

from bulkhead.blueprint.tiers import tiers
from bulkhead.environments.claim import claim
from bulkhead.network.intent import intent
from bulkhead.network.names import canonical
from bulkhead.network.reach import reach
from bulkhead.network.sample import sample
from infra.program.declared import deployed
from infra.program.evaluate import evaluate
from infra.specs.project import specs

NUMBERS = {"icmp": 1, "tcp": 6, "udp": 17}
ECHO = 8 * 256
ASKED = 40
"""Flows put to the oracle per estate."""


@settings(max_examples=500, derandomize=True)
@given(st.integers(0, 2**32))
def test_a_random_estate_computes_to_what_it_intends(seed):
    plan = random_plan(seed)
    found = read_specs(specs(plan, standins=True))
    agreed = claim(plan, found, None, seed=seed)
    assert not [str(row) for row in agreed.differences]
    intended = intent(plan)
    flows = sample(intended, reach(found), seed)
    for flow in Random(seed).sample(flows, min(ASKED, len(flows))):
        number = NUMBERS[flow.protocol]
        port = ECHO if number == 1 else flow.port
        walked, _ = oracle.verdict(found, flow.source, flow.target, flow.path, number, port)
        assert walked == intended.outcome(flow), flow


@pytest.mark.parametrize("seed", range(6))
def test_specs_read_straight_equal_what_the_program_declares(seed):
    """So that the five hundred above speak for the program itself."""
    found = specs(random_plan(seed), standins=True)
    assert canonical(read_specs(found)) == canonical(deployed(evaluate(found)))


def test_random_estates_are_not_all_alike():
    plans = [random_plan(seed) for seed in range(20)]
    assert {tenant.tier for plan in plans for tenant in plan.tenants} == set(tiers())
    assert len({len(plan.hosts) for plan in plans}) > 3
    assert any(row.service.protocol == "icmp" for plan in plans for row in plan.conduits)
    assert {row.oneway for plan in plans for row in plan.conduits} == {True, False}

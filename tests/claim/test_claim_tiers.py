"""The estate with two tenants on each of the five tiers: what it intends is what is computed."""

from collections import Counter
from itertools import product
from pathlib import Path

import pytest
from spec_reading import read_specs

from bulkhead.blueprint import expand, load
from bulkhead.blueprint.tiers import tiers
from bulkhead.environments.claim import claim
from bulkhead.network.intent import intent
from bulkhead.plan import INTERNET, SHARED, home
from infra.specs.project import specs

EXAMPLE = Path(__file__).parents[2] / "examples" / "tiers.yaml"


@pytest.fixture(scope="module")
def plan():
    return expand(load(EXAMPLE))


def test_two_tenants_live_on_each_tier(plan):
    assert Counter(row.tier for row in plan.tenants) == dict.fromkeys(tiers(), 2)


def test_intent_equals_the_model_on_all_five_tiers(plan):
    found = claim(plan, read_specs(specs(plan, standins=True)), None, seed=1)
    assert not [str(row) for row in found.differences]


def test_tenants_reach_each_other_on_the_flat_tier_alone(plan):
    """By private addresses; what the public ones allow stays within a tenant too."""
    intended = intent(plan)
    tier = {row.id: row.tier for row in plan.tenants}
    crossed = {
        (tier[home(source)], tier[home(target)])
        for source, target in product(intended.hosts, repeat=2)
        if len({home(source), home(target)} - {SHARED, INTERNET}) == 2
        for path in intended.paths(source, target)
        if intended.allowed(source, target, path)
    }
    assert crossed == {("flat", "flat")}

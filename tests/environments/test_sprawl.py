"""What tenants cost in rules, entries and routes."""

from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.blueprint.model import Quotas
from bulkhead.environments.sprawl import KEYS, costs
from infra.specs import specs

EXAMPLE = Path(__file__).parents[2] / "examples" / "tiers.yaml"


@pytest.fixture(scope="module")
def blueprint():
    return load(EXAMPLE)


@pytest.fixture(scope="module")
def found(blueprint):
    return {row.tenant: row for row in costs(expand(blueprint), blueprint.estate.quotas)}


def test_every_rule_entry_and_route_is_counted_once(blueprint, found):
    stacks = specs(expand(blueprint), standins=False).values()
    rules = [rule for one in stacks for row in one.conduits for rule in row.rules]
    routes = [route for one in stacks for row in one.peerings for route in row.routes]
    entries = [
        entry
        for one in stacks
        for network in one.networks
        for subnet in network.subnets
        for entry in subnet.acl
    ]
    for kind, rows in (("rules", rules), ("routes", routes), ("entries", entries)):
        assert sum(getattr(row, kind) for row in found.values()) == len(rows)


def test_a_flat_tenant_costs_next_to_nothing_and_an_acl_tenant_as_many_rules_as_a_segmented(found):
    assert found["acorn"].rules == 1
    assert found["acorn"].entries == found["acorn"].routes == 0
    assert found["cedar"].rules == found["elm"].rules > 40
    assert found["cedar"].entries == found["elm"].entries


def test_sprawl_shows_where_all_tenants_meet(found):
    """The shared proxy's group grows with each tenant but the dedicated ones."""
    full = found["shared"].fullest["rules_per_group"]
    assert full.name == "inbound of shared/egress/proxy"
    assert 60 < full.count <= full.quota == 100


def test_quotas_are_the_granted_ones_else_awss_own(blueprint):
    plan = expand(blueprint)
    default = {key: row.quota for key, row in costs(plan, Quotas())[0].fullest.items()}
    assert default == {"rules_per_group": 60, "entries_per_acl": 20, "routes_per_table": 500}
    assert tuple(default) == KEYS

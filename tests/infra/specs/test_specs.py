"""The projection of a plan into stacks. BULKHEAD_WRITE_GOLDEN=1 rewrites the golden file."""

import dataclasses
import json
import os
from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.plan import Plan
from infra.specs.project import specs

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "example-specs.json"
EXAMPLE = HERE.parents[2] / "examples" / "estate.yaml"


@pytest.fixture(scope="module")
def plan() -> Plan:
    return expand(load(EXAMPLE))


def without_digest(plan: Plan, *, standins: bool = True) -> dict[str, object]:
    found = {
        name: dataclasses.asdict(spec) for name, spec in specs(plan, standins=standins).items()
    }
    for spec in found.values():
        spec.pop("digest")
    return json.loads(json.dumps(found))


def test_the_examples_specs_are_the_golden_ones(plan):
    found = without_digest(plan)
    if os.environ.get("BULKHEAD_WRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    assert found == json.loads(GOLDEN.read_text())


def test_every_host_group_network_and_conduit_of_the_plan_is_in_exactly_one_stack(plan):
    found = specs(plan, standins=True).values()
    for kind in ("hosts", "groups", "networks", "peerings"):
        ids = [row.id for spec in found for row in getattr(spec, kind)]
        assert sorted(ids) == sorted(row.id for row in getattr(plan, kind)), kind
    conduits = [row.id for spec in found for row in spec.conduits]
    assert sorted(conduits) == sorted(row.id for row in plan.conduits)


def test_a_rule_has_one_name_in_the_whole_estate(plan):
    rules = [
        rule.id
        for spec in specs(plan, standins=True).values()
        for conduit in spec.conduits
        for rule in conduit.rules
    ]
    assert len(rules) == len(set(rules))


def test_no_two_rules_of_a_group_admit_the_same(plan):
    """AWS refuses the second one as a duplicate."""
    seen = set()
    for spec in specs(plan, standins=True).values():
        for conduit in spec.conduits:
            for rule in conduit.rules:
                key = (rule.group, rule.egress, rule.protocol, rule.first, rule.last, rule.peer)
                assert key not in seen, rule.id
                seen.add(key)


def test_an_account_of_aws_gets_no_stand_in_of_a_plant(plan):
    standins = {row.id for row in plan.networks if row.standin}
    assert standins
    for spec in specs(plan, standins=False).values():
        assert not standins & {row.id for row in spec.networks}
        assert "plant" not in spec.accounts
        assert not [host for host in spec.hosts if host.role in ("gateway", "plc")]


def test_without_stand_ins_the_broker_still_admits_the_customers_gateway(plan):
    spec = specs(plan, standins=False)["borealis"]
    telemetry = next(row for row in spec.conduits if row.id == "borealis/telemetry")
    admitted = [(rule.egress, rule.peer.value) for rule in telemetry.rules]
    assert admitted == [(False, "198.51.100.20/32")]


def test_another_tenant_changes_no_network_acl_of_the_shared_plane(plan):
    """A shared subnet's entries name the estate's pool, not its tenants."""
    less = dataclasses.replace(
        plan,
        conduits=tuple(row for row in plan.conduits if row.stack != "borealis"),
        hosts=tuple(row for row in plan.hosts if row.stack != "borealis"),
    )
    before = {row.id: row.subnets for row in specs(less, standins=True)["shared"].networks}
    after = {row.id: row.subnets for row in specs(plan, standins=True)["shared"].networks}
    assert after == before


def test_names_never_begin_with_the_prefix_that_aws_keeps_for_itself(plan):
    for spec in specs(plan, standins=True).values():
        assert not [row.id for row in spec.groups if row.id.startswith("sg-")]

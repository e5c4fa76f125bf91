"""The program under the SDK's mocks, and the deployment that follows from it."""

import dataclasses
from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.environments.claim import claim
from bulkhead.network.names import canonical
from infra.lab.provider.catalogue import catalogue
from infra.program.declared import deployed
from infra.program.evaluate import evaluate
from infra.specs.project import specs

EXAMPLE = Path(__file__).parents[3] / "examples" / "estate.yaml"


@pytest.fixture(scope="module")
def plan():
    return expand(load(EXAMPLE))


@pytest.fixture(scope="module")
def resources(plan):
    return evaluate(specs(plan, standins=True))


def test_intent_equals_the_model_for_the_example(plan, resources):
    found = claim(plan, deployed(resources), None, seed=1)
    assert not [str(row) for row in found.differences]
    assert found.pairs == 16 * 15


def test_a_rule_left_out_of_the_program_is_found(plan, resources):
    """The claim can fail: without one rule, exactly its flow is missing."""
    name = "borealis/record:in:borealis/storage/historian:from:borealis/ingest/ingest"
    less = [row for row in resources if row.name != name]
    assert len(less) == len(resources) - 1
    found = claim(plan, deployed(less), None, seed=1).differences
    assert [(row.kind, row.source, row.target, row.layer) for row in found] == [
        ("closed", "borealis/ingest/ingest-1", "borealis/storage/historian-1", "group-ingress")
    ]


def test_every_resource_that_can_carry_a_tag_says_which_part_of_the_plan_it_is(resources):
    for row in resources:
        if "tags" in catalogue()[row.type]["inputs"]:
            assert row.state["tags"]["bulkhead:id"], row


def test_the_digest_stands_once_per_stack_and_in_no_tag(plan, resources):
    holders = [row for row in resources if row.type == "aws:ssm/parameter:Parameter"]
    assert sorted(row.state["name"] for row in holders) == [
        f"/bulkhead/example/{stack}/digest" for stack in ("acme", "borealis", "logs", "shared")
    ]
    from bulkhead.plan import digest

    others = [row for row in resources if row not in holders]
    assert not [row for row in others if digest(plan) in repr(row.state)]


def test_defaults_that_aws_makes_are_adopted_and_empty(resources):
    vpcs = [row.id for row in resources if row.type == "aws:ec2/vpc:Vpc"]
    for kind in ("DefaultSecurityGroup", "DefaultNetworkAcl", "DefaultRouteTable"):
        found = [row for row in resources if row.type.endswith(f":{kind}")]
        assert len(found) == len(vpcs)
        for row in found:
            assert not {"ingress", "egress", "ingresses", "egresses", "routes"} & set(row.state)


def test_an_edit_of_one_tenant_leaves_the_others_resources_as_they_are(plan):
    """All but the digest's parameter: that stands once per stack for this very reason."""
    conduits = tuple(
        dataclasses.replace(row, service=dataclasses.replace(row.service, first=5433, last=5433))
        if row.id == "borealis/record"
        else row
        for row in plan.conduits
    )
    edited = dataclasses.replace(plan, conduits=conduits)

    def of(which):
        rows = evaluate(specs(which, standins=True))
        return {(r.type, r.name): dict(r.state) for r in rows if not r.type.endswith("Parameter")}

    before, after = of(plan), of(edited)
    changed = {key[1] for key in before | after if before.get(key) != after.get(key)}
    assert changed
    assert all("borealis" in name for name in changed), changed


def test_ids_drop_out_of_the_canonical_form(resources):
    names = canonical(deployed(resources))
    assert {row.host for row in names.interfaces} == {row.id for row in names.interfaces}

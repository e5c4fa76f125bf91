"""The example keeps every rule; every rule has a program that it refuses."""

from dataclasses import replace

import pytest
from policy_bad import BAD
from policy_graphs import EXAMPLE

from bulkhead.blueprint import expand, load
from bulkhead.errors import DEVIATED, BulkheadError
from infra.policy import RULES, UNKNOWN, judge
from infra.policy.refuse import allowed, refuse, resources
from infra.program.evaluate import evaluate
from infra.specs.project import specs
from infra.specs.tables import Peer


@pytest.fixture(scope="module")
def plan():
    return expand(load(EXAMPLE))


@pytest.fixture(scope="module")
def rows(plan):
    return resources(evaluate(specs(plan, standins=True)))


def test_the_example_keeps_every_rule(plan, rows):
    assert [str(found) for found in judge(rows, allowed(plan))] == []


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_bad_program_breaks_that_rule_and_no_other(plan, rows, bad):
    found = judge(bad.done_to(rows), allowed(plan))
    assert {row.rule for row in found} == {bad.rule}


def test_every_rule_has_a_bad_program():
    assert {bad.rule for bad in BAD} == {rule.name for rule in RULES}


def test_every_rule_says_what_it_demands_and_judges_in_one_way():
    for rule in RULES:
        assert rule.sentence.endswith("."), rule.name
        assert (rule.each is None) != (rule.whole is None), rule.name
    assert len({rule.name for rule in RULES}) == len(RULES)


def test_a_declared_public_conduit_may_admit_from_anywhere(plan, rows):
    name = "acme/telemetry"
    opened = [
        replace(row, properties={**row.properties, "cidrIpv4": "0.0.0.0/0"})
        if row.name.startswith(f"{name}:in:")
        else row
        for row in rows
    ]
    assert opened != rows
    assert not judge(opened, allowed(plan))
    undeclared = replace(allowed(plan), public=frozenset())
    assert {row.rule for row in judge(opened, undeclared)} == {"no-open-ingress"}


def test_what_is_not_known_before_it_is_made_is_not_refused_before(plan, rows):
    hidden = [
        replace(row, properties=dict.fromkeys(row.properties, UNKNOWN))
        if row.short in ("Instance", "Key", "Role", "RolePolicy")
        else row
        for row in rows
    ]
    assert not [str(row) for row in judge(hidden, allowed(plan))]


def opened(plan):
    """The specs of the example, with one rule of a private conduit opened to everybody."""
    found = specs(plan, standins=True)
    tenant = found["borealis"]
    conduits = tuple(
        replace(row, rules=tuple(_open(rule) for rule in row.rules))
        if row.id == "borealis/record"
        else row
        for row in tenant.conduits
    )
    return {**found, "borealis": replace(tenant, conduits=conduits)}


def _open(rule):
    return rule if rule.egress else replace(rule, peer=Peer(kind="cidr", value="0.0.0.0/0"))


def test_a_program_that_opens_a_conduit_is_refused_with_the_rules_sentence(plan):
    with pytest.raises(BulkheadError) as refused:
        refuse(plan, opened(plan))
    assert refused.value.exit_code == DEVIATED
    said = str(refused.value)
    assert "borealis/record:in:" in said
    assert "lets 0.0.0.0/0 in" in said
    assert "No security group admits from anywhere" in said
    assert "nothing was sent" in said


def test_the_program_of_the_example_is_not_refused(plan):
    refuse(plan, specs(plan, standins=True))

"""The rules before anything is sent: the program is evaluated without a cloud, and judged."""

from collections.abc import Iterable, Mapping

from bulkhead.errors import BulkheadError, Problem
from bulkhead.plan import Plan
from infra.policy.graph import Allowed, Resource
from infra.policy.judge import RULES, judge
from infra.program.evaluate import Declared, evaluate
from infra.specs.tables import StackSpec

MOST = 20
"""Violations that are told one by one."""


def allowed(plan: Plan) -> Allowed:
    """What a plan declares, in the rules' words."""
    return Allowed(public=frozenset(row.id for row in plan.conduits if row.path == "public"))


def resources(rows: Iterable[Declared]) -> list[Resource]:
    """Declared resources as rules see them."""
    return [
        Resource(
            type=row.type,
            name=row.name,
            properties={**row.state, "id": row.id},
            account=row.account,
        )
        for row in rows
    ]


def refuse(plan: Plan, specs: Mapping[str, StackSpec]) -> None:
    """Raise BulkheadError (deviated) for a program that breaks a rule; nothing was sent."""
    found = judge(resources(evaluate(specs)), allowed(plan))
    if not found:
        return
    sentences = {rule.name: rule.sentence for rule in RULES}
    problems = [
        Problem(
            where=str(row.resource),
            what=row.why,
            allowed=f"{sentences[row.rule]} (rule {row.rule})",
            done="nothing was sent",
        )
        for row in found[:MOST]
    ]
    if len(found) > MOST:
        problems.append(Problem("policy", f"and {len(found) - MOST} more violations"))
    raise BulkheadError(*problems)

"""All rules, and what a program breaks of them."""

from collections.abc import Iterable

from infra.policy.graph import Allowed, Graph, Resource, Rule, Violation
from infra.policy.rules import compute, identity, keys, logging, network, storage, tags

RULES: tuple[Rule, ...] = (
    *network.RULES,
    *compute.RULES,
    *storage.RULES,
    *keys.RULES,
    *identity.RULES,
    *logging.RULES,
    *tags.RULES,
)


def judge(resources: Iterable[Resource], allowed: Allowed) -> list[Violation]:
    """Every violation, in the order of the rules."""
    graph = Graph(list(resources))
    return [found for rule in RULES for found in rule.violations(graph, allowed)]

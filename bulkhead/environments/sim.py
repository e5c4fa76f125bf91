"""`sim`: the program evaluated without engine or account, and what its network computes to."""

from typing import TYPE_CHECKING

from bulkhead.environments.filters import planned_filters
from bulkhead.network.deployed import Deployed
from bulkhead.network.filters import Filters
from bulkhead.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.specs.tables import StackSpec


def stacks(plan: Plan) -> "Mapping[str, StackSpec]":
    """One spec per stack, the plants' stand-ins included."""
    from infra.specs.project import specs

    return specs(plan, standins=True)


def deployed(plan: Plan) -> Deployed:
    """The network that the program declares for this plan, read from the SDK's mocks."""
    from infra.program.declared import deployed as read
    from infra.program.evaluate import evaluate

    return read(evaluate(stacks(plan)))


def filters(plan: Plan, deployed: Deployed) -> Filters:
    """The hosts' own rules: those that `baseline` would load, for no host runs to differ."""
    return planned_filters(plan, deployed)

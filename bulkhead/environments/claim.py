"""The claim: what is intended, what is deployed and what packets do are one and the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bulkhead.network.compare import compare, sample
from bulkhead.network.deployed import Deployed, Flow, Verdict
from bulkhead.network.difference import Difference
from bulkhead.network.intent import Intent, intent
from bulkhead.network.reach import Reach, reach
from bulkhead.plan import Plan

Observe = Callable[[Sequence[Flow]], Mapping[Flow, Any]]


@dataclass(frozen=True, slots=True)
class Claim:
    """The three readings and what differs between them.

    flows: those asked of packets, in canonical order; empty where packets were not observed.
    unobserved: flows of which no packet told, where that was to be expected (outside the lab).
    """

    intended: Intent
    computed: Reach
    observed: Mapping[Flow, Verdict] | None
    flows: tuple[Flow, ...]
    differences: tuple[Difference, ...]
    unobserved: tuple[Difference, ...] = ()

    @property
    def pairs(self) -> int:
        """Ordered pairs of hosts compared."""
        hosts = len(set(self.intended.hosts) | set(self.computed.hosts))
        return hosts * (hosts - 1)


def claim(
    plan: Plan,
    deployed: Deployed,
    observe: Observe | None,
    *,
    seed: int,
    outside: bool = False,
) -> Claim:
    """Compare all three, over every ordered pair of hosts; without `observe`, the first two.

    outside: of an account, not of the lab: the plants' stand-ins are no part of it, and not every
    flow may be tried, so that one of which no packet told is no difference.
    """
    intended = intent(plan, standins=not outside)
    computed = reach(deployed)
    flows = sample(intended, computed, seed) if observe else ()
    observed = None
    if observe:
        observed = {flow: row.verdict for flow, row in observe(flows).items()}
    found = compare(intended, computed, observed, flows)
    unseen = tuple(row for row in found if outside and row.kind == "not observed")
    differences = tuple(row for row in found if row not in unseen)
    return Claim(intended, computed, observed, flows, differences, unseen)

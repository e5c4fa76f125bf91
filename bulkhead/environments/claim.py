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

    flows: those tried with packets, in canonical order; empty where packets were not observed.
    """

    intended: Intent
    computed: Reach
    observed: Mapping[Flow, Verdict] | None
    flows: tuple[Flow, ...]
    differences: tuple[Difference, ...]

    @property
    def pairs(self) -> int:
        """Ordered pairs of hosts compared."""
        hosts = len(set(self.intended.hosts) | set(self.computed.hosts))
        return hosts * (hosts - 1)


def claim(
    plan: Plan, deployed: Deployed, observe: Observe | None, *, standins: bool, seed: int
) -> Claim:
    """Compare all three, over every ordered pair of hosts; without `observe`, the first two."""
    intended = intent(plan, standins=standins)
    computed = reach(deployed)
    flows = sample(intended, computed, seed) if observe else ()
    observed = None
    if observe:
        observed = {flow: row.verdict for flow, row in observe(flows).items()}
    found = compare(intended, computed, observed, flows)
    return Claim(intended, computed, observed, flows, found)

"""The claim: what is intended, what is deployed and what packets do are one and the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bulkhead.network.compare import compare, sample
from bulkhead.network.deployed import Deployed, Flow, Verdict
from bulkhead.network.difference import Difference
from bulkhead.network.filters import Filters, HostFilter
from bulkhead.network.intent import Intent, intent
from bulkhead.network.reach import Reach, reach
from bulkhead.plan import Plan

Observe = Callable[[Sequence[Flow]], Mapping[Flow, Any]]


@dataclass(frozen=True, slots=True)
class Claim:
    """The three readings and what differs between them.

    flows: those asked of packets, in canonical order; empty where packets were not observed.
    filters: the hosts' own rules as read; None where they were not.
    unobserved: flows of which no packet told, where that was to be expected (outside the lab).
    """

    intended: Intent
    computed: Reach
    observed: Mapping[Flow, Verdict] | None
    flows: tuple[Flow, ...]
    differences: tuple[Difference, ...]
    unobserved: tuple[Difference, ...] = ()
    filters: Filters | None = None

    @property
    def filtered(self) -> int:
        """Hosts whose own rules were read and are there."""
        known = (self.filters or {}).values()
        return sum(isinstance(item, HostFilter) and bool(item.chains) for item in known)

    @property
    def pairs(self) -> int:
        """Ordered pairs of hosts compared."""
        hosts = len(set(self.intended.hosts) | set(self.computed.hosts))
        return hosts * (hosts - 1)


def claim(  # noqa: PLR0913  # each is a reading of the same estate
    plan: Plan,
    deployed: Deployed,
    observe: Observe | None,
    *,
    seed: int,
    outside: bool = False,
    filters: Filters | None = None,
    planned: Filters | None = None,
) -> Claim:
    """Compare all three, over every ordered pair of hosts; without `observe`, the first two.

    outside: of an account, not of the lab: the plants' stand-ins are no part of it, and not every
    flow may be tried, so that one of which no packet told is no difference.
    filters: hosts' own rules as they were read, if they were. planned: as they should be.
    """
    intended = intent(plan, standins=not outside)
    computed = reach(deployed, filters or {})
    flows = sample(intended, computed, seed) if observe else ()
    observed = None
    if observe:
        observed = {flow: _verdict(row) for flow, row in observe(flows).items()}
    found = compare(intended, computed, observed, flows, planned)
    unseen = tuple(row for row in found if outside and row.kind == "not observed" and row.flow)
    differences = tuple(row for row in found if row not in unseen)
    return Claim(intended, computed, observed, flows, differences, unseen, filters)


def _verdict(row: Any) -> Verdict:
    """What an observation says; where it says nothing, with why."""
    verdict: Verdict = row.verdict
    silent = verdict.outcome == "not observed"
    return replace(verdict, because=(row.evidence,)) if silent else verdict

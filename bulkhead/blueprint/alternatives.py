"""The same estate with every tenant on one tier: what would be, and what it would not carry."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from bulkhead.blueprint.expansion import build
from bulkhead.blueprint.faults import Fault
from bulkhead.blueprint.loading import Blueprint
from bulkhead.blueprint.quotas import broken
from bulkhead.blueprint.rules import RULES, levels
from bulkhead.blueprint.tiers import Tier, tiers
from bulkhead.plan import Plan

_LEVELS = (levels.tiers_carry_their_targets, levels.exceptions_have_not_expired)


@dataclass(frozen=True, slots=True)
class Alternative:
    """A tier for all tenants. plan: None where it cannot place them, and `refused` says why.

    short: targets that the tier cannot carry and no exception covers; quotas: AWS quotas that
    would have to be raised. Both are told here, not refused.
    """

    tier: Tier
    plan: Plan | None
    refused: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    quotas: tuple[str, ...] = ()


def alternatives(blueprint: Blueprint, today: date | None = None) -> tuple[Alternative, ...]:
    """One for each tier there is, in the order of what separates them: see `order`."""
    day = today or date.today()
    return tuple(_on(blueprint, tier, day) for tier in sorted(tiers().values(), key=order))


def order(tier: Tier) -> tuple[int, str]:
    """Weakest restriction of data flow (FR5) first, then the sum of all levels, then the name."""
    levels_carried = [row.level for row in tier.capability]
    return levels_carried[4] * 100 + sum(levels_carried), tier.name


def _on(blueprint: Blueprint, tier: Tier, day: date) -> Alternative:
    tenants = tuple(row.model_copy(update={"tier": tier.name}) for row in blueprint.estate.tenants)
    estate = blueprint.estate.model_copy(update={"tenants": tenants})
    refused = [f for rule in RULES if rule not in _LEVELS for f in rule(estate, day)]
    if refused:
        return Alternative(tier, None, refused=_said(refused))
    plan = build(estate)
    short = _said(levels.tiers_carry_their_targets(estate, day))
    return Alternative(tier, plan, short=short, quotas=_said(broken(plan, estate.quotas)))


def _said(faults: Iterable[Fault]) -> tuple[str, ...]:
    return tuple(fault.what for fault in faults)

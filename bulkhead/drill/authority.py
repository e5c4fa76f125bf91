"""The authority that a blueprint names is asked before an action that production would notice.

What it is asked says what production loses and for how long. Without its consent, spoken in time,
the action is not tried. Roll-backs are never asked for: they end a disturbance.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bulkhead.drill.actions import Action, Disturbance
from bulkhead.drill.loss import losses, touched
from bulkhead.drill.outcomes import Done, Outcome, Refused
from bulkhead.drill.people import Ask
from bulkhead.drill.words import kind_of
from bulkhead.plan import Plan, Tenant
from bulkhead.plan.windows import frozen_by, open_at

AUTHORITY = "authority"
"""The layer of an action that was not tried, for want of consent."""


class Consent(Protocol):
    """What stands between a script and an action that disturbs."""

    def asks(self, actions: Sequence[Action]) -> tuple[Ask, ...]:
        """Whom to ask, and what, before these actions; nothing where it was answered before."""

    def heard(self, asks: Sequence[Ask], outcomes: Sequence[Outcome]) -> None:
        """What they came to."""

    def refusal(self, action: Action) -> Refused | None:
        """Why an action is not tried; None where it may be."""


class Nobody:
    """Where no authority is known, nothing that disturbs is tried."""

    def asks(self, actions: Sequence[Action]) -> tuple[Ask, ...]:
        """Nobody."""
        return ()

    def heard(self, asks: Sequence[Ask], outcomes: Sequence[Outcome]) -> None:
        """Nothing."""

    def refusal(self, action: Action) -> Refused | None:
        """Of whatever disturbs."""
        known = action.disturbs()
        return Refused(layer=AUTHORITY, reason="nobody can be asked") if known else None


@dataclass(slots=True)
class Authority:
    """Asks each tenant's authority once for a disturbance, and again only if it grows.

    now: the moment of the run, for maintenance windows and freezes. A refusal holds for the very
    same disturbance; silence is no answer, so that it is asked again.
    """

    plan: Plan
    now: datetime
    _granted: dict[tuple[str, str], float] = field(default_factory=dict)
    _denied: dict[tuple[str, Disturbance], str] = field(default_factory=dict)
    _asked: dict[Ask, tuple[str, tuple[Disturbance, ...]]] = field(default_factory=dict)

    def asks(self, actions: Sequence[Action]) -> tuple[Ask, ...]:
        """One question for each tenant that has not yet decided on all of it."""
        found = []
        for tenant in self.plan.tenants:
            undecided = [
                (action, one)
                for action in actions
                for one in action.disturbs()
                if tenant.id in touched(self.plan, one.host) and not self._decided(tenant.id, one)
            ]
            if undecided:
                ask = self._question(tenant, undecided)
                self._asked[ask] = (tenant.id, tuple(one for _, one in undecided))
                found.append(ask)
        return tuple(found)

    def heard(self, asks: Sequence[Ask], outcomes: Sequence[Outcome]) -> None:
        """Keep what was granted and what was denied."""
        for ask, outcome in zip(asks, outcomes, strict=True):
            tenant, disturbances = self._asked[ask]
            for one in disturbances:
                if isinstance(outcome, Done):
                    known = self._granted.get((tenant, one.host), 0.0)
                    self._granted[tenant, one.host] = max(known, one.seconds)
                elif isinstance(outcome, Refused):
                    self._denied[tenant, one] = f"{ask.who}: {outcome.reason or 'no'}"

    def refusal(self, action: Action) -> Refused | None:
        """Why not, in the words of the first who did not consent."""
        for one in action.disturbs():
            for tenant in touched(self.plan, one.host):
                if not self._grants(tenant, one):
                    who = next(row.authority for row in self.plan.tenants if row.id == tenant)
                    why = self._denied.get((tenant, one), f"{who} did not answer")
                    return Refused(layer=AUTHORITY, reason=why)
        return None

    def _grants(self, tenant: str, one: Disturbance) -> bool:
        return self._granted.get((tenant, one.host), -1.0) >= one.seconds

    def _decided(self, tenant: str, one: Disturbance) -> bool:
        return self._grants(tenant, one) or (tenant, one) in self._denied

    def _question(self, tenant: Tenant, undecided: Sequence[tuple[Action, Disturbance]]) -> Ask:
        return Ask(
            who=tenant.authority,
            kind="approve",
            text=preview(self.plan, tenant, undecided),
            circumstances=circumstances(tenant, self.now),
        )


def preview(plan: Plan, tenant: Tenant, undecided: Iterable[tuple[Action, Disturbance]]) -> str:
    """What is about to be done, and what the tenant loses by it; lines."""
    found = list(undecided)
    rows = [row for row in losses(plan, [one for _, one in found]) if row.tenant == tenant.id]
    sites = [name for row in rows[:1] for name in row.machines]
    return "\n".join(
        [
            "May production be disturbed?",
            *(
                f"- {kind_of(action)}: {one.host} away for up to {one.seconds:g} s"
                for action, one in found
            ),
            f"{tenant.id} then loses sight of {', '.join(sites) or 'no machine'}:",
            *(f"- {row}" for row in rows),
        ]
    )


def circumstances(tenant: Tenant, now: datetime) -> str:
    """Whether the tenant's hosts may be worked on at this moment; empty where it states nothing."""
    if frozen := frozen_by(tenant.windows, now):
        return f"A freeze is on, {frozen.when}: {frozen.reason}."
    stated = [one.when for one in tenant.windows if one.kind == "maintenance"]
    if not stated:
        return ""
    if open_at(tenant.windows, now):
        return f"A maintenance window is open: {', '.join(stated)}."
    return f"This is outside of the maintenance windows: {', '.join(stated)}."

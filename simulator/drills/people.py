"""What drills have in common where people act: an alert that climbs, approval by two others."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from bulkhead.drill.drills import Director, Request
from bulkhead.drill.findings import Finding
from bulkhead.drill.outcomes import Done, Outcome
from bulkhead.drill.people import Ask

WINDOWS = (300.0, 600.0, 900.0)
"""Seconds that operations, the customer's contact and the escalation owner have, each their own."""
APPROVAL = 600.0
"""Seconds that each approver has."""
APPROVALS = 2

ACKNOWLEDGED = "the alert is acknowledged"
APPROVED = "two others approve"


@dataclass(frozen=True, slots=True)
class Approval:
    """requester: whose own word does not count. by: who approved."""

    requester: str
    by: tuple[str, ...]

    @property
    def given(self) -> bool:
        """Whether two different people did, neither of them the requester."""
        return len(set(self.by) - {self.requester}) >= APPROVALS


def alert(d: Director, alerted: Sequence[str], text: str) -> Generator[Request, Any, str | None]:
    """Tell one after the other, each for their own window, until one acknowledges; who it was."""
    asked: list[str] = []
    for who, window in zip(alerted, (*WINDOWS, *[WINDOWS[-1]] * len(alerted)), strict=False):
        outcome = yield d.do(Ask(who, "acknowledge", text, within=window))
        asked.append(who)
        if isinstance(outcome, Done):
            by = _by(outcome, who)
            d.find(_said(ACKNOWLEDGED, "acknowledged", f"{by}, asked {', '.join(asked)}", True))
            return by
    d.find(_said(ACKNOWLEDGED, "nobody did", f"asked {', '.join(asked)}", False))
    return None


def approval(
    d: Director, requester: str, approvers: Sequence[str], text: str
) -> Generator[Request, Any, Approval]:
    """Ask until two different people, neither the requester, approve.

    Who answered counts, not who was asked: a requester who answers for somebody does not.
    """
    given: list[str] = []
    for who in approvers:
        if len(given) == APPROVALS:
            break
        if who == requester:
            continue
        outcome = yield d.do(Ask(who, "approve", text, within=APPROVAL))
        by = _by(outcome, who)
        if isinstance(outcome, Done) and by != requester and by not in given:
            given.append(by)
    found = Approval(requester, tuple(given))
    because = f"asked for by {requester}, approved by {', '.join(given) or 'nobody'}"
    d.find(_said(APPROVED, "approved" if found.given else "not approved", because, found.given))
    return found


def _by(outcome: Outcome, asked: str) -> str:
    """Who answered, by the outcome's own words."""
    return dict(outcome.facts).get("by", asked) if isinstance(outcome, Done) else asked


def _said(subject: str, seen: str, because: str, held: bool) -> Finding:
    return Finding(
        subject=subject,
        source="",
        target="",
        expected="acknowledged" if subject == ACKNOWLEDGED else "approved",
        seen=seen,
        standing="held" if held else "deviated",
        because=because,
    )

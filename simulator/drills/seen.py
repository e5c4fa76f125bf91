"""What a drill finds beside its deadlines: refusals at the layer where they should be, injects."""

from bulkhead.drill.actions import Action
from bulkhead.drill.drills import Director, Expect
from bulkhead.drill.exercise import Deadline
from bulkhead.drill.findings import Finding, Standing
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, Refused, word


def refused(subject: str, action: Action, outcome: Outcome, layer: str = "") -> Finding:
    """A refusal by that layer, or by any if none is named; anything else deviates."""
    right = isinstance(outcome, Refused) and layer in ("", outcome.layer)
    return _found(subject, action, outcome, "refused", right)


def done(subject: str, action: Action, outcome: Outcome) -> Finding:
    """It should have come about."""
    return _found(subject, action, outcome, "done", isinstance(outcome, Done))


def _found(subject: str, action: Action, outcome: Outcome, expected: str, right: bool) -> Finding:
    standing: Standing = "held" if right else "deviated"
    if isinstance(outcome, NotObserved):
        standing = "not run" if outcome.lacking else "not observed"
    return Finding(
        subject=subject,
        source=getattr(action, "source", ""),
        target=getattr(action, "target", ""),
        expected=expected,
        seen=word(outcome),
        standing=standing,
        layer=getattr(outcome, "layer", ""),
        because=getattr(outcome, "reason", ""),
    )


def expect(d: Director, deadline: Deadline, action: Action) -> Expect:
    """The action, Done by the deadline; its finding has the deadline's name."""
    return d.expect(deadline.name, action, within=deadline.within)

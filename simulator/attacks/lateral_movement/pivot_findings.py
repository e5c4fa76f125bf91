"""What the cross-zone pivot found, in words. Pure."""

from collections.abc import Mapping

from bulkhead.drill.actions import Action
from bulkhead.drill.findings import Finding, Standing
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, Refused
from simulator.attacks.lateral_movement.pivot_attempts import Attempt

REACHED, STOPPED = "reached", "refused"


def surroundings(source: str, outcome: Outcome) -> Finding:
    """What the host sees at its own link: nobody but the router, or the attack has neighbours."""
    seen = _seen(outcome)
    if isinstance(outcome, Done):
        seen = "nobody" if not outcome.facts else ", ".join(value for _, value in outcome.facts)
    return Finding(
        subject="neighbours at the link",
        source=source,
        target="",
        expected="nobody",
        seen=seen,
        standing=_standing("nobody", seen, outcome),
        because=_because(outcome),
    )


def finding(attempt: Attempt, outcome: Outcome, attributed: str) -> Finding:
    """One attempt. An attribution that does not name the layer beyond doubt is a deviation."""
    expected = REACHED if attempt.allowed else STOPPED
    seen = _seen(outcome)
    standing = _standing(expected, seen, outcome)
    if attributed.startswith(DOUBT) and standing == "held":
        standing = "deviated"
    return Finding(
        subject=attempt.subject,
        source=attempt.action.source,  # type: ignore[attr-defined]
        target=attempt.target,
        expected=expected,
        seen=seen,
        standing=standing,
        layer=outcome.layer if isinstance(outcome, Refused) else "",
        attributed=attributed,
        technique=attempt.technique,
        because=_because(outcome),
    )


def left_as_found(before: Mapping[Action, Outcome], after: Mapping[Action, Outcome]) -> Finding:
    """Whether everything tried ends at the end as it did at first."""
    changed = [action for action, outcome in before.items() if _end(after[action]) != _end(outcome)]
    return Finding(
        subject="everything once more",
        source="",
        target="",
        expected="as found",
        seen=f"{len(changed)} changed" if changed else "as found",
        standing="deviated" if changed else "held",
        because="; ".join(
            f"{action}: {before[action]}, then {after[action]}" for action in changed
        ),
    )


def _end(outcome: Outcome) -> str:
    return outcome.layer if isinstance(outcome, Refused) else _seen(outcome)


DOUBT = "doubtful"


def attribution(
    stopped: Refused, lifted: Outcome, again: Outcome | None, after: Outcome | None
) -> str:
    """What lifting a layer alone showed.

    lifted: whether it could be. again: the attempt with it lifted. after: once it was put back.
    """
    if again is None or after is None:
        return f"not lifted: {_because(lifted)}"
    if isinstance(again, NotObserved):
        return f"lifted, then not observed: {again.reason}"
    if again == stopped:
        return f"{DOUBT}: refused at {stopped.layer} even with it lifted"
    if after != stopped:
        where = after.layer if isinstance(after, Refused) else _seen(after)
        return f"{DOUBT}: once put back it was not as before but {where}"
    return f"then {again.layer}" if isinstance(again, Refused) else f"then {REACHED}"


def _standing(expected: str, seen: str, outcome: Outcome) -> Standing:
    if isinstance(outcome, NotObserved):
        return "not run" if outcome.lacking else "not observed"
    return "held" if seen == expected else "deviated"


def _seen(outcome: Outcome) -> str:
    match outcome:
        case Done():
            return REACHED
        case Refused():
            return STOPPED
        case NotObserved():
            return "not observed"


def _because(outcome: Outcome) -> str:
    return "" if isinstance(outcome, Done) else outcome.reason

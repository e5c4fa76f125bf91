"""Requirements of IEC 62443-3-3 for people: counted by place, and what is not met by its reason."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bulkhead.controls.results import Level, Requirement, Verification


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How many requirements of a zone or conduit are in which state."""

    place: str
    met: int
    unmet: int
    compensated: int
    unobserved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unobserved:
    """Requirements that nobody could decide for one reason; places: at how many."""

    because: str
    requirements: tuple[str, ...]
    places: int


def counted(rows: Sequence[Requirement]) -> tuple[Counted, ...]:
    """One row a place, in the order of the places' names."""
    states: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        states[row.place][row.state] += 1
    return tuple(
        Counted(
            place=place,
            met=states[place]["met"],
            unmet=states[place]["unmet"],
            compensated=states[place]["compensated"],
            unobserved=states[place]["not observed"],
        )
        for place in sorted(states)
    )


def unmet(rows: Sequence[Requirement]) -> tuple[Requirement, ...]:
    """Those unmet, then those compensated, by place and requirement."""
    found = [row for row in rows if row.state in ("unmet", "compensated")]
    return tuple(sorted(found, key=lambda row: (row.state != "unmet", row.place, row.requirement)))


def unobserved(rows: Sequence[Requirement]) -> tuple[Unobserved, ...]:
    """Those not observed, by the reason; what concerns most places first."""
    reasons: defaultdict[str, list[Requirement]] = defaultdict(list)
    for row in rows:
        if row.state == "not observed":
            reasons[row.because].append(row)
    found = [
        Unobserved(
            because=because,
            requirements=tuple(sorted({row.requirement for row in group})),
            places=len({row.place for row in group}),
        )
        for because, group in reasons.items()
    ]
    return tuple(sorted(found, key=lambda row: (-row.places, row.because)))


def accepted(level: Level, verification: Verification) -> bool:
    """Whether a level is below its target by nothing but what somebody accepted.

    True only where requirements that are unmet there are known, and each of them fails by
    findings that are accepted, and by no other.
    """
    number = level.requirement.removeprefix("FR")
    rows = [
        row
        for row in verification.requirements
        if (row.place, row.state) == (level.zone, "unmet")
        and row.requirement.startswith(f"SR {number}.")
    ]
    return bool(rows) and all(_accepted(row, verification) for row in rows)


def _accepted(row: Requirement, verification: Verification) -> bool:
    verdicts = {
        seen.verdict
        for result in verification.results
        if result.control in row.controls
        for seen in result.observations
        if seen.subject == row.place
    }
    return "accepted" in verdicts and "fail" not in verdicts

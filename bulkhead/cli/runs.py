"""What attacks and drills have in common on the screen: their catalogue, and how a run ended."""

from collections import Counter
from collections.abc import Mapping
from typing import Any


def as_listed(noun: str, known: Any, *, as_json: bool) -> int:
    """Name, tactic and ids of each entry of a catalogue."""
    from bulkhead.cli import show

    if as_json:
        show.as_json([told(about) for about in known])
        return 0
    rows = [(about.name, about.tactic, ", ".join(ids(about)), about.title) for about in known]
    show.table(noun, ("name", "tactic", "techniques (v18.1 -> v19)", "what"), rows)
    return 0


def as_shown(about: Any, *, as_json: bool, more: Mapping[str, Any] | None = None) -> int:
    """Everything that the catalogue says of one, and more that is known of it."""
    from bulkhead.cli import show

    values = told(about) | dict(more or {})
    if as_json:
        show.as_json(values)
        return 0
    for name, value in values.items():
        show.out(f"{name}: {'; '.join(value) if isinstance(value, list) else value}")
    return 0


def told(about: Any) -> dict[str, Any]:
    """An entry of a catalogue as plain values."""
    return {
        "name": about.name,
        "title": about.title,
        "tactic": about.tactic,
        "techniques": ids(about),
        "needs": sorted(kind.__name__ for kind in about.needs),
        "uses": sorted(kind.__name__ for kind in about.wants),
        "leaves": about.leaves,
        "bounds": f"{about.most} actions, {about.longest:g} s",
        "references": list(about.references),
    }


def ids(about: Any) -> list[str]:
    """ATT&CK's ids, with the newer one where it changed."""
    return [old if old == new else f"{old} -> {new}" for old, new in about.techniques]


def closing(ran: Any, noun: str) -> None:
    """What is left open, what was not run, and how it ended."""
    from bulkhead.cli import show

    report = ran.report
    for action, outcome in report.unmended:
        show.out(f"not put back: {action}: {getattr(outcome, 'reason', outcome)}")
    for reason in sorted({row.because for row in report.findings if row.standing == "not run"}):
        show.out(f"not run: {reason}")
    show.out(_summary(report, noun))
    show.out(f"timeline: {ran.path} ({len(report.timeline.rows)} actions)")


def _summary(report: Any, noun: str) -> str:
    counts = Counter(row.standing for row in report.findings)
    said = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    ended = "" if report.ended == "whole" else f" ({report.ended})"
    verdict = "held" if report.held else "did not hold"
    return f"{verdict}{ended}: {len(report.findings)} {noun}: {said or 'none'}"


def as_values(ran: Any) -> dict[str, Any]:
    """A run as plain values."""
    report = ran.report
    return {
        "environment": report.environment,
        "held": report.held,
        "ended": report.ended,
        "findings": [row.as_dict() for row in report.findings],
        "not_put_back": [repr(action) for action, _ in report.unmended],
        "timeline": str(ran.path),
    }


def exit_code(report: Any) -> int:
    """0 if all held, else 1; raises what the user must mend."""
    from bulkhead.errors import DEVIATED, HELD

    if isinstance(report.fault, Exception):
        raise report.fault
    return HELD if report.held else DEVIATED

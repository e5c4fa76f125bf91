"""The after-action report with its improvement plan, from a run's timeline."""

from collections.abc import Iterator, Sequence

from bulkhead.blueprint.markdown import table, text
from bulkhead.drill.documents.before import RATINGS
from bulkhead.drill.documents.occasion import Occasion, bullets, head, joined, section, who
from bulkhead.drill.exercise import Objective
from bulkhead.drill.findings import Finding
from bulkhead.drill.improvements import FAILED, found, objective_of
from bulkhead.drill.outcomes import Done, Outcome, word
from bulkhead.drill.timeline import Recording
from bulkhead.drill.words import said


def report(occasion: Occasion) -> str:
    """Overview, each objective with what was seen, the plan, notes, and the whole timeline.

    ValueError without a recording.
    """
    recording = occasion.recording
    if recording is None:
        raise ValueError("nothing has been run")
    return joined(
        [
            *head(occasion, "After-action report"),
            *_overview(occasion, recording),
            *who(occasion),
            *_analysis(occasion, recording),
            *_plan(occasion),
            *_notes(recording),
            *bullets("Questions of the hot wash", occasion.exercise.questions),
            *_timeline(recording),
        ]
    )


def _overview(occasion: Occasion, recording: Recording) -> list[str]:
    made = recording.run
    left = recording.end.get("unmended", [])
    capabilities = {one.capability for one in occasion.exercise.objectives}
    rows = [
        ("environment", made.get("environment", "")),
        ("started (UTC)", made.get("started", "")),
        ("ended", recording.end.get("ended", "cut off")),
        ("people answered by", _people(made)),
        ("estate", f"`{made.get('estate', '')[:12]}`"),
        ("capabilities", ", ".join(sorted(capabilities))),
        ("not put back", text("; ".join(left)) or "nothing"),
    ]
    return [
        *section("Purpose", occasion.exercise.purpose),
        *section("Scope", occasion.exercise.scope),
        "## Overview",
        "",
        *table(("", ""), rows),
    ]


def _people(made: dict[str, object]) -> str:
    mode = str(made.get("people", ""))
    drawn = f" (seed {made.get('seed')}, pace {made.get('pace')})"
    return mode + drawn if mode == "distribution" else mode


def _analysis(occasion: Occasion, recording: Recording) -> list[str]:
    lines = ["## Analysis of objectives", ""]
    findings = found(recording)
    for one in occasion.exercise.objectives:
        mine = [row for row in findings if objective_of(occasion.exercise, row) == one]
        lines += _objective(one, [*mine, *_unreached(occasion, one, findings)])
    return lines


def _unreached(
    occasion: Occasion, objective: Objective, findings: Sequence[Finding]
) -> Iterator[Finding]:
    """Deadlines that the run did not come to: nobody could hold them."""
    known = {row.subject for row in findings}
    for one in occasion.deadlines(objective):
        if one.name not in known:
            yield Finding(
                subject=one.name,
                source="",
                target="",
                expected=f"within {one.within:g} s",
                seen="not reached",
                standing="censored",
            )


def _objective(objective: Objective, findings: list[Finding]) -> list[str]:
    rows = [
        (text(row.subject), text(row.expected), text(row.seen), row.standing, text(row.because))
        for row in findings
    ]
    return [
        f"### {objective.id}: {text(objective.text)}",
        "",
        f"Capability: {objective.capability}. Proposed rating: {proposed(findings)}. "
        "The evaluators' own: ________",
        "",
        *table(("measured", "expected", "seen", "standing", "because"), rows),
    ]


def proposed(findings: list[Finding]) -> str:
    """A rating from the findings alone, which evaluators confirm or replace.

    P where all held; S where most did; M where some did; U where none did; none where nothing was
    tried.
    """
    tried = [row for row in findings if row.standing != "not run"]
    held = sum(row.standing == "held" for row in tried)
    if not tried:
        return "none: nothing of it was run"
    share = held / len(tried)
    letter = "P" if share == 1 else "S" if share > 0.5 else "M" if held else "U"
    return f"{letter} ({dict(RATINGS)[letter]}: {held} of {len(tried)} held)"


def _plan(occasion: Occasion) -> list[str]:
    rows = [
        (
            one.capability,
            text(f"{one.subject} {one.source} {one.target}"),
            text(one.issue),
            text(one.owner),
            one.due,
            f"closed {one.closed}" if one.closed else f"open since {one.opened}",
        )
        for one in occasion.improvements
    ]
    columns = ("capability", "area for improvement", "what was seen", "owner", "due", "status")
    failed = any(row.standing in FAILED for row in found(occasion.recording or Recording()))
    none = [] if failed else ["Everything that was tried held.", ""]
    return ["## Improvement plan", "", *none, *table(columns, rows)]


def _notes(recording: Recording) -> list[str]:
    rows = [(f"{note.at:.0f} s", text(note.by), text(note.text)) for note in recording.notes]
    return ["## Evaluators' notes", "", *table(("at", "by", "note"), rows)]


def _timeline(recording: Recording) -> list[str]:
    rows = [
        (
            f"{row.asked:.1f}",
            f"{row.done:.1f}",
            text(said(row.action)),
            word(row.outcome) + (", late" if row.late else ""),
            text(getattr(row.outcome, "layer", "") or _by(row.outcome)),
            row.phase,
        )
        for row in recording.rows
    ]
    columns = ("asked (s)", "done (s)", "action", "outcome", "layer or person", "phase")
    return ["## Timeline", "", *table(columns, rows)]


def _by(outcome: Outcome) -> str:
    """Who answered, where somebody did."""
    return dict(outcome.facts).get("by", "") if isinstance(outcome, Done) else ""

"""The documents that exist before an exercise: from its own words and the plan."""

from bulkhead.blueprint.markdown import duration, table, text
from bulkhead.drill.documents.occasion import (
    Occasion,
    bullets,
    contacts,
    head,
    joined,
    section,
    who,
)
from bulkhead.drill.exercise import Inject, Objective
from bulkhead.drill.owners import holder
from bulkhead.drill.words import moment

RATINGS = (
    ("P", "performed without challenges"),
    ("S", "performed with some challenges"),
    ("M", "performed with major challenges"),
    ("U", "unable to be performed"),
)
"""HSEEP's four ratings."""
SCALE = "1 (no) 2 3 4 5 (yes)"


def objectives(occasion: Occasion) -> str:
    """What the exercise is to show, and who owns what comes of it."""
    rows = [
        (
            one.id,
            text(one.text),
            one.capability,
            _owner(occasion, one),
            "; ".join(
                f"{text(item.name)} within {_span(item.within)}" for item in occasion.deadlines(one)
            ),
        )
        for one in occasion.exercise.objectives
    ]
    columns = ("id", "objective", "capability (CSF 2.0)", "owner", "measured by")
    return joined(
        [
            *head(occasion, "Exercise objectives"),
            *section("Purpose", occasion.exercise.purpose),
            *section("Scope", occasion.exercise.scope),
            "## Objectives",
            "",
            *table(columns, rows),
        ]
    )


def events(occasion: Occasion) -> str:
    """The master scenario events list (MSEL); with the delivered times after a run."""
    delivered = dict(occasion.recording.injects) if occasion.recording else {}
    rows = [
        (
            str(one.number),
            moment(one.after),
            moment(delivered[one.number]) if one.number in delivered else "",
            text(one.to),
            text(one.text),
            text(one.expected),
            one.objective,
        )
        for one in _injects(occasion)
    ]
    columns = ("no.", "planned", "delivered", "to", "inject", "expected action", "objective")
    return joined([*head(occasion, "Master scenario events list"), *table(columns, rows)])


def situation_manual(occasion: Occasion) -> str:
    """What everybody in the room reads. Injects and the facilitator's notes are not in it."""
    exercise = occasion.exercise
    return joined(
        [
            *head(occasion, "Situation manual"),
            *section("Purpose", exercise.purpose),
            *section("Scope", exercise.scope),
            *bullets("Objectives", [f"{one.id}: {one.text}" for one in exercise.objectives]),
            *who(occasion),
            *bullets("How it is played", _rules()),
            *section("Situation", *exercise.situation),
            *bullets("What holds before anything happens", exercise.steady_state),
            *_tolerances(occasion),
            *contacts(occasion),
            *bullets("Hot wash", exercise.questions),
        ]
    )


def facilitator_notes(occasion: Occasion) -> str:
    """For whoever leads it alone: notes, injects with their moment, what to look for."""
    exercise = occasion.exercise
    rows = [
        (moment(one.after), str(one.number), text(one.to), text(one.text), text(one.expected))
        for one in _injects(occasion)
    ]
    return joined(
        [
            *head(occasion, "Facilitator's notes"),
            "Not for players.",
            "",
            *bullets("Notes", exercise.notes),
            *bullets("Check before the start", exercise.steady_state),
            "## Injects",
            "",
            *table(("at", "no.", "to", "say", "expect"), rows),
            *bullets("Hot wash", exercise.questions),
            *section("What remains afterwards", occasion.about.leaves or "Nothing."),
        ]
    )


def evaluator_guide(occasion: Occasion) -> str:
    """The exercise evaluation guide (EEG): critical tasks and a rating for each objective."""
    lines = head(occasion, "Exercise evaluation guide")
    lines += ["Evaluator: ________  Date: ________", ""]
    for one in occasion.exercise.objectives:
        lines += _evaluated(occasion, one)
    return joined([*lines, "## Ratings", "", *table(("rating", "meaning"), RATINGS)])


def _evaluated(occasion: Occasion, objective: Objective) -> list[str]:
    timed = [
        (f"{text(one.name)}", f"within {_span(one.within)}", "", "")
        for one in occasion.deadlines(objective)
    ]
    expected = [
        (text(one.expected), f"after inject {one.number}", "", "")
        for one in _injects(occasion)
        if one.objective == objective.id and one.expected
    ]
    columns = ("critical task", "target", "observed at", "what was seen")
    return [
        f"## {objective.id}: {text(objective.text)}",
        "",
        f"Capability: {objective.capability}. Owner: {_owner(occasion, objective)}.",
        "",
        *table(columns, [*timed, *expected]),
        "Rating: " + "  ".join(f"☐ {letter}" for letter, _ in RATINGS),
        "",
        "Why: ________",
        "",
    ]


def feedback_form(occasion: Occasion) -> str:
    """What each participant fills in afterwards."""
    statements = [
        ("The situation was plausible for our plant.", SCALE),
        ("The objectives were those that matter to my work.", SCALE),
        ("I knew whom to call, and reached them.", SCALE),
        ("I had what I needed to decide.", SCALE),
        ("I could do my part under these conditions for real.", SCALE),
    ]
    measured = [
        (f"{one.id}: {text(one.text)} We can do this.", SCALE)
        for one in occasion.exercise.objectives
    ]
    return joined(
        [
            *head(occasion, "Participant feedback form"),
            "Name (optional): ________  Role: ☐ facilitator ☐ evaluator ☐ player ☐ observer",
            "",
            *table(("statement", "circle one"), [*statements, *measured]),
            *(
                line
                for question in (
                    *occasion.exercise.questions,
                    "Three strengths that I saw:",
                    "Three things to improve, and who should:",
                )
                for line in (f"**{text(question)}**", "", "________", "")
            ),
        ]
    )


def _rules() -> tuple[str, ...]:
    return (
        "It is no test of persons: what is found belongs to procedures, tools and training.",
        "Whoever is asked answers with y or n and their name; silence until the deadline counts "
        "as no answer.",
        "Evaluators write remarks down at any time, by a line that begins with `note`.",
        "Nothing that production would notice is done before the authority has consented.",
        "Anybody may stop it for a real incident; everything is then put back.",
    )


def _tolerances(occasion: Occasion) -> list[str]:
    rows = [
        (
            tenant.id,
            text(one.name),
            duration(one.tolerable_loss),
            tenant.fail_mode,
            tenant.authority,
        )
        for tenant in occasion.plan.tenants
        if occasion.tenant in (None, tenant.id)
        for one in tenant.functions
    ]
    columns = ("tenant", "essential function", "tolerable loss of view", "fail mode", "authority")
    return ["## Essential functions", "", *table(columns, rows)]


def _injects(occasion: Occasion) -> list[Inject]:
    return sorted(occasion.exercise.injects, key=lambda one: (one.after, one.number))


def _owner(occasion: Occasion, objective: Objective) -> str:
    person = holder(occasion.plan, objective.owner, occasion.tenant)
    return text(f"{person.name} ({objective.owner})" if person else objective.owner)


def _span(seconds: float) -> str:
    return duration(int(seconds)) if seconds == int(seconds) else f"{seconds:g} s"

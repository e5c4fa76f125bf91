"""What an exercise is made of, in the words of HSEEP and of CISA's tabletop packages: data alone.

Documents (situation manual, list of events, evaluator guide, …) are made from this and, after a
run, from its timeline.
"""

from dataclasses import dataclass
from typing import Literal

Role = Literal["facilitator", "evaluator", "player", "observer"]
Function = Literal["Identify", "Protect", "Detect", "Respond", "Recover"]
"""NIST CSF 2.0's functions, as capability of an objective."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One thing that the exercise is to show. owner: the plan's role that owns improvements."""

    id: str
    text: str
    capability: Function
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inject:
    """A row of the master scenario events list. after: planned seconds from the start."""

    number: int
    after: float
    to: str
    text: str
    expected: str
    objective: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """What must be Done within so many seconds; `name` is the subject of the drill's finding."""

    name: str
    within: float
    objective: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """Everything that is known of an exercise before it runs.

    steady_state: what must hold before anything is done. situation: paragraphs that players read.
    notes: for the facilitator alone. questions: of the hot wash.
    """

    purpose: str
    scope: str
    steady_state: tuple[str, ...]
    situation: tuple[str, ...]
    notes: tuple[str, ...]
    objectives: tuple[Objective, ...]
    injects: tuple[Inject, ...]
    deadlines: tuple[Deadline, ...]
    questions: tuple[str, ...]


def faults(exercise: Exercise) -> list[str]:
    """What does not fit together in an exercise, in words; nothing where all does."""
    known = [one.id for one in exercise.objectives]
    numbers = [str(one.number) for one in exercise.injects]
    names = [one.name for one in exercise.deadlines]
    found = [] if known else ["it has no objective"]
    for what, values in (("objective", known), ("inject", numbers), ("deadline", names)):
        twice = sorted({one for one in values if values.count(one) > 1})
        found += [f"two of its {what}s are {one}" for one in twice]
    parts: tuple[Inject | Deadline, ...] = (*exercise.injects, *exercise.deadlines)
    for part in parts:
        if part.objective not in known:
            found.append(f"{part.objective!r} is no objective of it: {part}")
    measured = {one.objective for one in exercise.deadlines}
    return found + [f"nothing measures {one}" for one in known if one not in measured]

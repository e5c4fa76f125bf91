"""The improvement plan: what did not hold gets an owner and a date, until the drill holds it.

An improvement belongs to one finding of one drill in one environment. It closes when that drill,
run whole in the same environment, holds that finding; it is opened again if it deviates later.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from bulkhead.drill.exercise import Exercise, Objective
from bulkhead.drill.findings import Finding, Standing
from bulkhead.drill.owners import holder
from bulkhead.drill.timeline import Recording
from bulkhead.errors import Problem, WrongInput
from bulkhead.plan import Plan

DAYS = 30
"""Until an improvement is due, unless another time is agreed."""
FAILED = ("deviated", "not observed")
"""What is to be improved. What a run ended too early for is no fault of the plant's."""
PUT_BACK, AFTERWARDS = "everything is put back", "afterwards: "
FILE = "improvements.json"
"""Below the state directory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """One row of the plan. Dates are ISO 8601 (YYYY-MM-DD); closed: empty while it is open.

    issue: what was seen instead of what. owner: a person's id. times: how often it was opened.
    """

    drill: str
    environment: str
    tenant: str
    subject: str
    source: str
    target: str
    issue: str
    objective: str
    capability: str
    owner: str
    opened: str
    due: str
    closed: str = ""
    times: int = 1

    @property
    def key(self) -> tuple[str, ...]:
        """What it is about, the same in every run."""
        where = (self.drill, self.environment, self.tenant)
        return (*where, self.subject, self.source, self.target)

    def overdue(self, today: date) -> bool:
        """Whether it is open past its date."""
        return not self.closed and date.fromisoformat(self.due) < today


@dataclass(frozen=True, slots=True, kw_only=True)
class Planning:
    """What is needed to make improvements of a run's findings."""

    plan: Plan
    exercise: Exercise
    tenant: str | None
    today: date
    days: int = DAYS


def found(recording: Recording) -> tuple[Finding, ...]:
    """A run's findings, and whether everything was put back, which is one too."""
    findings = tuple(one for _, one in recording.findings)
    left = recording.end.get("unmended", [])
    standing: Standing = "deviated" if left else "held" if recording.ended else "censored"
    return (
        *findings,
        Finding(
            subject=PUT_BACK,
            source="",
            target="",
            expected="nothing left",
            seen=f"{len(left)} left" if left else "nothing left" if recording.ended else "cut off",
            standing=standing,
            because="; ".join(left),
        ),
    )


def updated(
    known: Sequence[Improvement], recording: Recording, planning: Planning
) -> tuple[Improvement, ...]:
    """The plan after a run: opened, closed and opened again; in a stable order."""
    table = {one.key: one for one in known}
    whole = recording.end.get("ended") == "whole"
    for finding in found(recording):
        fresh = _made(recording, finding, planning)
        before = table.get(fresh.key)
        if finding.standing in FAILED:
            table[fresh.key] = _opened(before, fresh)
        elif before and not before.closed and finding.standing == "held" and whole:
            table[fresh.key] = replace(before, closed=planning.today.isoformat())
    return tuple(table[key] for key in sorted(table))


def _opened(before: Improvement | None, fresh: Improvement) -> Improvement:
    """New; or still open, by its old date; or open again, with a new one."""
    if before is None:
        return fresh
    if not before.closed:
        return replace(before, issue=fresh.issue)
    return replace(fresh, times=before.times + 1)


def _made(recording: Recording, finding: Finding, planning: Planning) -> Improvement:
    objective = objective_of(planning.exercise, finding)
    person = holder(planning.plan, objective.owner, planning.tenant)
    issue = f"{finding.seen} instead of {finding.expected}"
    return Improvement(
        drill=recording.run["drill"],
        environment=recording.run["environment"],
        tenant=planning.tenant or "",
        subject=finding.subject,
        source=finding.source,
        target=finding.target,
        issue=f"{issue}: {finding.because}" if finding.because else issue,
        objective=objective.id,
        capability=objective.capability,
        owner=person.id if person else objective.owner,
        opened=planning.today.isoformat(),
        due=(planning.today + timedelta(days=planning.days)).isoformat(),
    )


def objective_of(exercise: Exercise, finding: Finding) -> Objective:
    """The objective whose deadline the finding is; the first one for whatever belongs to all."""
    subject = finding.subject.removeprefix(AFTERWARDS)
    wanted = {one.name: one.objective for one in exercise.deadlines}.get(subject)
    matching = [one for one in exercise.objectives if one.id == wanted]
    return (matching or list(exercise.objectives))[0]


def read(folder: Path) -> tuple[Improvement, ...]:
    """The plan that is kept in a state directory; WrongInput where it is damaged."""
    path = folder / FILE
    if not path.exists():
        return ()
    try:
        return tuple(Improvement(**row) for row in json.loads(path.read_text()))
    except (TypeError, ValueError):
        raise WrongInput(
            Problem(str(path), "this is no improvement plan", remedy="restore it from a copy")
        ) from None


def keep(folder: Path, rows: Iterable[Improvement]) -> None:
    """Keep the plan: it is there whole or as it was before."""
    text = json.dumps([asdict(row) for row in rows], indent=1, ensure_ascii=False)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{FILE}.new"
    draft.write_text(text + "\n")
    draft.replace(folder / FILE)

"""Attacks and drills put together with an environment: run, recorded, and mended after a crash."""

import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import simpy

from bulkhead.drill import Environment, Handler, NotObserved, Report, Row, Timeline, run
from bulkhead.drill.authority import Consent
from bulkhead.drill.drills import Drill
from bulkhead.drill.people import Ask
from bulkhead.drill.replay import Recorded
from bulkhead.drill.runner import Tells, check, roll_back
from bulkhead.drill.timeline import load
from bulkhead.environments.locking import locked
from bulkhead.errors import BulkheadError, Problem, WrongInput
from bulkhead.plan import Plan, canonical

Say = Callable[[str], None]
RUNS = "runs"
"""Below the state directory: one file of JSON lines per run, its timeline."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A run's report, and where its timeline lies."""

    report: Report
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a drill runs. state: the project's state directory.

    machines: in sim, whether hosts have filters and services of their own, or are bare.
    """

    environment: str
    state: Path
    machines: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a run has beside its drill and its place; an attack has nothing of it.

    people: makes the handler that answers for people. consent: who is asked before production is
    disturbed. tells: is told of each inject, with its moment; watch: of each row. facts: for the
    timeline's first line.
    """

    people: Callable[[Environment, Timeline], Handler] | None = None
    consent: Consent | None = None
    tells: Tells | None = None
    watch: Callable[[Row], None] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


ALONE = Setting()


def run_in(place: Place, drill: Drill, plan: Plan, say: Say, setting: Setting = ALONE) -> Ran:
    """Run it, in the lab under the lab's lock. What a killed run left open is closed first."""
    with _alone(place), _terminated_as_interrupted():
        where = _environment(place, plan)
        check(drill, _peopled(where, Recorded([])) if setting.people else where)
        if _mend(where, place.state, say):
            where = _environment(place, plan)  # what it found at first was not as it must be
        timeline = Timeline()
        if setting.people:
            where = _peopled(where, setting.people(where, timeline))
        path = _path(place, drill.about.name)
        with path.open("w") as timeline.file:
            if setting.watch:
                timeline.watch = setting.watch
            report = run(
                drill,
                where,
                timeline,
                consent=setting.consent,
                tells=setting.tells,
                facts=setting.facts,
            )
    return Ran(report, path)


def _peopled(where: Environment, people: Handler) -> Environment:
    return replace(where, handlers={**where.handlers, Ask: people})


def _environment(place: Place, plan: Plan) -> Environment:
    if place.environment == "sim":
        from bulkhead.environments.actions import sim

        return sim.environment(plan, machines=place.machines)
    if place.environment == "lab":
        from bulkhead.environments.actions import lab
        from bulkhead.environments.lab import Lab

        standing = Lab(place.state).standing()
        _same(plan, Path(standing.info.state))
        return lab.environment(standing, plan)
    return Environment(place.environment, simpy.Environment(), {})


def _same(plan: Plan, state: Path) -> None:
    """The lab must stand for this very plan: else what it refuses would be judged by another."""
    stands = state / "plan.json"
    if not stands.exists() or stands.read_bytes() != canonical(plan):
        raise WrongInput(
            Problem(
                where=str(state),
                what="this lab does not stand for the blueprint as it is now",
                remedy="bulkhead up ESTATE --env lab",
            )
        )


def _alone(place: Place) -> Any:
    lock = place.state / "lab" / "up.lock"
    lab = place.environment == "lab" and lock.exists()
    return locked(lock, "drill or attack") if lab else nullcontext()


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """A polite end (SIGTERM) rolls back like an interrupt from the keyboard."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _path(place: Place, name: str) -> Path:
    folder = place.state / RUNS
    folder.mkdir(parents=True, exist_ok=True)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    return folder / f"{stamp}-{name}-{place.environment}.jsonl"


def _mend(where: Environment, state: Path, say: Say) -> bool:
    """Roll back what runs in this environment left open when they were killed; if there was any."""
    mended = False
    for path in sorted((state / RUNS).glob(f"*-{where.name}.jsonl")):
        recording = load(path)
        if recording.ended or not recording.owed or where.name == "sim":
            continue
        say(f"{path.name} was cut off; rolling back what it left: {len(recording.owed)}")
        with path.open("a") as file:
            left = roll_back(recording.owed, where, Timeline(file))
        if left:
            raise BulkheadError(
                *(
                    Problem(str(path), f"{action} did not work: {_why(outcome)}", remedy="see it")
                    for action, outcome in left
                )
            )
        mended = True
    return mended


def _why(outcome: Any) -> str:
    return outcome.reason if isinstance(outcome, NotObserved) else repr(outcome)

"""Drills put together with people, the authority and an environment; and replayed."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bulkhead.drill import Environment, Handler, Report, Row, Timeline, run
from bulkhead.drill.authority import Authority
from bulkhead.drill.bridge import Bridge
from bulkhead.drill.console import Console, told
from bulkhead.drill.drills import About, Exercised
from bulkhead.drill.outcomes import word
from bulkhead.drill.participants import Participant
from bulkhead.drill.people import Distribution, Reaction
from bulkhead.drill.replay import Recorded, compared, replayed
from bulkhead.drill.runner import Tells
from bulkhead.drill.timeline import Recording, load
from bulkhead.drill.words import moment, said
from bulkhead.environments.running import RUNS, Place, Ran, Say, Setting, run_in
from bulkhead.errors import Problem, WrongInput
from bulkhead.plan import Plan, digest


def known() -> list[About]:
    """Every drill of the catalogue."""
    from simulator.drills import catalogue

    return [drill.about for drill in catalogue().values()]


def about(name: str) -> About:
    """One of them; WrongInput with those that there are."""
    from simulator.drills import named

    return named(name).about


def drill(name: str, plan: Plan, tenant: str | None) -> Exercised:
    """A drill on an estate; WrongInput for a name or a tenant that does not fit."""
    from simulator.drills import named

    if tenant is not None and tenant not in {one.id for one in plan.tenants}:
        allowed = ", ".join(one.id for one in plan.tenants)
        raise WrongInput(Problem(f"--tenant {tenant}", "there is no such tenant", allowed=allowed))
    return named(name)(plan, tenant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who answers, and how. answers: a timeline whose people answer again.

    pace: how many seconds of people pass in one of the clock's; in one of the room's, where a
    facilitated drill runs in virtual time.
    """

    participants: tuple[Participant, ...] = ()
    facilitated: bool = False
    answers: Path | None = None
    seed: int = 1
    pace: float = 1.0
    lines: Iterable[str] = ()
    show: Callable[[str], None] = print

    @property
    def mode(self) -> str:
        """As the timeline's first line says it."""
        if self.answers:
            return "recording"
        return "console" if self.facilitated else "distribution"


def run_drill(place: Place, drill: Exercised, plan: Plan, cast: Cast, say: Say) -> Ran:
    """Run it with people and with the authorities' consent; see running.run_in.

    In a facilitated run the room reads the situation first.
    """
    _agree(place, cast)
    if cast.facilitated:
        cast.show("\n\n".join((drill.about.title, *drill.exercise.situation)))
    started = datetime.now(UTC)
    setting = Setting(
        people=lambda where, timeline: _people(where, timeline, plan, cast),
        consent=Authority(plan, started),
        tells=_teller(plan, cast) if cast.facilitated else None,
        watch=_progress(say) if place.environment == "lab" and not cast.facilitated else None,
        facts={
            "estate": digest(plan),
            "tenant": drill.tenant,
            "started": started.isoformat(timespec="seconds"),
            "people": cast.mode,
            "seed": cast.seed,
            "pace": cast.pace,
            "roles": [asdict(one) for one in cast.participants],
        },
    )
    return run_in(place, drill, plan, say, setting)


def _teller(plan: Plan, cast: Cast) -> Tells:
    """Shows the room what is told to people; what is done to machines, it is to find out."""
    hosts = {host.id for host in plan.hosts}
    return lambda inject, at: None if inject.to in hosts else cast.show(told(inject, at))


def _progress(say: Say) -> Callable[[Row], None]:
    """One line a row: real time is long. In a facilitated run it would tell too much."""
    return lambda row: say(f"{moment(row.done)} {said(row.action)}: {word(row.outcome)}")


def replay(recording: Recording, plan: Plan) -> tuple[Report, list[str]]:
    """A recorded drill played again in virtual time, and what differs from its recording.

    WrongInput where it was made on another estate.
    """
    made = recording.run
    if made.get("estate") != digest(plan):
        raise WrongInput(
            Problem("recording", "it was made on another estate", remedy="name that blueprint")
        )
    again = run(
        drill(made["drill"], plan, made["tenant"]),
        replayed(recording.rows),
        consent=Authority(plan, datetime.fromisoformat(made["started"])),
    )
    found = [one.told for one in again.findings]
    before = [one.told for _, one in recording.findings]
    differences = compared(recording.rows, again.timeline.rows)
    if isinstance(again.fault, Exception):
        differences.append(str(again.fault))
    if found != before:
        differences.append("findings differ: " + "; ".join(map(str, _unlike(before, found))))
    return again, differences


def timelines(state: Path, name: str) -> tuple[list[Path], list[Path], list[Path]]:
    """The whole runs that are on file: of a drill in sim, in the lab; of others in the lab."""
    paths = sorted((state / RUNS).glob("*.jsonl"))
    runs = {path: load(path) for path in paths}
    whole = [path for path in paths if runs[path].end.get("ended") == "whole"]

    def of(environment: str, *, this: bool) -> list[Path]:
        return [
            path
            for path in whole
            if runs[path].run.get("environment") == environment
            and (runs[path].run.get("drill") == name) is this
        ]

    return of("sim", this=True), of("lab", this=True), of("lab", this=False)


def _unlike(before: list[Any], found: list[Any]) -> list[Any]:
    return [one for one in (*before, *found) if (one in before) != (one in found)]


def _agree(place: Place, cast: Cast) -> None:
    """Refuse what does not go together."""
    if cast.pace <= 0:
        raise WrongInput(Problem(f"--pace {cast.pace:g}", "nobody acts like this", "above 0"))
    if place.environment == "lab" and cast.facilitated and cast.pace != 1.0:
        raise WrongInput(
            Problem(
                where=f"--pace {cast.pace:g}",
                what="neither packets nor the people in the room accelerate",
                allowed="--pace in sim, or in a lab without --facilitated",
            )
        )
    if cast.facilitated and cast.answers:
        raise WrongInput(Problem("--answers", "it cannot be had with --facilitated", "one of them"))


def _people(where: Environment, timeline: Timeline, plan: Plan, cast: Cast) -> Handler:
    if cast.answers:
        return Recorded(load(cast.answers).rows, words=False)
    if not cast.facilitated:
        return Distribution(plan.people, reaction(), cast.seed, cast.pace)
    console = Console(
        lines=cast.lines or sys.stdin,
        show=cast.show,
        people=plan.people,
        participants=cast.participants,
        timeline=timeline,
        clock=where.clock,
        pace=1.0 if isinstance(where.clock, Bridge) else cast.pace,
    )
    return console.listen()


def reaction() -> Reaction:
    """How long the plant's people take."""
    from simulator.plant import people

    return people.reaction

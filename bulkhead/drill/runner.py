"""The runner: drives a drill's script in an environment, bounds every action, rolls all back."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import simpy

from bulkhead.drill.actions import Action
from bulkhead.drill.authority import Consent, Nobody
from bulkhead.drill.carrying import Carrier
from bulkhead.drill.drills import (
    Director,
    Do,
    Drill,
    Expect,
    Holds,
    Join,
    Request,
    Script,
    Start,
    Steady,
    Strand,
    Undo,
    Wait,
)
from bulkhead.drill.environment import Environment
from bulkhead.drill.exercise import Exercise, Inject
from bulkhead.drill.findings import Finding, Standing
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, silent, word
from bulkhead.drill.timeline import Timeline
from bulkhead.errors import BulkheadError, MissingHere, Problem, WrongInput

Events = Generator[simpy.Event, Any, Any]
Tells = Callable[[Inject, float], None]
"""Shows an inject to whoever takes part; with the run's time (s)."""
Ended = Literal["whole", "interrupted", "failed", "too long", "not in steady state"]


@dataclass(slots=True, kw_only=True)
class Report:
    """What a run came to. unmended: roll-backs that failed, with why; fault: what ended it."""

    name: str
    environment: str
    ended: Ended
    findings: tuple[Finding, ...]
    timeline: Timeline
    unmended: tuple[tuple[Action, Outcome], ...]
    fault: BaseException | None = None

    @property
    def held(self) -> bool:
        """Whether it ran whole, all was seen as expected that could be tried, and put back."""
        clean = self.ended == "whole" and not self.unmended
        return clean and all(row.standing in ("held", "not run") for row in self.findings)


def run(  # noqa: PLR0913 (what a run has beside its drill, each by itself)
    drill: Drill,
    environment: Environment,
    timeline: Timeline | None = None,
    *,
    consent: Consent | None = None,
    tells: Tells | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Report:
    """Run a drill to its end, or to an interrupt, and roll back what it did.

    consent: who is asked before an action that disturbs; without, none of those is tried. tells:
    shows an inject to whoever takes part. facts: written into the timeline's first line beside
    the drill's and the environment's names.

    Raises before anything is tried: WrongInput for an attack where attacks are refused,
    MissingHere where the environment cannot carry out what the drill needs. An error during the
    run is in the report; roll-backs have been tried by then.
    """
    check(drill, environment)
    started = _Run(drill, environment, timeline or Timeline(), consent or Nobody(), tells)
    return started.run(facts or {})


def check(drill: Drill, environment: Environment) -> None:
    """Refuse, with reasons, what may not or cannot run in this environment."""
    about = drill.about
    injected = any(kind.sabotage for kind in about.needs | about.wants)
    if (drill.hostile or injected) and not environment.hostile:
        raise WrongInput(
            Problem(
                where=f"{about.name}, --env {environment.name}",
                what="attacks are refused there"
                if drill.hostile
                else "what it injects is sabotage, which is refused there",
                allowed="--env sim or --env lab",
            )
        )
    if missing := environment.missing(about.needs):
        raise MissingHere(
            *(
                Problem(
                    where=f"{about.name}, --env {environment.name}",
                    what=f"not run: it needs {kind.__name__}",
                    remedy=environment.why(kind),
                )
                for kind in missing
            )
        )


@dataclass(slots=True)
class _Run:
    drill: Drill
    environment: Environment
    timeline: Timeline
    consent: Consent
    tells: Tells | None
    director: Director = field(init=False)
    carrier: Carrier = field(init=False)
    open: list[Expect] = field(default_factory=list)
    steady: tuple[Holds, ...] = ()
    fault: BaseException | None = None
    over: bool = False
    unsteady: bool = False

    def __post_init__(self) -> None:
        clock = self.environment.clock
        self.director = Director(
            hears=lambda found: self.timeline.find(clock.now, found), tells=self._deliver
        )
        self.carrier = Carrier(
            environment=self.environment,
            timeline=self.timeline,
            owed=self.director.owed,
            most=self.drill.about.most,
            consent=self.consent,
        )

    def run(self, facts: Mapping[str, Any]) -> Report:
        self.timeline.begin(drill=self.drill.about.name, environment=self.environment.name, **facts)
        ended = self._play()
        unmended = self._mend()
        self._censor()
        if not self.unsteady:
            self._as_found()
        self.timeline.end(ended=ended, unmended=[repr(action) for action, _ in unmended])
        return Report(
            name=self.drill.about.name,
            environment=self.environment.name,
            ended=ended,
            findings=tuple(self.director.findings),
            timeline=self.timeline,
            unmended=unmended,
            fault=self.fault,
        )

    def _play(self) -> Ended:
        """Run the script until it is over, fails, is interrupted, or takes too long."""
        clock = self.environment.clock
        played = clock.process(self._strand(self.drill.run(self.director)))
        try:
            clock.run(until=played | clock.timeout(self.drill.about.longest))
        except KeyboardInterrupt as interrupt:
            self.fault = interrupt
            return "interrupted"
        if self.fault is not None:
            return "failed"
        if self.unsteady:
            return "not in steady state"
        return "whole" if played.triggered else "too long"

    def _mend(self) -> tuple[tuple[Action, Outcome], ...]:
        """Roll back everything that is owed. An interrupt meanwhile is heard, but waits."""
        self.over = self.carrier.over = True
        clock = self.environment.clock
        mending = clock.process(self.carrier.roll_back_all())
        while True:
            try:
                clock.run(until=mending)
                return tuple(self.carrier.unmended)
            except KeyboardInterrupt as interrupt:
                self.fault = interrupt
                if mending.triggered:
                    mending = clock.process(self.carrier.roll_back_all())

    def _censor(self) -> None:
        for expected in self.open:
            self.director.find(_finding(expected, NotObserved(reason="the run ended"), "censored"))

    def _as_found(self) -> None:
        """Look at the steady state again, now that everything is put back."""
        clock = self.environment.clock
        looking = clock.process(self._look(self.steady, "afterwards: "))
        try:
            clock.run(until=looking)
        except KeyboardInterrupt as interrupt:
            self.fault = interrupt

    def _strand(self, script: Script) -> Events:
        """Drive one script; its failure is kept as a value and ends it."""
        answer = None
        try:
            while not self.over:
                answer = yield from self._answer(script.send(answer))
            script.close()
        except StopIteration as end:
            return end.value
        except Exception as error:
            self.fault = self.fault or error
        return None

    def _answer(self, request: Request) -> Events:
        match request:
            case Do(actions, single):
                found: Sequence[Outcome] = yield from self.carrier.carry(actions)
                return found[0] if single else tuple(found)
            case Expect():
                return (yield from self._expect(request))
            case Steady(conditions):
                return (yield from self._steady(conditions))
            case Undo(mark):
                return (yield from self.carrier.roll_back(mark))
            case Wait() | Start() | Join():
                return (yield from self._pass(request))

    def _pass(self, request: Wait | Start | Join) -> Events:
        """What tries nothing: time, and scripts beside each other."""
        clock = self.environment.clock
        match request:
            case Wait(seconds, until):
                yield clock.timeout(seconds if until is None else max(0.0, until - clock.now))
                return None
            case Start(script):
                strand = Strand(script)
                strand.process = clock.process(self._strand(script))
                return strand
            case Join(strand):
                return (yield strand.process)

    def _steady(self, conditions: tuple[Holds, ...]) -> Events:
        """The steady state; where a condition does not hold, nothing more is asked."""
        if self.carrier.asked or any(_touches(one.action) for one in conditions):
            raise BulkheadError(
                Problem(
                    where=self.drill.about.name,
                    what="its steady state would be looked at after, or by, changing something",
                    remedy="look first, by actions that have no roll-back and disturb nothing",
                )
            )
        self.steady = conditions
        found: tuple[Finding, ...] = yield from self._look(conditions, "")
        if any(row.standing not in ("held", "not run") for row in found):
            self.unsteady = self.over = True
        return found

    def _deliver(self, number: int) -> None:
        """ValueError for a number that the exercise does not have."""
        exercise: Exercise | None = getattr(self.drill, "exercise", None)
        known = {one.number: one for one in exercise.injects} if exercise else {}
        if number not in known:
            raise ValueError(f"{self.drill.about.name} has no inject {number}")
        now = self.environment.clock.now
        self.timeline.deliver(number, now)
        if self.tells:
            self.tells(known[number], now)

    def _look(self, conditions: tuple[Holds, ...], when: str) -> Events:
        outcomes = yield from self.carrier.look([one.action for one in conditions])
        found = tuple(map(_held, conditions, outcomes))
        for row in found:
            self.director.find(replace(row, subject=when + row.subject))
        return found

    def _expect(self, expected: Expect) -> Events:
        self.open.append(expected)
        asked = self.environment.clock.now
        [outcome] = yield from self.carrier.carry([expected.action], within=expected.within)
        self.open.remove(expected)
        # To the microsecond: a sum of floats may end a hair before the deadline that it is.
        took = round(self.environment.clock.now - asked, 6)
        finding = _finding(expected, outcome, _standing(outcome, took, expected.within))
        self.director.find(finding)
        return finding


def _standing(outcome: Outcome, took: float, within: float) -> Standing:
    """Held if it came in time. Who could not look, and said so, has not seen that it was missed."""
    if isinstance(outcome, NotObserved) and took < within and not silent(outcome):
        return "not run" if outcome.lacking else "not observed"
    return "held" if isinstance(outcome, Done) and took <= within else "deviated"


def _touches(action: Action) -> bool:
    return action.undo() is not None or bool(action.disturbs())


def _held(condition: Holds, outcome: Outcome) -> Finding:
    """Whether a condition of the steady state holds."""
    standing: Standing = "held" if word(outcome) == condition.ends else "deviated"
    if isinstance(outcome, NotObserved):
        standing = "not run" if outcome.lacking else "not observed"
    return Finding(
        subject=condition.name,
        source=getattr(condition.action, "source", ""),
        target=getattr(condition.action, "target", ""),
        expected=condition.ends,
        seen=word(outcome),
        standing=standing,
        layer=getattr(outcome, "layer", ""),
        because=getattr(outcome, "reason", ""),
    )


def _finding(expected: Expect, outcome: Outcome, standing: Standing) -> Finding:
    source = getattr(expected.action, "source", "")
    return Finding(
        subject=expected.name,
        source=source,
        target=getattr(expected.action, "target", ""),
        expected=f"within {expected.within:g} s",
        seen=word(outcome),
        standing=standing,
        layer=getattr(outcome, "layer", ""),
        because=getattr(outcome, "reason", ""),
    )


def roll_back(
    owed: Sequence[Action], environment: Environment, timeline: Timeline
) -> tuple[tuple[Action, Outcome], ...]:
    """Carry out roll-backs that a killed run still owed, in this order; those that failed."""
    carrier = Carrier(environment, timeline, list(reversed(owed)), most=0)
    environment.clock.run(until=environment.clock.process(carrier.roll_back(0)))
    if not carrier.unmended:
        timeline.end(ended="killed", unmended=[])
    return tuple(carrier.unmended)

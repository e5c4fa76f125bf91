"""The runner: drives a drill's script in an environment, bounds every action, rolls all back."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import simpy

from bulkhead.drill.actions import Action
from bulkhead.drill.carrying import Carrier
from bulkhead.drill.drills import (
    Director,
    Do,
    Drill,
    Expect,
    Join,
    Request,
    Script,
    Start,
    Strand,
    Undo,
    Wait,
)
from bulkhead.drill.environment import Environment
from bulkhead.drill.findings import Finding, Standing
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, word
from bulkhead.drill.timeline import Timeline
from bulkhead.errors import MissingHere, Problem, WrongInput

Events = Generator[simpy.Event, Any, Any]
Ended = Literal["whole", "interrupted", "failed", "too long"]


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


def run(drill: Drill, environment: Environment, timeline: Timeline | None = None) -> Report:
    """Run a drill to its end, or to an interrupt, and roll back what it did.

    Raises before anything is tried: WrongInput for an attack where attacks are refused,
    MissingHere where the environment cannot carry out what the drill needs. An error during the
    run is in the report; roll-backs have been tried by then.
    """
    check(drill, environment)
    return _Run(drill, environment, timeline or Timeline()).run()


def check(drill: Drill, environment: Environment) -> None:
    """Refuse, with reasons, what may not or cannot run in this environment."""
    about = drill.about
    if drill.hostile and not environment.hostile:
        raise WrongInput(
            Problem(
                where=f"{about.name}, --env {environment.name}",
                what="attacks are refused there",
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
    director: Director = field(init=False)
    carrier: Carrier = field(init=False)
    open: list[Expect] = field(default_factory=list)
    fault: BaseException | None = None
    over: bool = False

    def __post_init__(self) -> None:
        self.director = Director()
        about = self.drill.about
        self.carrier = Carrier(self.environment, self.timeline, self.director.owed, about.most)

    def run(self) -> Report:
        self.timeline.begin(drill=self.drill.about.name, environment=self.environment.name)
        ended = self._play()
        unmended = self._mend()
        self._censor()
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
        return "whole" if played.triggered else "too long"

    def _mend(self) -> tuple[tuple[Action, Outcome], ...]:
        """Roll back everything that is owed. An interrupt meanwhile is heard, but waits."""
        self.over = True
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
            case Wait(seconds, until):
                now = self.environment.clock.now
                left = seconds if until is None else max(0.0, until - now)
                yield self.environment.clock.timeout(left)
            case Undo(mark):
                return (yield from self.carrier.roll_back(mark))
            case Start(script):
                strand = Strand(script)
                strand.process = self.environment.clock.process(self._strand(script))
                return strand
            case Join(strand):
                return (yield strand.process)
        return None

    def _expect(self, expected: Expect) -> Events:
        self.open.append(expected)
        asked = self.environment.clock.now
        [outcome] = yield from self.carrier.carry([expected.action], within=expected.within)
        self.open.remove(expected)
        took = self.environment.clock.now - asked
        finding = _finding(expected, outcome, _standing(outcome, took, expected.within))
        self.director.find(finding)
        return finding


def _standing(outcome: Outcome, took: float, within: float) -> Standing:
    """Held if it came in time. Who could not look, and said so, has not seen that it was missed."""
    if isinstance(outcome, NotObserved) and took < within:
        return "not run" if outcome.lacking else "not observed"
    return "held" if isinstance(outcome, Done) and took <= within else "deviated"


def _finding(expected: Expect, outcome: Outcome, standing: Standing) -> Finding:
    source = getattr(expected.action, "source", "")
    return Finding(
        subject=expected.name,
        source=source,
        target=getattr(expected.action, "target", ""),
        expected=f"within {expected.within:g} s",
        seen=word(outcome),
        standing=standing,
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

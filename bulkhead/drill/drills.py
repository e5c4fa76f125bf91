"""What a drill and an attack say of themselves, and what their generators may ask for."""

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

from bulkhead.drill.actions import Action
from bulkhead.drill.exercise import Exercise
from bulkhead.drill.findings import Finding
from bulkhead.drill.outcomes import Outcome

Script = Generator["Request", Any, Any]
"""A drill's body: yields requests, is sent what they came to."""


@dataclass(frozen=True, slots=True)
class Do:
    """Carry out actions, all asked now. `single`: the answer is one outcome, not a tuple."""

    actions: tuple[Action, ...]
    single: bool


@dataclass(frozen=True, slots=True)
class Expect:
    """Carry out an action; it should be Done within so many seconds. Answers the Finding."""

    name: str
    action: Action
    within: float


@dataclass(frozen=True, slots=True)
class Holds:
    """One condition of the steady state: an action that changes nothing, and its end."""

    name: str
    action: Action
    ends: Literal["done", "refused"] = "done"


@dataclass(frozen=True, slots=True)
class Steady:
    """Conditions, all asked now; where one does not hold the run ends, with nothing changed."""

    conditions: tuple[Holds, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass: seconds from now, or, with `until`, to that moment of the run."""

    seconds: float = 0.0
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Undo:
    """Roll back, now, everything that was done since the mark (see Director.mark)."""

    mark: int


@dataclass(slots=True, eq=False)
class Strand:
    """A script that runs beside the others; `Join` answers what it returned."""

    script: Script
    process: Any = None


@dataclass(frozen=True, slots=True)
class Start:
    """Run a script beside this one. Answers the Strand."""

    script: Script


@dataclass(frozen=True, slots=True)
class Join:
    """Wait until a strand is over. Answers what it returned."""

    strand: Strand


Request = Do | Expect | Steady | Wait | Undo | Start | Join


@dataclass(slots=True)
class Director:
    """What a drill is given: `yield d.do(action)` and the like; `find` notes a finding.

    hears: told of each finding at once; tells: of each inject's number.
    """

    findings: list[Finding] = field(default_factory=list)
    owed: list[Action] = field(default_factory=list)
    hears: Callable[[Finding], None] = lambda finding: None
    tells: Callable[[int], None] = lambda number: None

    def do(self, action: Action) -> Do:
        """One action; answers its outcome."""
        return Do((action,), single=True)

    def all(self, actions: Iterable[Action]) -> Do:
        """Actions asked together; answers their outcomes, in order."""
        return Do(tuple(actions), single=False)

    def expect(self, name: str, action: Action, *, within: float) -> Expect:
        """An action that should be Done in time; answers (and notes) held, deviated, censored."""
        return Expect(name, action.limited(within), within)

    def steady(self, conditions: Iterable[Holds]) -> Steady:
        """The steady state, before anything is done; answers (and notes) a finding for each.

        What does not hold, or cannot be seen to, ends the run: nothing is tried.
        """
        return Steady(tuple(conditions))

    def wait(self, seconds: float) -> Wait:
        """Let seconds pass."""
        return Wait(seconds=seconds)

    def until(self, moment: float) -> Wait:
        """Wait for a moment of the run (seconds from its start); none if it has passed."""
        return Wait(until=moment)

    def start(self, script: Script) -> Start:
        """Run a script beside this one; answers a strand."""
        return Start(script)

    def join(self, strand: Strand) -> Join:
        """Wait for a strand; answers what it returned."""
        return Join(strand)

    def mark(self) -> int:
        """How much there is to roll back now."""
        return len(self.owed)

    def undo(self, mark: int) -> Undo:
        """Roll back what was done since the mark; answers the outcomes, latest action first."""
        return Undo(mark)

    def inject(self, number: int) -> None:
        """An inject of the exercise is due now: the room is shown it, and the timeline has it."""
        self.tells(number)

    def find(self, finding: Finding) -> None:
        """Note a finding."""
        self.findings.append(finding)
        self.hears(finding)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a catalogue says of a drill or attack, in the words of its field.

    techniques: ATT&CK for ICS ids as (v18.1, v19). needs: without these kinds of action it
    cannot run. wants: it runs without these, and says what it did not observe. leaves: what
    remains afterwards. most: actions at most; longest: seconds at most.
    """

    name: str
    title: str
    tactic: str
    techniques: tuple[tuple[str, str], ...]
    references: tuple[str, ...]
    needs: frozenset[type[Action]]
    wants: frozenset[type[Action]]
    leaves: str
    most: int
    longest: float


class Drill(Protocol):
    """Written once, run in every environment."""

    about: ClassVar[About]
    hostile: ClassVar[bool]

    def run(self, d: Director) -> Script:
        """The drill as a generator of requests."""


class Exercised(Drill, Protocol):
    """A drill that people take part in, made by `Kind(plan, tenant)` of its catalogue.

    Its script begins with `yield d.steady([...])`.
    """

    @property
    def tenant(self) -> str | None:
        """With whom it is held, asked for or chosen; None where that is the whole estate."""

    @property
    def exercise(self) -> Exercise:
        """What its documents are made of."""


class Attack:
    """A drill in three parts: warm up, detonate, revert. Refused where attacks are not allowed.

    What the parts did is rolled back at the end by the runner, in reverse order, whatever
    happens; `revert` is for what has no roll-back of its own.
    """

    about: ClassVar[About]
    hostile: ClassVar[bool] = True

    def run(self, d: Director) -> Script:
        """The three parts in their order."""
        yield from self.warm_up(d)
        yield from self.detonate(d)
        yield from self.revert(d)

    def warm_up(self, d: Director) -> Script:
        """Bring about what the attack presupposes. Nothing by default."""
        yield from ()

    def detonate(self, d: Director) -> Script:
        """The attack itself."""
        raise NotImplementedError

    def revert(self, d: Director) -> Script:
        """Put back what no roll-back does. Nothing by default."""
        yield from ()


def outcomes_by(actions: Sequence[Action], outcomes: Sequence[Outcome]) -> dict[Action, Outcome]:
    """The outcomes of actions asked together, by action."""
    return dict(zip(actions, outcomes, strict=True))

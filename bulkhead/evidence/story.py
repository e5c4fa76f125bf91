"""The story that a report tells: everything that was observed, and what was not. Frozen data.

What was not observed is None or an empty tuple, never left out silently: each section of the
report says so. Times of runs are seconds since their start; moments are ISO 8601, UTC.
"""

from dataclasses import dataclass
from typing import Literal

from bulkhead.controls.results import Verification
from bulkhead.drill.exercise import Inject
from bulkhead.drill.findings import Finding
from bulkhead.drill.improvements import Improvement
from bulkhead.drill.timeline import Note
from bulkhead.evidence.signals_picture import Series
from bulkhead.plan import Plan

Word = Literal["done", "refused", "not observed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A file that the report was made from. name: below the state directory; what: its kind."""

    name: str
    what: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """A difference between intent, model and packets; fields as bulkhead.network's Difference."""

    kind: str
    source: str
    target: str
    services: str
    intended: str | None
    computed: str | None
    observed: str | None
    layer: str | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCount:
    """model: ordered pairs and paths where it stops something that no earlier layer stops.
    network: the same with no host's own filter. packets: flows that it stopped; None where packets
    were not observed."""

    layer: str
    model: int
    network: int
    packets: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """One run of `probe`. filtered: hosts whose own rules were read; None where they were not.

    flows: asked of packets, outcomes: what became of them; None and empty where not observed.
    unobserved: flows of which no packet told, where that was to be expected.
    """

    environment: str
    at: str
    digest: str
    hosts: int
    pairs: int
    filtered: int | None
    flows: int | None
    outcomes: tuple[tuple[str, int], ...]
    layers: tuple[LayerCount, ...]
    differences: tuple[Differing, ...]
    unobserved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An action of a timeline. about: what it was about, in words; who: the person asked.

    own: when it happened by the source's own clock (Unix s). fields: of the action, as texts.
    undo: a roll-back. late: answered after its bound.
    """

    asked: float
    done: float
    kind: str
    about: str
    outcome: Word
    layer: str = ""
    reason: str = ""
    who: str = ""
    undo: bool = False
    late: bool = False
    own: float | None = None
    fields: tuple[tuple[str, str], ...] = ()

    def field(self, name: str) -> str:
        """A field of the action; empty where it has none of that name."""
        return dict(self.fields).get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding, and when it was noted if the timeline says."""

    finding: Finding
    at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """One run of a drill or an attack, from its timeline.

    digest: of the plan, None where the timeline does not say. ended: None of a run that was cut
    off. found: None where the timeline holds no findings at all. unmended: what was not put back;
    owed: how many roll-backs a run that was cut off left undone. injects: delivered, as (number,
    seconds). facts: what else it began with.
    """

    name: str
    environment: str
    at: str
    digest: str | None
    ended: str | None
    steps: tuple[Step, ...]
    found: tuple[Found, ...] | None
    notes: tuple[Note, ...]
    unmended: tuple[str, ...]
    owed: int
    file: str
    injects: tuple[tuple[int, float], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def lasted(self) -> float:
        """Seconds until its last action or finding."""
        times = [step.done for step in self.steps] + [row.at or 0.0 for row in self.found or ()]
        return max(times, default=0.0)

    @property
    def held(self) -> bool | None:
        """Whether all was as expected and put back; None where nobody can say."""
        standings = [row.finding.standing for row in self.found or ()]
        if self.unmended or self.owed or "deviated" in standings:
            return False
        whole = self.ended == "whole" and "held" in standings
        return True if whole and set(standings) <= {"held", "not run"} else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercised:
    """A drill or an attack, with its latest run in each environment, by environment.

    injects: as planned; empty of an attack.
    """

    name: str
    title: str
    attack: bool
    runs: tuple[Played, ...]
    injects: tuple[Inject, ...] = ()
    improvements: tuple[Improvement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """Signals of one plant around a run. environment, run: of which run; its start is at 0 s.

    series: None where they could not be read, because of `why`.
    """

    site: str
    environment: str
    run: str
    series: tuple[Series, ...] | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """All of a report. made: when. unread: files that could not be read, with the reason."""

    plan: Plan
    digest: str
    made: str
    claims: tuple[Claimed, ...] = ()
    exercises: tuple[Exercised, ...] = ()
    floors: tuple[Floor, ...] = ()
    verifications: tuple[Verification, ...] = ()
    inputs: tuple[Input, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    tools: tuple[tuple[str, str], ...] = ()

    @property
    def drills(self) -> tuple[Exercised, ...]:
        """The exercises that are no attacks."""
        return tuple(one for one in self.exercises if not one.attack)

    @property
    def attacks(self) -> tuple[Exercised, ...]:
        """The exercises that are attacks."""
        return tuple(one for one in self.exercises if one.attack)

    def current(self, digest: str | None) -> bool:
        """Whether evidence with this digest is about this plan; without one, it may be."""
        return digest in (None, self.digest)

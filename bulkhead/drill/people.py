"""Asking people: an action like any other, so that a drill is written once for all who answer."""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import simpy

from bulkhead.drill.actions import Action, known
from bulkhead.drill.environment import Steps
from bulkhead.drill.outcomes import SILENCE, Done, NotObserved, Outcome
from bulkhead.plan import Person

Answer = Literal["acknowledge", "approve"]
PERSON = "person"
"""The layer of a refusal that a person spoke."""


@known
@dataclass(frozen=True, slots=True)
class Ask(Action):
    """Ask a person of the plan (`acme/marc`) to acknowledge or to approve what `text` says.

    Done with the facts `by` (who answered) and `answer`; Refused with layer `person` where they
    say no; NotObserved where nobody answered `within` so many seconds. circumstances: said beside
    the text, and may differ from one run to the next (it is of the day).
    """

    who: str
    kind: Answer
    text: str
    within: float = 900.0
    circumstances: str = field(default="", compare=False)
    bound: ClassVar[float] = 900.0
    alone: ClassVar[bool] = True

    def waits(self) -> float:
        """See Action."""
        return self.within

    def limited(self, within: float) -> "Ask":
        """See Action."""
        return replace(self, within=within)


Reaction = Callable[[int, str, str, Answer, int], float]
"""Seconds until a person answers, from (seed, who, role, kind of answer, which of their questions
of that kind, from 0); `inf` for somebody who does not answer."""


Answering = Generator[simpy.Event, Any, Outcome]
"""The process of one answer."""


@dataclass(slots=True)
class Distribution:
    """People who answer by themselves, always yes, after a time drawn from a distribution.

    pace: how many of their seconds pass in one of the clock's: 1 in virtual time; more where
    packets set the time and nobody would wait for people. Whether they are in time is judged by
    their own seconds, so that the same seed gives the same answers at any pace.
    """

    people: Iterable[Person]
    reaction: Reaction
    seed: int
    pace: float = 1.0
    _asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    def perform(self, clock: simpy.Environment, actions: Sequence[Any]) -> Steps:
        """See Handler."""
        return (yield from answered(self.people, clock, actions, self._one))

    def _one(self, clock: simpy.Environment, ask: Ask, person: Person) -> Answering:
        seconds = self._seconds(ask, person)
        if seconds == float("inf"):
            yield clock.event()  # silence: whoever asked stops waiting
        if self.pace != 1.0 and seconds > ask.within:
            yield clock.timeout(ask.within / self.pace)
            return NotObserved(reason=f"{SILENCE} {ask.within:g} s of their own")
        yield clock.timeout(seconds / self.pace)
        return Done(facts=(("answer", ask.kind), ("by", ask.who)))

    def _seconds(self, ask: Ask, person: Person) -> float:
        """Seconds until the answer, by a watch of their own; silence is infinite."""
        number = self._asked[ask.who, ask.kind]
        self._asked[ask.who, ask.kind] += 1
        role = min(person.roles, default="")
        return self.reaction(self.seed, ask.who, role, ask.kind, number)


def answered(
    people: Iterable[Person],
    clock: simpy.Environment,
    asks: Sequence[Ask],
    answer: Callable[[simpy.Environment, Ask, Person], Answering],
) -> Steps:
    """One outcome for each question, in order; whom the plan does not name nobody can ask."""
    rows = {person.id: person for person in people}
    found: list[Outcome] = []
    for ask in asks:
        if ask.who in rows:
            found.append((yield from answer(clock, ask, rows[ask.who])))
        else:
            found.append(NotObserved(reason=f"the plan names no {ask.who}"))
    return found

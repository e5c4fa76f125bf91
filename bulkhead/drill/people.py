"""Asking people: an action like any other, so that a drill is written once for all who answer."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import simpy

from bulkhead.drill.actions import Action, known
from bulkhead.drill.environment import Steps
from bulkhead.drill.outcomes import Done, NotObserved, Outcome
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

    def waits(self) -> float:
        """See Action."""
        return self.within

    def limited(self, within: float) -> "Ask":
        """See Action."""
        return replace(self, within=within)


Reaction = Callable[[int, str, str, str, int], float]
"""Seconds until a person answers, from (seed, who, role, kind of answer, which time they are
asked, from 1); `inf` for somebody who does not answer."""


@dataclass(slots=True)
class Distribution:
    """People who answer by themselves, always yes, after a time drawn from a distribution.

    pace: how many of their seconds pass in one of the clock's: 1 in virtual time; more where
    packets set the time and nobody would wait for people.
    """

    people: Iterable[Person]
    reaction: Reaction
    seed: int
    pace: float = 1.0
    _asked: Counter[tuple[str, str]] = field(default_factory=Counter)

    def perform(self, clock: simpy.Environment, actions: Sequence[Ask]) -> Steps:
        """See Handler. Each who is asked answers for themselves; the last one ends the batch."""
        took = [self._seconds(action) for action in actions]
        left = [seconds for seconds in took if seconds is not None]
        if any(seconds == float("inf") for seconds in left):
            yield clock.event()  # silence: whoever asked stops waiting
        yield clock.timeout(max(left, default=0.0))
        return [
            self._answer(action, seconds) for action, seconds in zip(actions, took, strict=True)
        ]

    def _seconds(self, ask: Ask) -> float | None:
        """Seconds of the clock; None for somebody who is not there."""
        person = self._person(ask.who)
        if person is None:
            return None
        self._asked[ask.who, ask.kind] += 1
        number = self._asked[ask.who, ask.kind]
        role = min(person.roles, default="")
        return self.reaction(self.seed, ask.who, role, ask.kind, number) / self.pace

    def _answer(self, ask: Ask, seconds: float | None) -> Outcome:
        if seconds is None:
            return nobody(ask)
        return Done(facts=(("answer", ask.kind), ("by", ask.who)))

    def _person(self, who: str) -> Person | None:
        return next((one for one in self.people if one.id == who), None)


def nobody(ask: Ask) -> NotObserved:
    """What asking somebody whom the plan does not name comes to."""
    return NotObserved(reason=f"the plan names no {ask.who}")

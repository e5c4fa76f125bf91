"""Asking people: an action like any other, so that a drill is written once for all who answer."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from bulkhead.drill.actions import Action, known

Answer = Literal["acknowledge", "approve"]
PERSON = "person"
"""The layer of a refusal that a person spoke."""


@known
@dataclass(frozen=True, slots=True)
class Ask(Action):
    """Ask a person of the plan (`acme/marc`) to acknowledge or to approve what `text` says.

    Done with the facts `by` (who answered) and `answer`; Refused with layer `person` where they
    say no; NotObserved where nobody answered in time.
    """

    who: str
    kind: Answer
    text: str
    bound: ClassVar[float] = 900.0

"""An environment as a drill sees it: a table from action to handler, and a clock."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import simpy

from bulkhead.drill.actions import Action
from bulkhead.drill.outcomes import Outcome

Steps = Generator[simpy.Event, Any, Sequence[Outcome]]


class Handler(Protocol):
    """Carries out actions of one kind."""

    def perform(self, clock: simpy.Environment, actions: Sequence[Action]) -> Steps:
        """One outcome for each action, in order, all asked at the same moment.

        A process of the clock: it yields the clock's events, and its time is what passes there.
        It may raise BulkheadError for what the user must mend; whatever else it raises becomes
        `NotObserved`.
        """


@dataclass(frozen=True, slots=True)
class Environment:
    """Where drills run.

    name: `sim`, `lab`, … clock: virtual (simpy.Environment) or bound to the wall (Bridge).
    handlers: what it can do. lacks: why it cannot do others, where that is worth saying.
    hostile: whether attacks and sabotage may run here.
    """

    name: str
    clock: simpy.Environment
    handlers: Mapping[type[Action], Handler]
    lacks: Mapping[type[Action], str] = field(default_factory=dict)
    hostile: bool = False

    def missing(self, needs: frozenset[type[Action]]) -> list[type[Action]]:
        """The kinds of action that it cannot carry out, by name."""
        return sorted(needs - self.handlers.keys(), key=lambda kind: kind.__name__)

    def why(self, kind: type[Action]) -> str:
        """Why it cannot do such an action."""
        return self.lacks.get(kind, f"{self.name} cannot do {kind.__name__}")

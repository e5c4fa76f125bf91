"""Carrying out actions: asked together, bounded, recorded, owed until rolled back."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import simpy

from bulkhead.drill.actions import Action
from bulkhead.drill.authority import Consent, Nobody
from bulkhead.drill.environment import Environment, Handler
from bulkhead.drill.outcomes import SILENCE, Done, NotObserved, Outcome, Refused
from bulkhead.drill.timeline import Phase, Row, Timeline
from bulkhead.errors import BulkheadError, Problem

Events = Generator[simpy.Event, Any, Any]


@dataclass(slots=True)
class Carrier:
    """Between the script and the handlers. owed: roll-backs, the latest last.

    most: actions that a run may ask for, its roll-backs not counted. consent: who is asked
    before what disturbs. unmended: roll-backs that did not succeed. changing: what may yet change
    something, with the bound of its wait. deciding: until the authority has answered what it is
    asked now; whoever else would ask waits, for the answer may serve both. over: the script has
    ended, and whoever still waits for consent tries nothing any more.
    """

    environment: Environment
    timeline: Timeline
    owed: list[Action]
    most: int
    consent: Consent = field(default_factory=Nobody)
    asked: int = 0
    unmended: list[tuple[Action, Outcome]] = field(default_factory=list)
    changing: dict[simpy.Process, tuple[Action, ...]] = field(default_factory=dict)
    deciding: simpy.Event | None = None
    over: bool = False

    def carry(self, actions: Sequence[Action], within: float | None = None) -> Events:
        """Outcomes of actions asked now, in order; BulkheadError where the user must mend."""
        self.asked += len(actions)
        if self.asked > self.most:
            raise BulkheadError(
                Problem("drill", f"more than {self.most} actions", "", "its bound holds: it ends")
            )
        if any(action.sabotage for action in actions) and not self.environment.hostile:
            what = "sabotage that the drill did not declare is refused there"
            raise BulkheadError(Problem(f"--env {self.environment.name}", what))
        refused: dict[int, Refused] = yield from self._consented(actions)
        if self.over:
            yield self.environment.clock.event()  # never: what was asked for is not wanted now
        allowed = [action for index, action in enumerate(actions) if index not in refused]
        self._promise(allowed)
        found = iter((yield from self._ask(allowed, "run", within)))
        return [
            refused[index] if index in refused else next(found) for index in range(len(actions))
        ]

    def look(self, actions: Sequence[Action]) -> Events:
        """Outcomes of actions that change and disturb nothing; they count for no bound."""
        return (yield from self._ask(actions, "run", None))

    def _consented(self, actions: Sequence[Action]) -> Events:
        """The refusals, by place, of what its authority does not consent to; they are recorded."""
        asked = self.environment.clock.now
        while self.deciding and self.consent.asks(actions):
            yield self.deciding
        if asks := self.consent.asks(actions):
            self.deciding = self.environment.clock.event()
            try:
                self.consent.heard(asks, (yield from self._ask(asks, "run", None)))
            finally:
                self.deciding.succeed()
                self.deciding = None
        refused = {
            index: refusal
            for index, action in enumerate(actions)
            if (refusal := self.consent.refusal(action)) is not None
        }
        for index, refusal in refused.items():
            self._note(asked, [actions[index]], [refusal], "run")
        return refused

    def roll_back(self, mark: int) -> Events:
        """Take back what is owed above the mark, latest first; what fails is kept in unmended.

        An undo is owed until it has been answered, so that an interrupt loses none.
        """
        found: list[Outcome] = []
        while len(self.owed) > mark:
            undo = self.owed[-1]
            try:
                [outcome] = yield from self._ask([undo], "roll-back", None)
            except BulkheadError as error:
                outcome = NotObserved(reason=str(error))
            self.owed.pop()
            if not isinstance(outcome, Done):
                self.unmended.append((undo, outcome))
            found.append(outcome)
        return tuple(found)

    def roll_back_all(self) -> Events:
        """Take back everything, what is still under way included, as far as its bound allows."""
        yield from self._settled()
        yield from self.roll_back(0)
        yield from self._settled()
        yield from self.roll_back(0)
        why = NotObserved(reason="what it takes back was still under way")
        for undo in (undo for undos in self.changing.values() for undo in undos):
            self.unmended.append((undo, why))

    def _settled(self) -> Events:
        """Wait for work that changes something: rolled back before its end, it would stay."""
        if self.changing:
            bound = max(undo.bound for undos in self.changing.values() for undo in undos)
            clock = self.environment.clock
            yield clock.all_of(self.changing) | clock.timeout(bound)

    def _promise(self, actions: Sequence[Action]) -> None:
        """Owe the roll-backs before anything is tried: half of an action may have happened."""
        able = self.environment.handlers
        for undo in (action.undo() for action in actions if type(action) in able):
            if undo is not None:
                self.timeline.promise(undo)
                self.owed.append(undo)

    def _ask(self, actions: Sequence[Action], phase: Phase, within: float | None) -> Events:
        """Each kind goes to its handler as one batch; batches run beside each other."""
        batches: dict[tuple[type[Action], int], list[int]] = {}
        for index, action in enumerate(actions):
            batches.setdefault((type(action), index if action.alone else 0), []).append(index)
        running = [
            self.environment.clock.process(
                self._batch([actions[index] for index in places], phase, within)
            )
            for places in batches.values()
        ]
        outcomes: dict[int, Outcome] = {}
        for batch, places in zip(running, batches.values(), strict=True):
            found = yield batch
            if isinstance(found, BulkheadError):
                raise found
            outcomes.update(zip(places, found, strict=True))
        return [outcomes[index] for index in range(len(actions))]

    def _batch(self, actions: Sequence[Action], phase: Phase, within: float | None) -> Events:
        """One handler's part, until it answers or its bound has passed. Never raises."""
        clock, asked = self.environment.clock, self.environment.clock.now
        bound = max(action.waits() for action in actions) if within is None else within
        work = clock.process(self._work(actions))
        if undos := tuple(undo for action in actions if (undo := action.undo())):
            self.changing[work] = undos
        yield work | clock.timeout(bound)
        found: Sequence[Outcome] | BulkheadError
        if work.triggered:
            self.changing.pop(work, None)
            found = _value(work)
        else:
            found = [NotObserved(reason=f"{SILENCE} {bound:g} s")] * len(actions)
            work.callbacks.append(lambda event: self._late(asked, actions, event, phase))
        if not isinstance(found, BulkheadError):
            self._note(asked, actions, found, phase)
        return found

    def _work(self, actions: Sequence[Action]) -> Events:
        """The handler's process; what it raises becomes a value."""
        handler: Handler | None = self.environment.handlers.get(type(actions[0]))
        if handler is None:
            why = self.environment.why(type(actions[0]))
            return [NotObserved(reason=why, lacking=True) for _ in actions]
        try:
            return list((yield from handler.perform(self.environment.clock, actions)))
        except BulkheadError as error:
            return error
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            return [NotObserved(reason=said) for _ in actions]

    def _late(self, asked: float, actions: Sequence[Action], work: Any, phase: Phase) -> None:
        """It was answered after all: recorded, and what it changed is owed again."""
        if work in self.changing:
            self.owed += self.changing.pop(work)
        found = _value(work)
        if not isinstance(found, BulkheadError):
            self._note(asked, actions, found, phase, late=True)

    def _note(
        self,
        asked: float,
        actions: Sequence[Action],
        found: Sequence[Outcome],
        phase: Phase,
        *,
        late: bool = False,
    ) -> None:
        done = self.environment.clock.now
        for action, outcome in zip(actions, found, strict=True):
            row = Row(
                asked=asked, done=done, action=action, outcome=outcome, phase=phase, late=late
            )
            self.timeline.add(row)


def _value(work: simpy.Event) -> Sequence[Outcome] | BulkheadError:
    """What `_work` returned: simpy's events do not say of what kind their value is."""
    return cast("Sequence[Outcome] | BulkheadError", work.value)

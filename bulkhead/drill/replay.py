"""A recording played again: every action is answered as it was, in the recorded time."""

from collections.abc import Sequence
from typing import Any

import simpy

from bulkhead.drill.actions import KINDS, Action
from bulkhead.drill.environment import Environment, Steps
from bulkhead.drill.outcomes import silent
from bulkhead.drill.people import Ask
from bulkhead.drill.timeline import Row
from bulkhead.errors import BulkheadError, Problem


def replayed(rows: Sequence[Row], name: str = "recording") -> Environment:
    """An environment, in virtual time, that knows the recorded answers and no others."""
    tried = {type(row.action) for row in rows if not getattr(row.outcome, "lacking", False)}
    lacking = {type(row.action) for row in rows} - tried
    handlers = dict.fromkeys(set(KINDS.values()) - lacking, Recorded(rows))
    return Environment(name, simpy.Environment(), handlers, hostile=True)


class Recorded:
    """A handler that answers as in a recording: as fast, as late, or not at all.

    words: whether people must be asked in the very words; else who and what for is enough.
    """

    def __init__(self, rows: Sequence[Row], *, words: bool = True) -> None:
        self._rows = [row for row in rows if not row.late]
        self._late = [row for row in rows if row.late]
        self._words = words

    def perform(self, clock: simpy.Environment, actions: Sequence[Action]) -> Steps:
        """The recorded outcomes. BulkheadError for an action that was not recorded."""
        found = [self._next(action) for action in actions]
        if any(_silent(row) for row in found):
            found = [self._answered(row) for row in found]
            if any(_silent(row) for row in found):
                yield clock.event()
        yield clock.timeout(max(row.done - row.asked for row in found))
        return [row.outcome for row in found]

    def _next(self, action: Action) -> Row:
        """The first row of this action that was not used yet."""
        for index, row in enumerate(self._rows):
            if self._same(row.action, action):
                return self._rows.pop(index)
        raise BulkheadError(
            Problem(
                where="recording",
                what=f"it has no answer to {action}",
                remedy="replay it with the drill, and the estate, that it was made with",
            )
        )

    def _same(self, one: Action, other: Action) -> bool:
        if isinstance(one, Ask) and isinstance(other, Ask) and not self._words:
            return (one.who, one.kind) == (other.who, other.kind)
        return one == other

    def _answered(self, row: Row) -> Row:
        """The answer that came too late, where one did; else the row itself."""
        for index, late in enumerate(self._late):
            if late.action == row.action and late.asked == row.asked:
                return self._late.pop(index)
        return row


def _silent(row: Row) -> bool:
    """Whether it is the carrier's word for somebody who did not answer in time."""
    return not row.late and silent(row.outcome)


def compared(one: Sequence[Row], other: Sequence[Row]) -> list[str]:
    """What differs between two timelines in actions, outcomes or order; timings may differ."""
    found = []
    for index in range(max(len(one), len(other))):
        left, right = (_told(rows, index) for rows in (one, other))
        if left != right:
            found.append(f"row {index + 1}: {left} against {right}")
    return found


def _told(rows: Sequence[Row], index: int) -> Any:
    return (rows[index].action, rows[index].outcome) if index < len(rows) else None

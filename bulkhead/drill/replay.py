"""A recording played again: every action is answered as it was, in the recorded time."""

from collections.abc import Sequence
from typing import Any

import simpy

from bulkhead.drill.actions import Action
from bulkhead.drill.environment import Environment, Steps
from bulkhead.drill.timeline import Row
from bulkhead.errors import BulkheadError, Problem


def replayed(rows: Sequence[Row], name: str = "recording") -> Environment:
    """An environment, in virtual time, that knows the recorded answers and no others."""
    handler = _Recorded([row for row in rows if not row.late])
    kinds = {type(row.action) for row in rows}
    handlers = dict.fromkeys(kinds, handler)
    return Environment(name, simpy.Environment(), handlers, hostile=True)


class _Recorded:
    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = list(rows)

    def perform(self, clock: simpy.Environment, actions: Sequence[Action]) -> Steps:
        """The recorded outcomes. BulkheadError for an action that was not recorded."""
        found = [self._next(action) for action in actions]
        yield clock.timeout(max(row.done - row.asked for row in found))
        return [row.outcome for row in found]

    def _next(self, action: Action) -> Row:
        """The first row of this action that was not used yet."""
        for index, row in enumerate(self._rows):
            if row.action == action:
                return self._rows.pop(index)
        raise BulkheadError(
            Problem(
                where="recording",
                what=f"it has no answer to {action}",
                remedy="replay it with the drill, and the estate, that it was made with",
            )
        )


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

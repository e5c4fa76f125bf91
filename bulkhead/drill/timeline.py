"""The timeline: one row per action, written as it goes, readable and replayable afterwards."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

from bulkhead.drill import actions, outcomes
from bulkhead.drill.actions import Action
from bulkhead.drill.outcomes import Outcome
from bulkhead.errors import Problem, WrongInput

Phase = Literal["run", "roll-back"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One action. Times are seconds since the start, by the runner's clock.

    own: the source's own time of what it reports (Unix s), where it gives one. late: the answer
    came after its bound, so that it is recorded but changed nothing.
    """

    asked: float
    done: float
    action: Action
    outcome: Outcome
    phase: Phase = "run"
    late: bool = False

    @property
    def own(self) -> float | None:
        """When it happened by the source's own clock (Unix s)."""
        return self.outcome.at

    def as_dict(self) -> dict[str, Any]:
        """As plain values; `row_of` reads it back."""
        return {
            "asked": self.asked,
            "done": self.done,
            "own": self.own,
            "phase": self.phase,
            "late": self.late,
            "action": actions.to_json(self.action),
            "outcome": outcomes.to_json(self.outcome),
        }


def row_of(said: dict[str, Any]) -> Row:
    """A row that `as_dict` wrote; WrongInput for anything else."""
    try:
        return Row(
            asked=said["asked"],
            done=said["done"],
            phase=said["phase"],
            late=said["late"],
            action=actions.from_json(said["action"]),
            outcome=outcomes.from_json(said["outcome"]),
        )
    except (KeyError, TypeError):
        raise WrongInput(Problem("timeline", f"{said!r} is no row")) from None


@dataclass(slots=True)
class Timeline:
    """The rows of one run. With `file`, each is on disk before the next action is asked.

    A file holds JSON lines: `{"run": …}` once; `{"promise": action}`, a roll-back that is owed
    from now on; `{"row": …}`; `{"end": …}` once everything was put back that could be.
    """

    file: IO[str] | None = None
    rows: list[Row] = field(default_factory=list)

    def begin(self, **facts: Any) -> None:
        """What runs, where."""
        self._write({"run": facts})

    def promise(self, undo: Action) -> None:
        """Note that this roll-back is owed, before the action that it takes back is tried."""
        self._write({"promise": actions.to_json(undo)})

    def add(self, row: Row) -> None:
        """Append a row."""
        self.rows.append(row)
        self._write({"row": row.as_dict()})

    def end(self, **facts: Any) -> None:
        """The run is over and nothing is owed but what `facts` name."""
        self._write({"end": facts})

    def _write(self, line: dict[str, Any]) -> None:
        if self.file is not None:
            self.file.write(json.dumps(line, sort_keys=True, default=str) + "\n")
            self.file.flush()


@dataclass(frozen=True, slots=True)
class Recording:
    """A timeline read back. owed: roll-backs that a killed run left undone, latest first."""

    run: dict[str, Any]
    rows: tuple[Row, ...]
    owed: tuple[Action, ...]
    ended: bool


def load(path: Path) -> Recording:
    """Read a timeline's file, but for a torn last line (a killed run). WrongInput if damaged."""
    run: dict[str, Any] = {}
    rows: list[Row] = []
    owed: list[Action] = []
    ended = False
    for line in _lines(path):
        if "promise" in line:
            owed.append(actions.from_json(line["promise"]))
        elif "row" in line:
            row = row_of(line["row"])
            rows.append(row)
            if row.phase == "roll-back" and isinstance(row.outcome, outcomes.Done):
                _settle(owed, row.action)
        run = line.get("run", run)
        ended = ended or "end" in line
    return Recording(run, tuple(rows), tuple(reversed(owed)), ended)


def _settle(owed: list[Action], undo: Action) -> None:
    if undo in owed:
        owed.remove(undo)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    text = path.read_text()
    whole = text[: text.rfind("\n") + 1]
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            yield json.loads(line)
        except ValueError:
            raise WrongInput(
                Problem(f"{path}:{number}", "this line is not JSON", allowed="a timeline's lines")
            ) from None

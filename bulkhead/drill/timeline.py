"""The timeline: one row per action, written as it goes, readable and replayable afterwards."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Lock
from typing import IO, Any, Literal

from bulkhead.drill import actions, outcomes
from bulkhead.drill.actions import Action
from bulkhead.drill.findings import Finding, finding_of
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody who watched wrote down. at: seconds since the start. by: who it was."""

    at: float
    by: str
    text: str


@dataclass(slots=True)
class Timeline:
    """The rows of one run. With `file`, each is on disk before the next action is asked.

    watch: is told of each row.

    A file holds JSON lines: `{"run": …}` once; `{"promise": action}`, a roll-back that is owed
    from now on; `{"row": …}`; `{"finding": …, "at": …}`; `{"inject": number, "at": …}`;
    `{"note": …}`, which may come from another thread; `{"end": …}` once everything was put back
    that could be.
    """

    file: IO[str] | None = None
    rows: list[Row] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    watch: Callable[[Row], None] = lambda row: None
    _alone: Lock = field(default_factory=Lock, repr=False, compare=False)

    def begin(self, **facts: Any) -> None:
        """What runs, where."""
        self._write({"run": facts})

    def promise(self, undo: Action) -> None:
        """Note that this roll-back is owed, before the action that it takes back is tried."""
        self._write({"promise": actions.to_json(undo)})

    def add(self, row: Row) -> None:
        """Append a row."""
        self.rows.append(row)
        self.watch(row)
        self._write({"row": row.as_dict()})

    def find(self, at: float, finding: Finding) -> None:
        """A finding, at that moment (seconds since the start)."""
        self._write({"finding": finding.as_dict(), "at": at})

    def note(self, note: Note) -> None:
        """A remark of somebody who watches."""
        self.notes.append(note)
        self._write({"note": asdict(note)})

    def deliver(self, number: int, at: float) -> None:
        """An inject was shown to those who play."""
        self._write({"inject": number, "at": at})

    def end(self, **facts: Any) -> None:
        """The run is over and nothing is owed but what `facts` name."""
        self._write({"end": facts})

    def _write(self, line: dict[str, Any]) -> None:
        if self.file is not None:
            with self._alone:
                self.file.write(json.dumps(line, sort_keys=True, default=str) + "\n")
                self.file.flush()


@dataclass(slots=True)
class Recording:
    """A timeline read back. owed: roll-backs that a killed run left undone, latest first.

    findings: as (seconds since the start, finding). injects: as (number, seconds). end: what the
    last line says, if it is there.
    """

    run: dict[str, Any] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    owed: tuple[Action, ...] = ()
    findings: tuple[tuple[float, Finding], ...] = ()
    notes: tuple[Note, ...] = ()
    injects: tuple[tuple[int, float], ...] = ()
    end: dict[str, Any] = field(default_factory=dict)
    ended: bool = False


def load(path: Path) -> Recording:
    """Read a timeline's file, but for a torn last line (a killed run). WrongInput if damaged."""
    found = Recording()
    for line in _lines(path):
        _take(found, line)
    return found


def _take(found: Recording, line: dict[str, Any]) -> None:
    if "promise" in line:
        found.owed = (actions.from_json(line["promise"]), *found.owed)
    elif "row" in line:
        row = row_of(line["row"])
        found.rows += (row,)
        if row.phase == "roll-back" and isinstance(row.outcome, outcomes.Done):
            found.owed = _settled(found.owed, row.action)
    elif "finding" in line:
        found.findings += ((line["at"], finding_of(line["finding"])),)
    elif "note" in line:
        found.notes += (Note(**line["note"]),)
    elif "inject" in line:
        found.injects += ((line["inject"], line["at"]),)
    elif "end" in line:
        found.end, found.ended = line["end"], True
    found.run = line.get("run", found.run)


def _settled(owed: tuple[Action, ...], undo: Action) -> tuple[Action, ...]:
    """Without the oldest such promise."""
    left = list(reversed(owed))
    if undo in left:
        left.remove(undo)
    return tuple(reversed(left))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise WrongInput(
            Problem(str(path), f"it cannot be read: {error}", allowed="a timeline's file")
        ) from None
    whole = text[: text.rfind("\n") + 1]
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            yield json.loads(line)
        except ValueError:
            raise WrongInput(
                Problem(f"{path}:{number}", "this line is not JSON", allowed="a timeline's lines")
            ) from None

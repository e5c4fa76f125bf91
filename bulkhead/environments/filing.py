"""What a drill's run leaves on file: its documents beside the timeline, the improvement plan."""

import fcntl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from bulkhead.drill import improvements
from bulkhead.drill.documents import Occasion, documents
from bulkhead.drill.drills import Exercised
from bulkhead.drill.improvements import Improvement, Planning
from bulkhead.drill.participants import Participant
from bulkhead.drill.timeline import load
from bulkhead.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """Where documents of a drill go, and of whom they speak. days: until improvements are due."""

    drill: Exercised
    plan: Plan
    state: Path
    today: date
    days: int = improvements.DAYS


def planned(file: File, folder: Path, participants: Iterable[Participant] = ()) -> list[Path]:
    """Write the documents that exist before a run; their paths."""
    return _write(folder, _occasion(file, participants=tuple(participants)))


def after(file: File, timeline: Path) -> list[Path]:
    """Bring the improvement plan up to date and write all documents beside the timeline."""
    recording = load(timeline)
    planning = Planning(
        plan=file.plan,
        exercise=file.drill.exercise,
        tenant=file.drill.tenant,
        today=file.today,
        days=file.days,
    )
    with _alone(file.state):
        rows = improvements.updated(improvements.read(file.state), recording, planning)
        improvements.keep(file.state, rows)
    return again(file, timeline, rows)


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """One run at a time changes the improvement plan; another waits."""
    with (state / "improvements.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def again(file: File, timeline: Path, rows: Iterable[Improvement] | None = None) -> list[Path]:
    """Write all documents of a recorded run, with the improvement plan as it is."""
    recording = load(timeline)
    where = (file.drill.about.name, recording.run.get("environment"), file.drill.tenant or "")
    known = improvements.read(file.state) if rows is None else rows
    mine = tuple(row for row in known if (row.drill, row.environment, row.tenant) == where)
    occasion = replace(_occasion(file), recording=recording, improvements=mine)
    return _write(timeline.with_suffix(""), occasion)


def _occasion(file: File, participants: tuple[Participant, ...] = ()) -> Occasion:
    return Occasion(
        about=file.drill.about,
        exercise=file.drill.exercise,
        plan=file.plan,
        tenant=file.drill.tenant,
        participants=participants,
    )


def _write(folder: Path, occasion: Occasion) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for name, said in documents(occasion).items():
        path = folder / name
        path.write_text(said)
        found.append(path)
    return found

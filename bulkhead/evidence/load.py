"""Reads what runs left in the state directory: timelines, claims, verifications. Tolerant.

A file that cannot be read is told as such, with its reason, and everything else is read. Nothing
is taken from the plan. Every file that is used, or was to be, is listed with its SHA-256.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from bulkhead.controls.results import Verification
from bulkhead.drill import improvements
from bulkhead.drill.improvements import Improvement
from bulkhead.errors import BulkheadError, Problem, WrongInput
from bulkhead.evidence.plain import restored
from bulkhead.evidence.played import played_of
from bulkhead.evidence.story import Claimed, Input, Played

RUNS, CLAIM, VERIFY = "runs", "claim", "verify"
"""Folders below the state directory."""
_KINDS = {RUNS: "timeline", CLAIM: "claim", VERIFY: "controls", improvements.FILE: "improvements"}
T = TypeVar("T")
ENVIRONMENTS = ("sim", "lab", "aws")


@dataclass(slots=True)
class Kept:
    """What was found. runs: the latest of each name and environment, sorted by both."""

    claims: list[Claimed] = field(default_factory=list)
    verifications: list[Verification] = field(default_factory=list)
    runs: list[Played] = field(default_factory=list)
    improvements: list[Improvement] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)


def load(state: Path) -> Kept:
    """Everything that a report can be made from; empty where nothing has run."""
    kept = Kept()
    for name in ENVIRONMENTS:
        kept.claims += _read(kept, state, f"{CLAIM}/{name}.json", _claim)
        kept.verifications += _read(kept, state, f"{VERIFY}/{name}.json", _verified)
    for file in _latest(state):
        kept.runs += _read(kept, state, f"{RUNS}/{file}", played_of)
    for run in kept.runs:
        kept.inputs += _documents(state, run)
    for rows in _read(kept, state, improvements.FILE, lambda *_: improvements.read(state)):
        kept.improvements += rows
    return kept


def _documents(state: Path, run: Played) -> list[Input]:
    """What an exercise officer files of a run: beside its timeline, in a folder of its name."""
    folder = (state / run.file).with_suffix("")
    return [
        Input(
            name=f"{run.file.removesuffix('.jsonl')}/{path.name}",
            what="exercise document",
            sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        )
        for path in sorted(folder.glob("*"))
        if path.is_file()
    ]


def _read(kept: Kept, state: Path, name: str, read: Callable[[bytes, str], T]) -> list[T]:
    """What a file holds, as one thing; nothing where there is no such file, or it is unreadable."""
    path = state / name
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        kept.unread.append((name, error.strerror or "it cannot be read"))
        return []
    what = _KINDS[name.partition("/")[0]]
    kept.inputs.append(Input(name=name, what=what, sha256=hashlib.sha256(content).hexdigest()))
    try:
        return [read(content, name)]
    except BulkheadError as error:
        kept.unread.append((name, error.problems[0].what))
        return []


def _latest(state: Path) -> list[str]:
    """The files of the latest run of each name and environment; names begin with the moment."""
    found: dict[str, str] = {}
    for path in sorted((state / RUNS).glob("*.jsonl")):
        _, _, name = path.stem.partition("-")
        found[name] = path.name
    return [found[name] for name in sorted(found)]


def _claim(content: bytes, name: str) -> Claimed:
    return restored(Claimed, _plain(content, name), name)


def _verified(content: bytes, name: str) -> Verification:
    return restored(Verification, _plain(content, name), name)


def _plain(content: bytes, name: str) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except ValueError:
        raise WrongInput(Problem(name, "this is not JSON")) from None
    if not isinstance(said, dict):
        raise WrongInput(Problem(name, "this is no JSON object"))
    return cast("dict[str, Any]", said)

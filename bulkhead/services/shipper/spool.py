"""Batches on disk that wait to be sent, in order, within a bound of bytes.

One folder for each stream, one file for each batch: `NUMBER.batch`, and `NUMBER.sent` for the last
one that was sent, which remembers where its source stands. A batch appears by one rename, once the
disk has it; that it was sent is a rename too, which works on a full disk.
"""

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WAITING, SENT, DAMAGED = ".batch", ".sent", ".damaged"
DRAFT = ".draft"
Position = Mapping[str, Any]
"""Where a source stands, as JSON."""


class FullError(Exception):
    """The batch has no room within the spool's bound; nothing was kept of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One batch. number: counts from 1 in its stream, without gaps. size: bytes of its file."""

    stream: str
    number: int
    digest: str
    size: int
    since: float

    @property
    def name(self) -> str:
        """Its name at the store: what is in it decides it, so that it can be put twice."""
        return f"{self.number:012d}-{self.digest}"


class _Stream:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.waiting: deque[Batch] = deque()
        self.number = 0
        self.position: Position | None = None
        self.sent: Batch | None = None


class Spool:
    """The spool in `folder`, at most `limit` bytes. OSError where the disk fails.

    damaged: batches that the disk did not keep; they are put aside and never sent.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder, self._limit = folder, limit
        self._streams: dict[str, _Stream] = {}
        self.size, self.damaged = 0, 0
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for place in sorted(path for path in folder.iterdir() if path.is_dir()):
            self._streams[place.name] = self._opened(place)

    def _opened(self, folder: Path) -> _Stream:
        found = _Stream(folder)
        for path in sorted(folder.iterdir()):
            if path.name.startswith(DRAFT):
                path.unlink()
            elif path.suffix in (WAITING, SENT):
                self._take(found, path)
            elif path.suffix == DAMAGED:
                self.damaged += 1
        return found

    def _take(self, into: _Stream, path: Path) -> None:
        try:
            head, body = _read(path)
            batch = _batch(into.folder.name, head, path)
            if hashlib.sha256(body).hexdigest() != batch.digest:
                raise ValueError(path.name)
        except (ValueError, KeyError, TypeError):
            path.rename(path.with_suffix(DAMAGED))
            self.damaged += 1
            return
        into.number, into.position = batch.number, head["position"]
        self.size += batch.size
        if path.suffix == WAITING:
            into.waiting.append(batch)
            return
        if into.sent is not None:
            self._forget(into, into.sent)
        into.sent = batch

    def streams(self) -> Iterator[str]:
        """The names of all streams that were ever written."""
        yield from sorted(self._streams)

    def position(self, stream: str) -> Position | None:
        """Up to where a stream's source was read; None before its first batch."""
        found = self._streams.get(stream)
        return found.position if found else None

    def put(self, stream: str, position: Position, body: bytes, now: float) -> Batch:
        """Keep a batch and its source's position, on disk when this returns. FullError, OSError."""
        there = self._streams.get(stream) or _Stream(self._folder / stream)
        number = there.number + 1
        digest = hashlib.sha256(body).hexdigest()
        head = {"number": number, "digest": digest, "position": position, "since": now}
        data = json.dumps(head, sort_keys=True).encode() + b"\n" + body
        if self.size + len(data) > self._limit:
            raise FullError(stream)
        there.folder.mkdir(mode=0o700, exist_ok=True)
        _write(there.folder, f"{number:012d}{WAITING}", data)
        batch = Batch(stream=stream, number=number, digest=digest, size=len(data), since=now)
        there.number, there.position = number, position
        there.waiting.append(batch)
        self._streams[stream] = there
        self.size += len(data)
        return batch

    def first(self, stream: str) -> Batch | None:
        """The batch of a stream that is to be sent next."""
        there = self._streams.get(stream)
        return there.waiting[0] if there and there.waiting else None

    def body(self, batch: Batch) -> bytes:
        """A waiting batch's content."""
        return _read(self._path(batch, WAITING))[1]

    def sent(self, batch: Batch) -> None:
        """Note that a stream's first batch is at the store. Needs no room on the disk."""
        there = self._streams[batch.stream]
        if not there.waiting or there.waiting[0] != batch:
            raise ValueError(f"{batch.stream}/{batch.number} is not the next one")
        self._path(batch, WAITING).rename(self._path(batch, SENT))
        there.waiting.popleft()
        if there.sent is not None:
            self._forget(there, there.sent)
        there.sent = batch

    def _forget(self, there: _Stream, batch: Batch) -> None:
        self._path(batch, SENT).unlink(missing_ok=True)
        self.size -= batch.size

    def _path(self, batch: Batch, suffix: str) -> Path:
        return self._folder / batch.stream / f"{batch.number:012d}{suffix}"

    def waiting(self) -> tuple[int, int, float | None]:
        """(batches, bytes, since when the oldest waits in Unix seconds) of all that waits."""
        rows = [row for there in self._streams.values() for row in there.waiting]
        return len(rows), sum(row.size for row in rows), min((r.since for r in rows), default=None)


def _batch(stream: str, head: Mapping[str, Any], path: Path) -> Batch:
    return Batch(
        stream=stream,
        number=int(head["number"]),
        digest=str(head["digest"]),
        size=path.stat().st_size,
        since=float(head["since"]),
    )


def _read(path: Path) -> tuple[dict[str, Any], bytes]:
    head, _, body = path.read_bytes().partition(b"\n")
    found: dict[str, Any] = json.loads(head)
    return found, body


def _write(folder: Path, name: str, data: bytes) -> None:
    """All of it under its name, on disk, or nothing of it."""
    draft = folder / f"{DRAFT}-{name}"
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fdatasync(file.fileno())
        draft.rename(folder / name)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Values on disk: those not sent yet, and those sent lately, which a lost message may need again.

One sqlite3 file, written before anything is sent, so that a killed gateway sends again rather
than forgets. Bounded: when it is full the oldest goes, sent values first; a value given up unsent
is counted. Used by two threads.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from bulkhead.services.gateway.source import Sample
from bulkhead.wire.telemetry import Reading

_NEW, _SENT, _AGAIN = 0, 1, 2
_SCHEMA = """
CREATE TABLE IF NOT EXISTS samples (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    device TEXT NOT NULL, signal TEXT NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL,
    state INTEGER NOT NULL DEFAULT 0,   -- 0 new, 1 sent, 2 to be sent again
    sent INTEGER NOT NULL DEFAULT 0     -- when, in ms
) STRICT;
CREATE INDEX IF NOT EXISTS waiting ON samples (id) WHERE state != 1;
CREATE INDEX IF NOT EXISTS sent ON samples (sent, id) WHERE state = 1;
CREATE TABLE IF NOT EXISTS latest (
    device TEXT NOT NULL, signal TEXT NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (device, signal)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""


Latest = dict[tuple[str, str], tuple[int, float]]
"""(ms, value) by (device, signal)."""


@dataclass(frozen=True, slots=True)
class Row:
    """A waiting value and its place in the order of arrival."""

    id: int
    reading: Reading


class Outbox:
    """The values of one gateway, in `file`; `capacity` bounds how many, sent and unsent.

    Raises sqlite3.Error where the disk fails.
    """

    def __init__(self, file: Path, capacity: int) -> None:
        self._capacity = capacity
        self._lock = Lock()
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")  # whole after any crash of ours
        self._db.executescript(_SCHEMA)
        self._count = self._number("SELECT COUNT(*) FROM samples")
        rows = self._db.execute("SELECT device, signal, at, value FROM latest")
        self._latest: Latest = {(row[0], row[1]): (row[2], row[3]) for row in rows}

    def close(self) -> None:
        """Leave the file whole."""
        with self._lock:
            self._db.close()

    def put(self, samples: Sequence[Sample], at: int) -> None:
        """Keep samples read at a time (ms); a time that a signal has had moves on by 1 ms."""
        latest = dict(self._latest)
        rows = []
        for sample in samples:
            row = (sample.device, sample.signal, _unique(latest, sample, at), sample.value)
            latest[row[:2]] = row[2:]
            rows.append(row)
        with self._transaction() as db:
            db.executemany("INSERT INTO samples (device, signal, at, value) VALUES (?,?,?,?)", rows)
            db.executemany("INSERT OR REPLACE INTO latest VALUES (?,?,?,?)", rows)
            gone = self._make_room(db, self._count + len(rows) - self._capacity)
            if made_up := sum(sample.made_up for sample in samples):
                self._add(db, STANDIN, made_up)
            self._count += len(rows) - gone
        self._latest = latest

    def latest(self, device: str, signal: str) -> Reading | None:
        """The newest value of a signal, whether sent or not."""
        found = self._latest.get((device, signal))
        return found and Reading(device=device, signal=signal, at=found[0], value=found[1])

    def last(self) -> int:
        """The place of the newest value; 0 where there has been none."""
        return self._number("SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence")

    def waiting(self, after: int, until: int, limit: int) -> list[Row]:
        """The oldest values to be sent whose place is in (after, until], in order."""
        query = (
            "SELECT id, device, signal, at, value FROM samples"
            " WHERE state != 1 AND id > ? AND id <= ? ORDER BY id LIMIT ?"
        )
        with self._lock:
            found = self._db.execute(query, (after, until, limit)).fetchall()
        return [
            Row(row[0], Reading(device=row[1], signal=row[2], at=row[3], value=row[4]))
            for row in found
        ]

    def sent(self, after: int, until: int, now: int) -> None:
        """Note that all that waited in (after, until] was sent at a time (ms)."""
        with self._transaction() as db:
            db.execute(
                "UPDATE samples SET state = 1, sent = ? WHERE state != 1 AND id > ? AND id <= ?",
                (now, after, until),
            )

    def rewind(self, since: int) -> int:
        """What was sent since a time (ms) waits again; how many values that is."""
        with self._transaction() as db:
            return db.execute(
                "UPDATE samples SET state = 2 WHERE state = 1 AND sent >= ?", (since,)
            ).rowcount

    def forget(self, before: int) -> None:
        """Drop what was sent before a time (ms)."""
        with self._transaction() as db:
            gone = db.execute("DELETE FROM samples WHERE state = 1 AND sent < ?", (before,))
            self._count -= gone.rowcount

    def backlog(self) -> int:
        """How many values wait."""
        return self._number("SELECT COUNT(*) FROM samples WHERE state != 1")

    def counter(self, name: str) -> int:
        """A counter's value, 0 at first."""
        return self._number("SELECT COALESCE(MAX(value), 0) FROM counters WHERE name = ?", name)

    def count(self, name: str, more: int = 1, modulus: int = 1 << 62) -> int:
        """Add to a counter that starts again at 0 when it reaches `modulus`; its value before."""
        with self._transaction() as db:
            return self._add(db, name, more, modulus)

    def _add(self, db: sqlite3.Connection, name: str, more: int, modulus: int = 1 << 62) -> int:
        row = db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
        value = int(row[0]) if row else 0
        db.execute("INSERT OR REPLACE INTO counters VALUES (?,?)", (name, (value + more) % modulus))
        return value

    def _make_room(self, db: sqlite3.Connection, excess: int) -> int:
        """Delete the oldest values, sent ones first; how many."""
        gone = 0
        for state, order in ((_SENT, "sent, id"), (_AGAIN, "id"), (_NEW, "id")):
            if gone >= excess:
                break
            which = f"SELECT id FROM samples WHERE {_STATE[state]} ORDER BY {order} LIMIT ?"  # noqa: S608
            done = db.execute(f"DELETE FROM samples WHERE id IN ({which})", (excess - gone,))  # noqa: S608
            gone += done.rowcount
            if state == _NEW and done.rowcount:
                self._add(db, DROPPED, done.rowcount)
        return gone

    def _number(self, query: str, *values: str) -> int:
        with self._lock:
            return int(self._db.execute(query, values).fetchone()[0])

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def _unique(latest: Latest, sample: Sample, at: int) -> int:
    last = latest.get((sample.device, sample.signal))
    wanted = at if sample.at is None else sample.at
    return wanted if last is None or wanted > last[0] else last[0] + 1


DROPPED, UNKEPT, REFUSED, BDSEQ = "dropped", "unkept", "refused", "bdseq"
STANDIN = "standin"
"""Counters: given up unsent; never taken by the disk; commands; sessions; values made up."""
_STATE = {_SENT: "state = 1", _AGAIN: "state != 1 AND state = 2", _NEW: "state != 1 AND state = 0"}
"""Conditions written so that the partial indexes serve them."""

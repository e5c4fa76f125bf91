"""Makes every attempt of `worm` against a bucket, on objects of its own, and says what came of it.

A bucket without Object Lock or versioning is not tried at all: what must be refused would be done.
What the probe puts stays in the bucket for its default retention: two small versions a run.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bulkhead.services.objectstore.client import Answer, Store, texts
from bulkhead.services.objectstore.worm import (
    ATTEMPTS,
    ENDED,
    ENDED_SAYS,
    SHOWN,
    SHOWN_SAYS,
    STAMP,
    Attempt,
    Locked,
    Outcome,
    Request,
    Result,
)

PREFIX = "probe/"
CONTENT = b"put by the WORM probe; it goes when its retention ends"
SHORT = timedelta(seconds=2)
SLACK = timedelta(minutes=5)
"""By which a store may round the end of a default retention."""
PATIENCE = 20.0
"""Seconds until a retention of SHORT must have ended by the store's clock."""
UNSAID = (
    *("SignatureDoesNotMatch", "InvalidAccessKeyId", "RequestTimeTooSkewed", "ExpiredToken"),
    *("NoSuchBucket", "NoSuchVersion", "NoSuchKey", "InvalidToken", "SlowDown"),
    *("MissingContentMD5", "InvalidDigest", "NotImplemented", "MethodNotAllowed"),
)
"""Codes that say nothing of a lock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """What a bucket says of itself. days: of its default retention, 0 for none."""

    name: str
    locked: bool
    versioned: bool
    mode: str
    days: int
    answer: str


def look(store: Store, name: str) -> Bucket:
    """What the bucket says; where it does not answer, `answer` says why and nothing is true."""
    lock = store.send("GET", name, query={"object-lock": ""})
    versions = store.send("GET", name, query={"versioning": ""})
    faults = [row.code for row in (lock, versions) if not row.ok]
    years, days = _number(lock, "Years"), _number(lock, "Days")
    return Bucket(
        name=name,
        locked=lock.ok and lock.texts("ObjectLockEnabled") == ["Enabled"],
        versioned=versions.ok and versions.texts("Status") == ["Enabled"],
        mode=(lock.texts("Mode") or [""])[0] if lock.ok else "",
        days=days or years * 365,
        answer=", ".join(faults),
    )


def _number(answer: Answer, tag: str) -> int:
    found = answer.texts(tag) if answer.ok else []
    return int(found[0]) if found and found[0].isdigit() else 0


def probe(
    store: Store, bucket: Bucket, wait: Callable[[float], None] = time.sleep
) -> tuple[Outcome, ...]:
    """The outcome of every attempt; all `not observed` where the bucket may not be tried."""
    if not (bucket.locked and bucket.versioned):
        why = bucket.answer or "the bucket has no Object Lock or no versioning: nothing was tried"
        return tuple(_outcome(row, "not observed", why) for row in ATTEMPTS) + _beside(why)
    return _Probe(store, bucket, wait).run()


def _beside(why: str) -> tuple[Outcome, ...]:
    return tuple(
        Outcome(name=name, says=says, wanted="allowed", result="not observed", answer=why)
        for name, says in ((SHOWN, SHOWN_SAYS), (ENDED, ENDED_SAYS))
    )


def _outcome(row: Attempt, result: Result, answer: str) -> Outcome:
    return Outcome(name=row.name, says=row.says, wanted=row.wanted, result=result, answer=answer)


class _Probe:
    """One run. `_locked`: the version that is tried now; None where none could be put."""

    def __init__(self, store: Store, bucket: Bucket, wait: Callable[[float], None]) -> None:
        self._store, self._bucket, self._wait = store, bucket, wait
        self._locked: Locked | None = None
        self._why = ""

    def run(self) -> tuple[Outcome, ...]:
        """Everything, in order."""
        short = self._put(until=_now() + SHORT)
        self._locked, shown = self._first()
        found = [self._try(row) for row in ATTEMPTS]
        return (*found, shown, self._ended(short))

    def _put(self, until: datetime | None = None) -> Locked | None:
        """A new locked version: with the bucket's default retention, or until a moment."""
        key = f"{PREFIX}{secrets.token_hex(8)}"
        headers = (
            {
                "x-amz-object-lock-mode": "COMPLIANCE",
                "x-amz-object-lock-retain-until-date": until.strftime(STAMP),
            }
            if until
            else {}
        )
        answer = self._store.send("PUT", self._bucket.name, key, headers=headers, body=CONTENT)
        version = answer.headers.get("x-amz-version-id", "")
        if not answer.ok or not version:
            self._why = f"an object could not be put: {answer.code or 'it has no version'}"
            return None
        row = Locked(
            bucket=self._bucket.name,
            key=key,
            version=version,
            until=until or _now(),
            now=answer.at or _now(),
        )
        if until:
            return row
        _, date = self._retention(row)
        if date is None:
            self._why = "the new object tells no retention"
        return replace(row, until=date) if date else None

    def _retention(self, row: Locked) -> tuple[str, datetime | None]:
        """(mode, end) as the store tells them of a version."""
        asked = {"retention": "", "versionId": row.version}
        answer = self._store.send("GET", row.bucket, row.key, query=asked)
        dates = answer.texts("RetainUntilDate") if answer.ok else []
        modes = answer.texts("Mode") if answer.ok else []
        return (modes or [""])[0], _moment(dates[0]) if dates else None

    def _first(self) -> tuple[Locked | None, Outcome]:
        """The version to try, and whether it showed the bucket's default retention."""

        def told(result: Result, answer: str) -> Outcome:
            return Outcome(
                name=SHOWN, says=SHOWN_SAYS, wanted="allowed", result=result, answer=answer
            )

        there = self._put()
        if there is None:
            # Some stores keep a default retention and do not tell it: one is given, then.
            why = self._why
            there = self._put(until=_now() + timedelta(days=1))
            return there, told("refused" if there else "not observed", why)
        mode, _ = self._retention(there)
        least = there.now + timedelta(days=self._bucket.days) - SLACK
        right = self._bucket.days > 0 and mode == "COMPLIANCE" and there.until >= least
        words = f"{mode} until {there.until.isoformat()}"
        return there, told("allowed" if right else "refused", words)

    def _try(self, row: Attempt) -> Outcome:
        there = self._locked
        if there is None:
            return _outcome(row, "not observed", self._why)
        before = self._state(there)
        answer = self._call(row.call(there), there)
        after = self._state(there)
        result, words = judged(row, answer, there, before, after)
        if row.wanted == "refused" and result == "allowed":
            if row.mend is not None:
                self._call(row.mend(there), there)
            self._locked = self._put() or self._put(until=_now() + timedelta(days=1))
        elif result == "allowed":
            _, date = self._retention(there)
            self._locked = replace(there, until=date or there.until)
        return _outcome(row, result, words)

    def _call(self, asked: Request, there: Locked) -> Answer:
        path = (there.bucket, asked.key) if asked.key else (there.bucket,)
        return self._store.send(
            asked.method, *path, query=asked.query, headers=asked.headers, body=asked.body
        )

    def _state(self, there: Locked) -> tuple[object, ...] | None:
        """What an attempt must not change; None where it cannot be read."""
        version = {"versionId": there.version}
        read = self._store.send("GET", there.bucket, there.key, query=version)
        about = look(self._store, there.bucket)
        if read.status == 0 or read.status >= 500:
            return None
        return (read.status, read.body, self._retention(there), about.locked, about.versioned)

    def _ended(self, short: Locked | None) -> Outcome:
        def told(result: Result, answer: str) -> Outcome:
            return Outcome(
                name=ENDED, says=ENDED_SAYS, wanted="allowed", result=result, answer=answer
            )

        if short is None:
            return told("not observed", self._why)
        end = time.monotonic() + PATIENCE
        while True:
            answer = self._store.send(
                "DELETE", short.bucket, short.key, query={"versionId": short.version}
            )
            if answer.ok:
                return told("allowed", f"HTTP {answer.status}")
            if (answer.at or _now()) > short.until + SHORT or time.monotonic() > end:
                return told("refused" if answer.status else "not observed", answer.code)
            # The retention ends by the store's clock, which tells nobody: it can only be asked.
            self._wait(0.2)


def judged(
    row: Attempt,
    answer: Answer,
    there: Locked,
    before: tuple[object, ...] | None,
    after: tuple[object, ...] | None,
) -> tuple[Result, str]:
    """(result, the answer in short). What really changed counts for more than what was said."""
    words = f"HTTP {answer.status}" + (f" {answer.code}" if answer.code else "")
    if before is None or answer.status == 0 or answer.status >= 500:
        return "not observed", answer.code or words
    if row.wanted == "refused" and after is not None and after != before:
        return "allowed", f"{words}; and it was done"
    if answer.ok and b"<DeleteResult" in answer.body:
        return _of_batch(answer, there)
    if answer.ok:
        kept = row.wanted == "refused" or _still(before, after)
        return ("allowed", words) if kept else ("refused", f"{words}; the old version changed")
    if answer.code in UNSAID or after is None:
        return "not observed", words
    return "refused", words


def _still(before: tuple[object, ...], after: tuple[object, ...] | None) -> bool:
    """Whether the old version is readable as it was."""
    return after is not None and after[:2] == before[:2]


def _of_batch(answer: Answer, there: Locked) -> tuple[Result, str]:
    text = answer.body
    errors = text.partition(b"<Error>")[2]
    if there.version.encode() in errors or there.key.encode() in errors:
        codes = texts(text, "Code")
        return "refused", f"HTTP {answer.status}, the locked one {codes[-1] if codes else ''}"
    return "allowed", f"HTTP {answer.status}, the locked one deleted"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).replace(microsecond=0)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)

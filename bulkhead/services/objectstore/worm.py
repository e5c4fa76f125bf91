"""What a store of logs must refuse whoever asks, and what it must still do: attempts as plain data.

Source of `says`: Amazon S3 User Guide, "Locking objects with Object Lock" and "Managing Object
Lock"; S3 API Reference, PutObjectRetention, PutBucketVersioning, DeleteObjects, DeleteBucket and
PutObjectLockConfiguration. Attempts are made with the store's own admin credentials: a refusal for
want of a permission says nothing of a lock. Those that must be allowed show that it was not that.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

Result = Literal["refused", "allowed", "not observed"]
BYPASS = {"x-amz-bypass-governance-retention": "true"}
SOON = timedelta(seconds=60)
STAMP = "%Y-%m-%dT%H:%M:%SZ"
"""S3's times are whole seconds of UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A locked version that is tried. until: the end of its retention. now: the store's clock."""

    bucket: str
    key: str
    version: str
    until: datetime
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call of S3. key: "" for the bucket itself."""

    method: str
    key: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call, and what S3 documents that becomes of it.

    mend: the call that takes it back where a store allowed what it must not.
    """

    name: str
    says: str
    wanted: Result
    call: Callable[[Locked], Request]
    mend: Callable[[Locked], Request] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an attempt. answer: the store's, in short."""

    name: str
    says: str
    wanted: Result
    result: Result
    answer: str

    @property
    def held(self) -> bool:
        """Whether the store did as S3 documents."""
        return self.result == self.wanted


XML = {"content-type": "application/xml"}


def _with(
    method: str, key: str, query: Mapping[str, str], text: str, bypass: bool = False
) -> Request:
    headers = XML | (BYPASS if bypass else {})
    return Request(method=method, key=key, query=query, headers=headers, body=text.encode())


def _retention(
    row: Locked, *, mode: str = "COMPLIANCE", until: datetime | None = None, bypass: bool = True
) -> Request:
    date = (until or row.until).strftime(STAMP)
    inside = f"<Mode>{mode}</Mode><RetainUntilDate>{date}</RetainUntilDate>" if mode else ""
    query = {"retention": "", "versionId": row.version}
    return _with("PUT", row.key, query, f"<Retention>{inside}</Retention>", bypass)


def _delete(row: Locked, bypass: bool = False) -> Request:
    headers = BYPASS if bypass else {}
    return Request(method="DELETE", key=row.key, query={"versionId": row.version}, headers=headers)


def _batch(row: Locked) -> Request:
    rows = (("missing/never-there", "null"), (row.key, row.version))
    inside = "".join(
        f"<Object><Key>{key}</Key><VersionId>{version}</VersionId></Object>"
        for key, version in rows
    )
    return _with("POST", "", {"delete": ""}, f"<Delete>{inside}</Delete>", bypass=True)


def _versioning(state: str) -> Request:
    inside = f"<VersioningConfiguration><Status>{state}</Status></VersioningConfiguration>"
    return _with("PUT", "", {"versioning": ""}, inside)


def _lock(state: str) -> Request:
    inside = f"<ObjectLockEnabled>{state}</ObjectLockEnabled>"
    return _with(
        "PUT",
        "",
        {"object-lock": ""},
        f"<ObjectLockConfiguration>{inside}</ObjectLockConfiguration>",
    )


ATTEMPTS: tuple[Attempt, ...] = (
    Attempt(
        name="lengthen the retention",
        says="a retention in COMPLIANCE mode may be lengthened",
        wanted="allowed",
        call=lambda row: _retention(row, until=row.until + timedelta(seconds=1), bypass=False),
    ),
    Attempt(
        name="delete the locked version",
        says="a locked version cannot be deleted by any user, the root user included",
        wanted="refused",
        call=_delete,
    ),
    Attempt(
        name="delete it with the governance bypass",
        says="the bypass is of GOVERNANCE mode and means nothing in COMPLIANCE mode",
        wanted="refused",
        call=lambda row: _delete(row, bypass=True),
    ),
    Attempt(
        name="shorten the retention",
        says="a retention in COMPLIANCE mode cannot be shortened",
        wanted="refused",
        call=lambda row: _retention(row, until=row.now + SOON),
    ),
    Attempt(
        name="change COMPLIANCE to GOVERNANCE",
        says="the mode of a version in COMPLIANCE mode cannot be changed",
        wanted="refused",
        call=lambda row: _retention(row, mode="GOVERNANCE"),
    ),
    Attempt(
        name="send an empty retention",
        says="an empty retention removes none that is in COMPLIANCE mode",
        wanted="refused",
        call=lambda row: _retention(row, mode=""),
    ),
    Attempt(
        name="delete it in a batch behind a missing one",
        says="each key of a batch is judged by itself",
        wanted="refused",
        call=_batch,
    ),
    Attempt(
        name="suspend versioning",
        says="a bucket with Object Lock cannot suspend versioning",
        wanted="refused",
        call=lambda row: _versioning("Suspended"),
        mend=lambda row: _versioning("Enabled"),
    ),
    Attempt(
        name="turn Object Lock off",
        says="Object Lock cannot be disabled once it is enabled",
        wanted="refused",
        call=lambda row: _lock("Disabled"),
    ),
    Attempt(
        name="delete the bucket",
        says="a bucket that holds any version cannot be deleted",
        wanted="refused",
        call=lambda row: Request(method="DELETE"),
    ),
    Attempt(
        name="put a new version of the same key",
        says="a new version may be put; the old one stays as it was",
        wanted="allowed",
        call=lambda row: Request(method="PUT", key=row.key, body=b"another version"),
    ),
)
"""In their order: what would end the others if a store allowed it stands last."""
SHOWN = "show the default retention on a new object"
SHOWN_SAYS = "a new version has the bucket's default retention, and tells it"
ENDED = "delete a version whose retention has ended"
ENDED_SAYS = "once the retention has ended, its owner may delete the version"
"""Looked at beside the attempts: they take more than one call."""

"""What the engine's steps loosen beyond zones and conduits: encryption, retention, recording. Pure.

A blueprint cannot say these; a changed program, or a change made around us, can. `before` and
`after` are inputs by wire name; None: the resource is not there.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Inputs = Mapping[str, Any]
Reader = Callable[[Inputs], Any]
DAYS_OF_A_YEAR = 365

PROTECTS = {
    "BucketObjectLockConfiguration": "what the bucket holds can be deleted",
    "BucketPolicy": "the bucket refuses nobody any more",
    "BucketPublicAccessBlock": "the bucket may be opened to the public",
    "BucketServerSideEncryptionConfiguration": "what the bucket holds is no longer encrypted by us",
    "BucketVersioning": "the bucket keeps no versions",
    "FlowLog": "its traffic is no longer recorded",
    "Key": "what it encrypted cannot be read once it is gone",
    "Trail": "calls to the API are no longer recorded",
}
"""Kinds whose removal loosens, and what that means."""


def retention(own: Inputs) -> int:
    """Days for which an Object Lock configuration keeps by default."""
    kept = (own.get("rule") or {}).get("defaultRetention") or {}
    return int(kept.get("days") or 0) + int(kept.get("years") or 0) * DAYS_OF_A_YEAR


def _mode(own: Inputs) -> bool:
    kept = (own.get("rule") or {}).get("defaultRetention") or {}
    return bool(kept.get("mode") == "COMPLIANCE")


def _flag(*path: str) -> Reader:
    def read(own: Inputs) -> bool:
        value: Any = own
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return bool(value)

    return read


def _equals(expected: str, *path: str) -> Reader:
    def read(own: Inputs) -> bool:
        value: Any = own
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return bool(value == expected)

    return read


ORDERED: dict[str, tuple[tuple[Reader, str], ...]] = {
    "BucketObjectLockConfiguration": (
        (retention, "keeps for {after} days where it was {before}"),
        (_mode, "is no longer locked in COMPLIANCE mode"),
    ),
    "BucketVersioning": (
        (_equals("Enabled", "versioningConfiguration", "status"), "keeps no versions any more"),
    ),
    "FlowLog": ((_equals("ALL", "trafficType"), "no longer records all of the traffic"),),
    "Instance": (
        (_flag("rootBlockDevice", "encrypted"), "its root volume is no longer encrypted"),
        (_equals("required", "metadataOptions", "httpTokens"), "answers IMDSv1 again"),
    ),
    "Key": ((_flag("enableKeyRotation"), "is no longer rotated"),),
    "Trail": (
        (_flag("isMultiRegionTrail"), "sees one region alone"),
        (_flag("enableLogFileValidation"), "its files can no longer be validated"),
        (lambda own: own.get("enableLogging") is not False, "is switched off"),
    ),
    **{
        "BucketPublicAccessBlock": tuple(
            (_flag(name), f"{name} is taken off")
            for name in (
                "blockPublicAcls",
                "blockPublicPolicy",
                "ignorePublicAcls",
                "restrictPublicBuckets",
            )
        )
    },
}
"""For each kind what of it may not become less, and what it means if it does."""


def loosens(kind: str, name: str, before: Inputs | None, after: Inputs | None) -> Iterator[str]:
    """A sentence for each thing that a step loosens. kind: the type's last part."""
    if before is None:
        return
    if after is None:
        if kind in PROTECTS:
            yield f"{kind} {name} is removed: {PROTECTS[kind]}"
        return
    for read, meaning in ORDERED.get(kind, ()):
        was, is_ = read(before), read(after)
        if is_ < was:
            yield f"{kind} {name} {meaning.format(before=was, after=is_)}"

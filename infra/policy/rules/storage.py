"""Buckets hold logs: versioned, encrypted, locked in COMPLIANCE mode, closed, for long enough."""

from collections.abc import Iterator
from typing import Any

from infra.policy.documents import denies
from infra.policy.graph import UNKNOWN, Allowed, Graph, Resource, Rule

DAYS_OF_A_YEAR = 365
CLOSED = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")

Found = Iterator[tuple[Resource, str]]


def _beside(graph: Graph, bucket: Resource, kind: str) -> Any:
    """The properties of the bucket's `kind`, or None; buckets are referred to by their name."""
    names = {bucket.properties.get("bucket"), bucket.properties.get("id")} - {None, UNKNOWN}
    for row in graph.of(kind):
        if row.properties.get("bucket") in names or row.name == bucket.name:
            return row.properties
    return None


def _versioned(graph: Graph, _: Allowed) -> Found:
    for bucket in graph.of("Bucket"):
        found = _beside(graph, bucket, "BucketVersioning") or {}
        if (found.get("versioningConfiguration") or {}).get("status") != "Enabled":
            yield bucket, "does not keep the versions of its objects"


def _encrypted(graph: Graph, _: Allowed) -> Found:
    for bucket in graph.of("Bucket"):
        found = _beside(graph, bucket, "BucketServerSideEncryptionConfiguration") or {}
        rules = [
            rule.get("applyServerSideEncryptionByDefault") or {} for rule in found.get("rules", ())
        ]
        if not rules or any(rule.get("sseAlgorithm") != "aws:kms" for rule in rules):
            yield bucket, "does not encrypt what it holds with a key of ours (aws:kms)"
        elif not all(rule.get("kmsMasterKeyId") for rule in rules):
            yield bucket, "encrypts with AWS's key, not with ours"


def _closed(graph: Graph, _: Allowed) -> Found:
    for bucket in graph.of("Bucket"):
        found = _beside(graph, bucket, "BucketPublicAccessBlock") or {}
        loose = [name for name in CLOSED if found.get(name) is not True]
        if loose:
            yield bucket, f"may be opened to the public ({', '.join(loose)} not set)"


def _locked(graph: Graph, allowed: Allowed) -> Found:
    for bucket in graph.of("Bucket"):
        if bucket.properties.get("objectLockEnabled") is not True:
            yield bucket, "has no Object Lock: what it holds can be deleted"
            continue
        found = _beside(graph, bucket, "BucketObjectLockConfiguration") or {}
        kept = (found.get("rule") or {}).get("defaultRetention") or {}
        if kept.get("mode") != "COMPLIANCE":
            yield bucket, f"locks in mode {kept.get('mode')}, not COMPLIANCE: somebody can lift it"


def _retained(graph: Graph, allowed: Allowed) -> Found:
    for row in graph.of("BucketObjectLockConfiguration"):
        kept = (row.properties.get("rule") or {}).get("defaultRetention") or {}
        days = int(kept.get("days") or 0) + int(kept.get("years") or 0) * DAYS_OF_A_YEAR
        if days < allowed.retention_days:
            yield row, f"keeps for {days} days, less than {allowed.retention_days}"


def _kept(resource: Resource, _: Allowed) -> Iterator[str]:
    if resource.properties.get("forceDestroy"):
        yield "is deleted with all that it holds (forceDestroy)"


def _transport(graph: Graph, _: Allowed) -> Found:
    for bucket in graph.of("Bucket"):
        policy = (_beside(graph, bucket, "BucketPolicy") or {}).get("policy")
        if policy is UNKNOWN:
            continue
        if not denies(policy, "Bool", "aws:SecureTransport", "false"):
            yield bucket, "has no policy that denies requests without TLS"


RULES = (
    Rule(name="bucket-versions", sentence="Buckets keep versions.", whole=_versioned),
    Rule(
        name="bucket-encryption",
        sentence="Buckets encrypt with a KMS key of the estate.",
        whole=_encrypted,
    ),
    Rule(name="bucket-closed", sentence="Buckets refuse the public.", whole=_closed),
    Rule(
        name="bucket-lock",
        sentence="Buckets lock every object in COMPLIANCE mode.",
        whole=_locked,
    ),
    Rule(
        name="retention",
        sentence="Logs are kept for as long as the estate promises.",
        whole=_retained,
    ),
    Rule(
        name="bucket-kept",
        sentence="No bucket goes with what it holds.",
        kinds=("Bucket",),
        each=_kept,
    ),
    Rule(
        name="bucket-transport",
        sentence="Buckets refuse requests without TLS.",
        whole=_transport,
    ),
)

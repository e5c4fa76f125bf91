"""Brings a store into its state: buckets that lock, their retention, and who may put where.

It never loosens: a bucket without Object Lock, or one that keeps longer than it is asked to, is
refused and left as it is.
"""

import json
import time
from collections.abc import Iterable

from bulkhead.errors import BulkheadError, Problem
from bulkhead.services.objectstore.client import Answer, Store
from bulkhead.services.objectstore.config import Config, Kept, Putter
from bulkhead.services.objectstore.probe import look
from bulkhead.services.objectstore.worm import XML

PATIENCE = 30.0
"""Seconds that a store has, once it runs, to know its buckets."""


def settle(store: Store, config: Config) -> list[str]:
    """What was changed, in words. BulkheadError where the store would not."""
    _await(store, config)
    changed = [word for row in config.buckets for word in bucket(store, row)]
    for row in config.putters:
        policy(store, row)
    return changed


def _await(store: Store, config: Config) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        answer = store.send("GET")
        if answer.ok:
            return
        if time.monotonic() > end:
            where = f"{config.address}:{config.port}"
            raise BulkheadError(Problem(where, f"the store does not answer: {answer.code}"))
        time.sleep(0.1)  # it tells nobody when it has read its buckets


def bucket(store: Store, row: Kept) -> list[str]:
    """Make a bucket, or lengthen its retention; what was changed."""
    changed = []
    if store.send("HEAD", row.name).status == 404:
        made = store.send("PUT", row.name, headers={"x-amz-bucket-object-lock-enabled": "true"})
        _done(made, row.name, "it cannot be made")
        changed.append(f"{row.name}: made")
    found = look(store, row.name)
    if not found.locked or not found.versioned:
        what = found.answer or "it stands without Object Lock, which only a new bucket can have"
        raise BulkheadError(Problem(row.name, what, remedy="choose another name for it"))
    if found.mode == "COMPLIANCE" and found.days > row.days:
        raise BulkheadError(
            Problem(
                row.name,
                f"it keeps for {found.days} days, and {row.days} are asked for",
                remedy="a retention is never shortened; name a bucket of its own for it",
            )
        )
    if (found.mode, found.days) != ("COMPLIANCE", row.days):
        _done(keep(store, row), row.name, "its retention cannot be set")
        changed.append(f"{row.name}: COMPLIANCE for {row.days} days")
    return changed


def keep(store: Store, row: Kept, mode: str = "COMPLIANCE") -> Answer:
    """Set a bucket's default retention."""
    rule = f"<Rule><DefaultRetention><Mode>{mode}</Mode><Days>{row.days}</Days>"
    rule += "</DefaultRetention></Rule>"
    text = "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>"
    text += f"{rule}</ObjectLockConfiguration>"
    query = {"object-lock": ""}
    return store.send("PUT", row.name, query=query, headers=XML, body=text.encode())


PUT = ("s3:PutObject",)


def policy(store: Store, row: Putter, actions: Iterable[str] = PUT) -> None:
    """Let a certificate's bearer put below its prefixes, and nothing else."""
    text = json.dumps(document(row.prefixes, actions)).encode()
    # Not S3's: a policy is known by its name, and a certificate's common name names its policy.
    answer = store.send(
        "PUT", "minio", "admin", "v3", "add-canned-policy", query={"name": row.name}, body=text
    )
    _done(answer, row.name, "its policy cannot be set")


def document(prefixes: Iterable[str], actions: Iterable[str] = PUT) -> dict[str, object]:
    """The policy, in IAM's language: these actions below prefixes alone."""
    statement = {
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": [f"arn:aws:s3:::{prefix}*" for prefix in prefixes],
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _done(answer: Answer, where: str, what: str) -> None:
    if not answer.ok:
        raise BulkheadError(Problem(where, f"{what}: {answer.code or answer.status}"))

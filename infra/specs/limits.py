"""Names within AWS's limits, and no two alike over estates. Pure.

A plan's id is a path; AWS takes other characters, and fewer of them. A name keeps the whole id
where it fits; where it does not, it keeps its beginning and a digest of all of it.
"""

import hashlib
import re

BUCKET, ROLE, ALIAS, BUDGET, TRAIL = 63, 64, 256, 100, 128
TAG_KEY, TAG_VALUE = 128, 256
"""Characters that AWS takes: S3 bucket, IAM role and instance profile, KMS alias, budget, trail;
the key and the value of a tag."""
DIGEST = 10
"""Characters of the digest: a billion names before two are likely to be alike."""


def fitted(name: str, longest: int) -> str:
    """The name, or as much of it as fits with a digest of the whole."""
    if len(name) <= longest:
        return name
    end = hashlib.sha256(name.encode()).hexdigest()[:DIGEST]
    return f"{name[: longest - DIGEST - 1]}-{end}"


def bucket(estate: str, account: str) -> str:
    """The log bucket's name, unique in the world because account ids are: lower case, no path."""
    return fitted(f"bulkhead-{account}-{_plain(estate)}-logs", BUCKET)


def role(estate: str, which: str) -> str:
    """The name of the IAM role (and the instance profile) of a plan's id, in any estate."""
    return fitted(f"bulkhead.{estate}.{which.replace('/', '.')}", ROLE)


def path(estate: str, tenant: str) -> str:
    """The IAM path of a tenant's roles: by it, policies name all of them and nobody else's."""
    return f"/bulkhead/{estate}/{tenant}/"


def alias(estate: str, which: str) -> str:
    """The alias of a KMS key."""
    return fitted(f"alias/bulkhead/{estate}/{which}", ALIAS)


def trail(estate: str) -> str:
    """The trail's name."""
    return fitted(f"bulkhead-{_plain(estate)}", TRAIL)


def budget(estate: str, tenant: str) -> str:
    """The budget's name: neither `:` nor a backslash."""
    return fitted(f"bulkhead {estate} {tenant}", BUDGET)


def tag(value: str) -> str:
    """A tag's value: AWS's characters only, at most 256."""
    return fitted(re.sub(r"[^\w .:/=+\-@]", "_", value), TAG_VALUE)


def _plain(name: str) -> str:
    """Lower case letters, digits and hyphens. A digest tells names apart that this makes alike."""
    plain = re.sub(r"[^a-z0-9-]+", "-", name.lower()).strip("-")
    if plain == name:
        return plain
    return f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:DIGEST]}".strip("-")

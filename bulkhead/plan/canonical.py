"""One way to write a plan down: canonical JSON and its SHA-256."""

import hashlib
import json
from dataclasses import asdict

from bulkhead.plan.tables import Plan


def canonical(plan: Plan) -> bytes:
    """The plan as UTF-8 JSON: keys sorted, no spaces, no floats; the same on every machine."""
    return json.dumps(
        asdict(plan), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode()


def digest(plan: Plan) -> str:
    """SHA-256 of the canonical form, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(plan)).hexdigest()

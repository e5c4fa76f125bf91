"""What a shipper's identity may do beside putting: each is tried, and must be refused."""

import json
import secrets
import time
from typing import Any

from bulkhead.services.objectstore.client import Answer, Store
from bulkhead.services.shipper.config import Config
from bulkhead.services.shipper.identity import Identity


def tried(config: Config) -> dict[str, Any]:
    """The shipper's state, the host's clock, and by name `refused`, `allowed` or why neither."""
    return {
        "state": json.loads(config.status.read_text()),
        "now": time.time(),
        "may": may(config.opened, config.other),
    }


def may(opened: Any, prefix: str) -> dict[str, str]:
    """By name, what came of each try below `prefix`. Nothing is put: what is put stays."""
    found = Identity(opened).credentials()
    if isinstance(found, str):
        return dict.fromkeys(("read", "delete", "list"), found)
    store: Store = opened()
    store.who = found
    bucket, _, path = prefix.partition("/")
    key = f"{path}never-put-{secrets.token_hex(4)}"
    calls = {
        "read": store.send("GET", bucket, key),
        "delete": store.send("DELETE", bucket, key),
        "list": store.send("GET", bucket, query={"list-type": "2", "prefix": path}),
        "list versions": store.send("GET", bucket, query={"versions": ""}),
        "see the bucket's retention": store.send("GET", bucket, query={"object-lock": ""}),
    }
    store.close()
    return {name: _word(answer) for name, answer in calls.items()}


def _word(answer: Answer) -> str:
    """A key that is not there, told to somebody who may not read, is AccessDenied in S3 too."""
    if answer.status == 403 and answer.code in ("AccessDenied", "403"):
        return "refused"
    return "allowed" if answer.ok or answer.status == 404 else f"not observed ({answer.code})"

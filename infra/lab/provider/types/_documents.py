"""JSON documents (policies): equal meanings are equal, however they are spelled."""

import json
from typing import Any

from infra.lab.provider.wire import UNKNOWN


def canon(value: Any) -> Any:
    """The document with its keys in order; what is no JSON stays as it is."""
    if value is UNKNOWN or not isinstance(value, str):
        return value
    try:
        return json.dumps(json.loads(value), sort_keys=True, separators=(",", ":"))
    except ValueError:
        return value


def text(document: Any) -> str:
    """A document of the API (text, or parsed by the client) as text."""
    return document if isinstance(document, str) else json.dumps(document)

"""Tags: the user's, the provider's defaults, and the two by which a resource is known again."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any

from infra.lab.provider.wire import UNKNOWN

URN = "bulkhead:urn"
"""Tag: the engine's name of the resource. Made once; never shown to the engine."""

BIRTH = "bulkhead:birth"
"""Tag: drawn anew for each resource made, so that a replacement is not taken for its predecessor,
which bears the same URN."""

_LONGEST = 256
_NOT_ALLOWED = re.compile(r"[^\w .:/=+\-@]")


def urn_tag(urn: str) -> str:
    """The URN as a tag value: AWS's characters only, at most 256, distinct URNs stay distinct."""
    text = urn.replace("$", "/")
    if len(text) <= _LONGEST and not _NOT_ALLOWED.search(text):
        return text
    digest = hashlib.sha256(urn.encode()).hexdigest()
    return f"{digest}:{_NOT_ALLOWED.sub('/', text)}"[:_LONGEST]


def merged(defaults: Mapping[str, str], tags: Any) -> Any:
    """`tagsAll`: the provider's default tags, overridden by the resource's own."""
    return UNKNOWN if tags is UNKNOWN else {**defaults, **(tags or {})}


def as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags in the API's form."""
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def shown(tags: Iterable[Mapping[str, str]] | None) -> dict[str, str]:
    """Tags from the API's form, without ours and without AWS's own."""
    plain = {tag["Key"]: tag["Value"] for tag in tags or ()}
    return {k: v for k, v in plain.items() if k not in (URN, BIRTH) and not k.startswith("aws:")}


def own(state: Mapping[str, str], defaults: Mapping[str, str], old: Any) -> dict[str, str]:
    """The `tags` that explain `state` (tagsAll): all but the defaults nobody repeated."""
    repeated = old if isinstance(old, dict) else {}
    return {k: v for k, v in state.items() if defaults.get(k) != v or k in repeated}

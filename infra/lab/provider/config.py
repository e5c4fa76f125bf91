"""The provider's own arguments: those a user of the real plugin gives to point it at a lab."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from infra.lab.provider.errors import Failed
from infra.lab.provider.wire import UNKNOWN

USED = (
    "accessKey",
    "allowedAccountIds",
    "assumeRoles",
    "defaultTags",
    "endpoints",
    "region",
    "s3UsePathStyle",
    "secretKey",
    "skipCredentialsValidation",
    "skipMetadataApiCheck",
    "skipRegionValidation",
    "skipRequestingAccountId",
    "token",
)
"""Arguments that are implemented, or that ask for what this provider never does anyway."""

_ENGINES = ("version", "pluginDownloadURL", "__internal")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Where the region is and who asks. endpoints: service ("ec2") to URL, all on loopback."""

    region: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    endpoints: Mapping[str, str]
    roles: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    default_tags: Mapping[str, str] = field(default_factory=dict)


def parsed(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments with nested values decoded: the engine passes those as JSON text."""
    return {name: _decoded(value) for name, value in raw.items() if value is not None}


def _decoded(value: Any) -> Any:
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return _plain(json.loads(value))
        except ValueError:
            return value
    return value


def _plain(value: Any) -> Any:
    """JSON without the engine's secret markers."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        if "4dabf18193072939515e22adb298388d" in value:
            return _plain(value.get("value"))
        return {name: _plain(item) for name, item in value.items()}
    return value


def complaints(raw: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(argument, reason) for what this provider cannot honour. Unknown arguments are let be."""
    given = parsed(raw)
    said = [
        (name, "the lab's provider does not implement this provider argument")
        for name in given
        if name not in USED + _ENGINES
    ]
    if UNKNOWN in given.values():
        return said
    try:
        config(raw)
    except Failed as problem:
        said.append(("endpoints" if "endpoint" in str(problem) else "region", str(problem)))
    return said


def config(raw: Mapping[str, Any]) -> Config:
    """The arguments as a Config, or Failed. The machine's own AWS set-up is never read."""
    given = parsed(raw)
    for name in ("region", "accessKey", "secretKey"):
        if not given.get(name):
            raise Failed(f"the lab's provider needs `{name}`: it never reads the machine's own")
    return Config(
        region=given["region"],
        access_key=given["accessKey"],
        secret_key=given["secretKey"],
        token=given.get("token"),
        endpoints=_endpoints(given.get("endpoints") or []),
        roles=tuple(role["roleArn"] for role in given.get("assumeRoles") or []),
        accounts=tuple(given.get("allowedAccountIds") or ()),
        default_tags=(given.get("defaultTags") or {}).get("tags") or {},
    )


def _endpoints(entries: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in entries if isinstance(entries, list) else [entries]:
        found.update({service: url for service, url in entry.items() if url})
    for service, url in found.items():
        if urlsplit(url).hostname not in _LOOPBACK:
            raise Failed(f"endpoint of {service} is {url}: the lab's region is on loopback only")
    return found

"""What ingest is told at its start: a TOML file that role `ingest` writes."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from bulkhead.wire import topics


class BadConfig(Exception):
    """The file cannot be used; the text says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A server: where it is, and the name that its certificate must bear."""

    address: str
    port: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Files (PEM): our key and certificate; whom we trust; what those revoked."""

    key: Path
    certificate: Path
    anchors: Path
    revocations: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds. Times in seconds; `past` and `future`: how far a value's time may be from now.

    queue: messages waiting. batch: values in one transaction. linger: how long a batch waits for
    more. quarantine: rows a second. rebirth: seconds between two requests to one node.
    """

    queue: int = 20_000
    batch: int = 2_000
    linger: float = 0.05
    quarantine: float = 20.0
    rebirth: float = 10.0
    past: float = 31 * 86_400.0
    future: float = 300.0
    nodes: int = 1_000
    devices: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One ingest service of one tenant. name: dotted, as in its certificate."""

    tenant: str
    name: str
    broker: Peer
    historian: Peer
    tls: Tls
    status: Path
    limits: Limits


def load(path: Path) -> Config:
    """Read the file. Raises BadConfig, naming what is wrong."""
    try:
        read = tomllib.loads(path.read_text())
        limits = _made(Limits, read.pop("limits", {}), "limits")
        tls = {key: Path(value) for key, value in read.pop("tls").items()}
        config: Config = _made(
            Config,
            {
                "broker": _made(Peer, read.pop("broker"), "broker"),
                "historian": _made(Peer, read.pop("historian"), "historian"),
                "tls": _made(Tls, tls, "tls"),
                "status": Path(read.pop("status")),
                "limits": limits,
                **read,
            },
            "the file",
        )
    except (OSError, KeyError, AttributeError, TypeError, ValueError) as error:
        raise BadConfig(f"{path}: {type(error).__name__}: {error}") from None
    _check(path, config)
    return config


def _made(kind: type, values: dict[str, Any], where: str) -> Any:
    unknown = set(values) - {field.name for field in fields(kind)}
    if unknown:
        raise ValueError(f"{where} does not know {', '.join(sorted(unknown))}")
    for field in fields(kind):
        value = values.get(field.name)
        accepted = {"int": (int,), "float": (int, float), "str": (str,)}.get(
            getattr(field.type, "__name__", ""), (object,)
        )
        if value is not None and (not isinstance(value, accepted) or isinstance(value, bool)):
            raise ValueError(f"{where}: {field.name} is {value!r}")
    return kind(**values)


def _check(path: Path, config: Config) -> None:
    try:
        topics.primary_host(config.tenant)
    except topics.BadTopic as error:
        raise BadConfig(f"{path}: tenant: {error}") from None
    if not config.name.startswith(f"{config.tenant}."):
        raise BadConfig(f"{path}: {config.name} is no name of tenant {config.tenant}")
    for field in fields(Limits):
        if getattr(config.limits, field.name) <= 0:
            raise BadConfig(f"{path}: limits.{field.name} must be more than 0")

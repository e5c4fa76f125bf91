"""The gateway's configuration: one TOML file, every key checked, unknown keys refused."""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bulkhead.errors import Problem, WrongInput
from bulkhead.wire.telemetry import SIGNALS
from bulkhead.wire.topics import BadTopic, Kind, Topic

_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]{0,252}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """An asset that the gateway speaks for, and which of the four signals it has."""

    id: str
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the broker is (`address`, TCP port) and whose name its certificate must bear."""

    address: str
    port: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """PEM files: own certificate and key, anchors of the broker, and their revocation lists."""

    certificate: Path
    key: Path
    anchors: Path
    revocations: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that a gateway needs to know.

    interval_ms: time between two readings. capacity: most values kept on disk, sent or not.
    recent_s: how long a sent value is kept, to be sent again after a birth.
    drain_per_s: most values per second that are sent late. keepalive_s: MQTT's.
    """

    tenant: str
    node: str
    state: Path
    broker: Broker
    tls: Tls
    devices: tuple[Device, ...]
    seed: int
    interval_ms: int
    capacity: int
    recent_s: int
    drain_per_s: int
    keepalive_s: int


_ROOT = {"tenant", "node", "state", "broker", "tls", "telemetry", "devices"}


class _Table:
    """A TOML table that names, in a user's words, what is wrong in it."""

    def __init__(self, file: Path, name: str, table: Any, keys: set[str]) -> None:
        self._file, self._name = file, name
        if not isinstance(table, dict):
            raise self.wrong("", f"is {type(table).__name__}", "a table")
        self._table = table
        if unknown := sorted(set(table) - keys):
            raise self.wrong(unknown[0], "is not known here", ", ".join(sorted(keys)))

    def wrong(self, key: str, what: str, allowed: str) -> WrongInput:
        """The error to raise for one key."""
        place = ".".join(part for part in (self._name, key) if part)
        return WrongInput(Problem(str(self._file), f"{place} {what}", allowed=allowed))

    def _value(self, key: str, default: Any = None) -> Any:
        value = self._table.get(key, default)
        if value is None:
            raise self.wrong(key, "is missing", "a value")
        return value

    def text(self, key: str, pattern: re.Pattern[str] = _ADDRESS) -> str:
        """A string that matches."""
        value = self._value(key)
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise self.wrong(key, f"is {value!r}", f"a string like {pattern.pattern}")
        return value

    def path(self, key: str) -> Path:
        """An absolute path."""
        value = self._value(key)
        if not isinstance(value, str) or not value.startswith("/"):
            raise self.wrong(key, f"is {value!r}", "an absolute path")
        return Path(value)

    def number(self, key: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number within inclusive bounds."""
        value = self._value(key, default)
        if type(value) is not int or not low <= value <= high:
            raise self.wrong(key, f"is {value!r}", f"a whole number, {low} to {high}")
        return value

    def strings(self, key: str) -> list[str]:
        """A list of strings, at least one, none twice."""
        value = self._value(key)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, f"is {value!r}", "a list of strings")
        if not value or len(set(value)) != len(value):
            raise self.wrong(key, f"is {value!r}", "at least one, none twice")
        return value

    def table(self, key: str, keys: set[str], default: Any = None) -> "_Table":
        """A table below this one."""
        return _Table(self._file, key, self._value(key, default), keys)

    def tables(self, key: str, keys: set[str]) -> "list[_Table]":
        """A list of tables, at least one."""
        value = self._value(key)
        if not isinstance(value, list) or not value:
            raise self.wrong(key, "is not a list of tables", f"[[{key}]], at least one")
        return [_Table(self._file, f"{key}[{n}]", item, keys) for n, item in enumerate(value)]


def load(file: Path) -> Settings:
    """The settings in a file. Raises WrongInput, naming file, key, value and what is allowed."""
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WrongInput(Problem(str(file), f"cannot be read: {error}")) from None
    root = _Table(file, "", read, _ROOT)
    telemetry = root.table(
        "telemetry",
        {"seed", "interval_ms", "capacity", "recent_s", "drain_per_s", "keepalive_s"},
        {},
    )
    settings = Settings(
        tenant=root.text("tenant"),
        node=root.text("node"),
        state=root.path("state"),
        broker=_broker(root.table("broker", {"address", "port", "name"})),
        tls=_tls(root.table("tls", {"certificate", "key", "anchors", "revocations"})),
        devices=_devices(root),
        seed=telemetry.number("seed", 0, 2**63 - 1, 0),
        interval_ms=telemetry.number("interval_ms", 1, 3_600_000, 1_000),
        capacity=telemetry.number("capacity", 100, 100_000_000, 500_000),
        recent_s=telemetry.number("recent_s", 1, 86_400, 120),
        drain_per_s=telemetry.number("drain_per_s", 1, 1_000_000, 2_000),
        keepalive_s=telemetry.number("keepalive_s", 5, 600, 10),
    )
    _speakable(root, settings)
    return settings


def _broker(table: _Table) -> Broker:
    return Broker(
        address=table.text("address"), port=table.number("port", 1, 65535), name=table.text("name")
    )


def _tls(table: _Table) -> Tls:
    names = ("certificate", "key", "anchors", "revocations")
    return Tls(**{name: table.path(name) for name in names})


def _devices(root: _Table) -> tuple[Device, ...]:
    devices = []
    for table in root.tables("devices", {"id", "signals"}):
        signals = table.strings("signals")
        if unknown := sorted(set(signals) - set(SIGNALS)):
            raise table.wrong("signals", f"has {unknown[0]!r}", ", ".join(SIGNALS))
        devices.append(Device(id=table.text("id"), signals=tuple(signals)))
    if len({device.id for device in devices}) != len(devices):
        raise root.wrong("devices", "have an id twice", "an id of its own for each")
    return tuple(devices)


def _speakable(root: _Table, settings: Settings) -> None:
    """Every name must be able to stand in a topic."""
    try:
        for device in settings.devices:
            Topic(tenant=settings.tenant, kind=Kind.DDATA, node=settings.node, device=device.id)
    except BadTopic as error:
        allowed = "A-Z a-z 0-9 . _ -"
        raise root.wrong("", f"names cannot stand in a topic: {error}", allowed) from None

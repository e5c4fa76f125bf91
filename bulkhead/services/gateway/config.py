"""The gateway's configuration: one TOML file, every key checked, unknown keys refused."""

from dataclasses import dataclass
from pathlib import Path

from bulkhead.services.tables import Table, read
from bulkhead.wire.registers import BLOCKS
from bulkhead.wire.telemetry import SIGNALS
from bulkhead.wire.topics import BadTopic, Kind, Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """An asset that the gateway speaks for, and which of the four signals it has.

    behind: the controller that its sensors are wired to, and `block` its place in that one's
    register map; "" where they are wired to the gateway itself.
    """

    id: str
    signals: tuple[str, ...]
    behind: str = ""
    block: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """A controller that is polled by Modbus TCP, or (`diode`) sends over a diode to this port."""

    id: str
    address: str
    port: int
    diode: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Where real values come from. wires: the socket that stands for the gateway's own terminals.

    standin: whether values are made up for wires that nobody uses (never for silent ones).
    """

    wires: Path
    standin: bool
    controllers: tuple[Controller, ...]


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
    field: None where every value is made up.
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
    field: Field | None = None


_ROOT = {
    *("tenant", "node", "state", "broker", "tls", "telemetry", "devices"),
    *("source", "field", "controllers"),
}
SOURCES = ("seeded", "field")


def load(file: Path) -> Settings:
    """The settings in a file. Raises WrongInput, naming file, key, value and what is allowed."""
    root = read(file, _ROOT)
    field = _field(root)
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
        field=field if root.one_of("source", SOURCES, "seeded") == "field" else None,
    )
    _wired(root, settings.devices, field)
    _speakable(root, settings)
    return settings


def _broker(table: Table) -> Broker:
    return Broker(
        address=table.text("address"), port=table.number("port", 1, 65535), name=table.text("name")
    )


def _tls(table: Table) -> Tls:
    names = ("certificate", "key", "anchors", "revocations")
    return Tls(**{name: table.path(name) for name in names})


def _field(root: Table) -> Field | None:
    """What the file says of the field; None where it says nothing and need not."""
    controllers = tuple(
        Controller(
            id=table.text("id"),
            address=table.text("address"),
            port=table.number("port", 1, 65535),
            diode=table.truth("diode", False),
        )
        for table in root.tables("controllers", {"id", "address", "port", "diode"}, [])
    )
    if len({row.id for row in controllers}) != len(controllers):
        raise root.wrong("controllers", "have an id twice", "an id of its own for each")
    if not root.has("field") and root.one_of("source", SOURCES, "seeded") != "field":
        return None
    table = root.table("field", {"wires", "standin"})
    return Field(
        wires=table.path("wires"), standin=table.truth("standin", False), controllers=controllers
    )


def _devices(root: Table) -> tuple[Device, ...]:
    devices = tuple(
        _device(table) for table in root.tables("devices", {"id", "signals", "behind", "block"})
    )
    if len({device.id for device in devices}) != len(devices):
        raise root.wrong("devices", "have an id twice", "an id of its own for each")
    return devices


def _device(table: Table) -> Device:
    signals = table.strings("signals")
    if unknown := sorted(set(signals) - set(SIGNALS)):
        raise table.wrong("signals", f"has {unknown[0]!r}", ", ".join(SIGNALS))
    behind = table.text("behind") if table.has("behind") else ""
    number = table.number("block", 0, BLOCKS - 1) if behind else 0
    return Device(id=table.text("id"), signals=tuple(signals), behind=behind, block=number)


def _wired(root: Table, devices: tuple[Device, ...], field: Field | None) -> None:
    """A device is behind a controller that is there, in a block of its own."""
    known = {row.id for row in field.controllers} if field else set()
    taken = [(device.behind, device.block) for device in devices if device.behind]
    if strange := sorted({behind for behind, _ in taken} - known):
        allowed = ", ".join(sorted(known)) or "no controller is declared"
        raise root.wrong("devices", f"are behind {strange[0]!r}", allowed)
    if len(set(taken)) != len(taken):
        raise root.wrong("devices", "share a block of a controller", "a block of its own for each")


def _speakable(root: Table, settings: Settings) -> None:
    """Every name must be able to stand in a topic."""
    try:
        for device in settings.devices:
            Topic(tenant=settings.tenant, kind=Kind.DDATA, node=settings.node, device=device.id)
    except BadTopic as error:
        allowed = "A-Z a-z 0-9 . _ -"
        raise root.wrong("", f"names cannot stand in a topic: {error}", allowed) from None

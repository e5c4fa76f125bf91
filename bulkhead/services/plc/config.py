"""The controller's configuration: one TOML file, every key checked, unknown keys refused."""

from dataclasses import dataclass
from pathlib import Path

from bulkhead.services.tables import Table, read
from bulkhead.wire.registers import BLOCKS, SPEEDS
from bulkhead.wire.telemetry import SIGNALS


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What is wired to the controller, and which of the four signals it has."""

    id: str
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A gateway beyond a diode, to which each scan is sent: its address and UDP port."""

    address: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """address, port: where Modbus TCP is answered. wires: the socket that stands for terminals.

    outputs: the file that stands for output terminals. devices: in the order of their blocks.
    speed: the set speed after a start, rpm. diode: to whom each scan is sent without an answer;
    all of them at one port.
    """

    address: str
    port: int
    wires: Path
    outputs: Path
    speed: int
    devices: tuple[Device, ...]
    diode: tuple[Peer, ...] = ()


def load(file: Path) -> Settings:
    """The settings in a file. Raises WrongInput, naming file, key, value and what is allowed."""
    root = read(file, {"address", "port", "wires", "outputs", "speed", "devices", "diode"})
    return Settings(
        address=root.text("address"),
        port=root.number("port", 1, 65535),
        wires=root.path("wires"),
        outputs=root.path("outputs"),
        speed=root.number("speed", *SPEEDS),
        devices=_devices(root),
        diode=_diode(root),
    )


def _diode(root: Table) -> tuple[Peer, ...]:
    peers = tuple(
        Peer(address=table.text("address"), port=table.number("port", 1, 65535))
        for table in root.tables("diode", {"address", "port"}, [])
    )
    if len({peer.port for peer in peers}) > 1:
        raise root.wrong("diode", "has several ports", "one port for all gateways")
    return peers


def _devices(root: Table) -> tuple[Device, ...]:
    devices = []
    for table in root.tables("devices", {"id", "signals"}, []):
        signals = table.strings("signals")
        if unknown := sorted(set(signals) - set(SIGNALS)):
            raise table.wrong("signals", f"has {unknown[0]!r}", ", ".join(SIGNALS))
        devices.append(Device(id=table.text("id"), signals=tuple(signals)))
    if len({device.id for device in devices}) != len(devices):
        raise root.wrong("devices", "have an id twice", "an id of its own for each")
    if len(devices) > BLOCKS:
        raise root.wrong("devices", f"are {len(devices)}", f"{BLOCKS} at most")
    return tuple(devices)

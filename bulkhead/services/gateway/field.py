"""The source of real values: the gateway's own wires, and the controllers that it polls.

Each scan of the wires is taken once, at the time at which it came; between two scans nothing is
known, so nothing is said. For a wire that is dead, silent, or at a controller that does not answer
nothing is said either: its last value is not a constant. Only for wires that nobody uses (nothing
was ever heard, or they were said to be taken off) may a stand-in speak, so that a lab without a
plant has telemetry; what it makes up is counted apart (`Bulkhead/StandIn`).
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol

from bulkhead.services.gateway.config import Controller, Device, Settings
from bulkhead.services.gateway.diode import Receiver
from bulkhead.services.gateway.poller import Poller
from bulkhead.services.gateway.source import Sample, Seeded
from bulkhead.services.wires import Heard, Wires
from bulkhead.wire.field import Lines

log = logging.getLogger(__name__)
_SAYINGS = {
    Lines.UNUSED: "nobody uses these wires",
    Lines.LIVE: "these wires are live",
    Lines.SILENT: "these wires are silent; their signals are left out",
}


class Terminals(Protocol):
    """Where wires end: at this host, or at a controller that is asked."""

    @property
    def lines(self) -> Lines:
        """What the wires are now."""
        ...

    def scans(self) -> list[Heard]:
        """The scans that came since the last call, in order. Never waits."""
        ...

    def close(self) -> None:
        """Listen no longer."""
        ...


@dataclass(slots=True)
class Strand:
    """The devices whose wires end at one place. standin: who speaks while nobody uses them."""

    name: str
    terminals: Terminals
    devices: Sequence[Device]
    standin: Seeded | None
    _known: Lines | None = field(default=None, init=False)

    def read(self, at: int) -> Iterator[Sample]:
        """What is known of these devices now, made up or not."""
        for heard in self.terminals.scans():
            yield from self._samples(heard)
        lines = self.terminals.lines
        if lines is Lines.UNUSED and self.standin is not None:
            yield from self.standin.read(at)
        if lines is not self._known:
            made_up = "; values are made up" if lines is Lines.UNUSED and self.standin else ""
            log.info("%s: %s%s", self.name, _SAYINGS[lines], made_up)
            self._known = lines

    def _samples(self, heard: Heard) -> Iterator[Sample]:
        for device in self.devices:
            values = heard.values.get(device.id, {})
            for signal in device.signals:
                if signal in values:
                    yield Sample(device.id, signal, values[signal], at=heard.at)


class FieldSource:
    """All strands of a gateway; a Source."""

    def __init__(self, strands: Sequence[Strand]) -> None:
        self._strands = tuple(strands)

    def read(self, at: int) -> list[Sample]:
        """What is known now; what came since the last reading, in order."""
        return [sample for strand in self._strands for sample in strand.read(at)]

    def close(self) -> None:
        """Listen and poll no longer."""
        for strand in self._strands:
            strand.terminals.close()


def askers(
    controllers: Sequence[Controller], devices: Sequence[Device]
) -> Iterator[tuple[Poller | Receiver, tuple[Device, ...]]]:
    """A poller for each controller that has devices, or a receiver for one behind a diode; not
    started. With it the devices behind that controller."""
    known = {controller.id: controller for controller in controllers}
    behind = sorted((row for row in devices if row.behind), key=lambda row: row.behind)
    for name, some in groupby(behind, key=lambda row: row.behind):
        rows, controller = tuple(some), known[name]
        yield (Receiver if controller.diode else Poller)(controller, rows), rows


def source(settings: Settings) -> FieldSource:
    """The source that settings with a `field` ask for, its pollers at work.

    Raises OSError where the terminals cannot be made.
    """
    asked = settings.field
    if asked is None:
        raise ValueError("the settings say nothing of a field")

    def strand(name: str, terminals: Terminals, devices: Sequence[Device]) -> Strand:
        standin = Seeded(settings.seed, devices) if asked.standin else None
        return Strand(name, terminals, devices, standin)

    own = tuple(device for device in settings.devices if not device.behind)
    strands = [strand("own wires", Wires(asked.wires), own)]
    for asker, devices in askers(asked.controllers, settings.devices):
        asker.start()
        strands.append(strand(f"wires of {devices[0].behind}", asker, devices))
    return FieldSource(strands)

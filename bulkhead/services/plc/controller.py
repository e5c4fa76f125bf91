"""What the controller knows and does: scans in, limits enforced, registers out. Pure.

It stops its machines by itself as soon as a value is at or over its trip limit, and lets nobody
start them again before the trip was reset, which it does only once nothing is over a limit. After a
restart it is as new: delivered limits, no trip; what is over its limit trips with the first scan.
"""

import time
from collections.abc import Callable, Mapping, Sequence

from bulkhead.services.plc.config import Device
from bulkhead.wire import field, registers
from bulkhead.wire.field import Lines
from bulkhead.wire.registers import LIMITS, ORDER, RESET, RUN, SPEED, Inputs
from bulkhead.wire.telemetry import SIGNALS

Values = Mapping[str, float]


class NotTaken(Exception):
    """A write that the controller refuses; the text says why."""


class NoSuchRegister(NotTaken):
    """There is no such register to be written."""


class Controller:
    """One controller with its devices in the order of their blocks.

    say: hears, in a sentence, of trips and of what others wrote. clock: monotonic seconds.
    """

    def __init__(
        self,
        devices: Sequence[Device],
        say: Callable[[str], None],
        *,
        speed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._devices, self._say = tuple(devices), say
        self._values: list[Values] = [{} for _ in self._devices]
        self._scan = 0
        self._tripped: tuple[int, str] | None = None
        self._holding = [0] * registers.size(len(self._devices))
        self._holding[RUN], self._holding[SPEED] = 1, speed
        for number in range(len(self._devices)):
            for signal, row in LIMITS.items():
                for kind, value in (("alarm", row.alarm), ("trip", row.trip)):
                    place = registers.limit(number, signal, kind)
                    self._holding[place] = registers.raw(signal, value)
        self._lines = Lines.SILENT
        self._clock, self._came = clock, clock()
        self._ring: dict[int, tuple[float, list[int]]] = {}

    @property
    def running(self) -> bool:
        """Whether it lets its machines run."""
        return self._holding[RUN] == 1

    @property
    def outputs(self) -> field.Outputs:
        """What it tells its machines."""
        return field.Outputs(self.running, self._holding[SPEED])

    def take(self, scan: field.Scan) -> None:
        """A scan of the wires; what it says of devices of others is passed over."""
        self._scan = registers.following(self._scan)
        self._values = [
            {name: scan[row.id][name] for name in row.signals if name in scan.get(row.id, {})}
            for row in self._devices
        ]
        self._protect()
        self._came, self._lines = self._clock(), Lines.LIVE
        self._ring[self._scan % registers.RING] = (self._came, self._image())

    def hear(self, lines: Lines) -> None:
        """What the wires are now. Of wires that are not live no value is known."""
        self._lines = lines
        if lines is not Lines.LIVE:
            self._values = [{} for _ in self._devices]

    def inputs(self) -> list[int]:
        """The input registers as they are now, and the scans that it remembers."""
        found = self._aged(self._came, self._image())
        empty = [0] * len(found)
        for place in range(registers.RING):
            found += self._aged(*self._ring[place]) if place in self._ring else empty
        return found

    def _aged(self, came: float, image: list[int]) -> list[int]:
        aged = list(image)
        aged[registers.AGE] = min(round((self._clock() - came) * 1000), registers.OLDEST)
        return aged

    def _image(self) -> list[int]:
        devices = tuple(
            registers.Device(
                values=values,
                alarms=self._over(number, "alarm"),
                trips=self._over(number, "trip"),
            )
            for number, values in enumerate(self._values)
        )
        return registers.encode(
            Inputs(
                scan=self._scan,
                lines=self._lines,
                running=self.running,
                tripped=self._tripped,
                devices=devices,
            )
        )

    def holdings(self) -> list[int]:
        """The holding registers as they are now."""
        return list(self._holding)

    def write(self, address: int, values: Sequence[int]) -> None:
        """What somebody writes to holding registers from an address on: all of it or nothing.

        Raises NotTaken for a value that is out of its hard bounds, and where a trip forbids it.
        """
        rows = list(enumerate(values, address))
        for place, value in rows:
            self._judge(place, value)
        if any(place == RUN and value == 1 for place, value in rows) and self._tripped:
            raise NotTaken("it tripped: a reset comes first")
        for place, value in rows:
            self._write(place, value)
        self._protect()

    def _judge(self, place: int, value: int) -> None:
        low, high = self._bounds(place)
        if not low <= value <= high:
            raise NotTaken(f"register {place} takes {low} to {high}, not {value}")
        if place == RESET and value == 1:
            if self._lines is Lines.SILENT:
                raise NotTaken("its wires are silent: nobody knows what is over its limit")
            for number in range(len(self._devices)):
                if over := self._over(number, "trip"):
                    raise NotTaken(f"{self._devices[number].id}: {min(over)} is over its limit")

    def _bounds(self, place: int) -> tuple[int, int]:
        if place in (RUN, RESET):
            return 0, 1
        if place == SPEED:
            return registers.SPEEDS
        if not registers.FIRST <= place < len(self._holding):
            raise NoSuchRegister(f"no holding register {place}")
        signal = ORDER[(place - registers.FIRST) % registers.BLOCK // 2]
        row = LIMITS[signal]
        return registers.raw(signal, row.low), registers.raw(signal, row.high)

    def _write(self, place: int, value: int) -> None:
        if place == RESET:
            if value and self._tripped:
                self._tripped = None
                self._say("the trip was reset")
        elif self._holding[place] != value:
            self._say(f"holding register {place} was {self._holding[place]}, is now {value}")
            self._holding[place] = value

    def _protect(self) -> None:
        """Stop if something is at or over its trip limit."""
        for number, device in enumerate(self._devices):
            for signal in sorted(self._over(number, "trip"), key=ORDER.index):
                if self._tripped is None and self.running:
                    found, unit = self._values[number][signal], SIGNALS[signal].unit
                    trip = self._limit(number, signal, "trip")
                    self._tripped, self._holding[RUN] = (number, signal), 0
                    self._say(
                        f"tripped and stopped: {signal} of {device.id} is {found:g} {unit}, "
                        f"its limit {trip:g}"
                    )

    def _over(self, number: int, kind: str) -> frozenset[str]:
        """Signals at or over a limit, as the controller resolves them."""
        return frozenset(
            signal
            for signal, value in self._values[number].items()
            if registers.value(signal, registers.raw(signal, value))
            >= self._limit(number, signal, kind)
        )

    def _limit(self, number: int, signal: str, kind: str) -> float:
        return registers.value(signal, self._holding[registers.limit(number, signal, kind)])

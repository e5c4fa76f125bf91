"""Where a gateway's values come from: a protocol, and a seeded stand-in for where no plant is."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bulkhead.services.gateway.config import Device
from bulkhead.wire.telemetry import SIGNALS


@dataclass(frozen=True, slots=True)
class Sample:
    """A value of one signal of one device, in the signal's unit.

    at: when it was measured (ms since 1970), if the source knows better than its reader.
    made_up: whether no sensor said it.
    """

    device: str
    signal: str
    value: float
    at: int | None = None
    made_up: bool = False


class Unreadable(Exception):
    """The source cannot be read now; the reading is left out and the next one tried."""


class Source(Protocol):
    """Reads all signals at once. Called from one thread, at most once per interval."""

    def read(self, at: int) -> Sequence[Sample]:
        """The samples at a time (ms since 1970); signals that cannot be read are left out.

        Raises Unreadable where none can be read.
        """
        ...


_USUAL = {
    "vibration": (1.8, 0.3),
    "temperature": (48.0, 2.0),
    "motor_current": (12.0, 1.0),
    "acoustic_emission": (55.0, 3.0),
}
"""Mean and standard deviation of a sound spindle at constant load."""
_MEMORY = 0.9
"""How much of a deviation is left one reading later."""


class Seeded:
    """Each signal wanders about its usual value; the same seed gives the same series."""

    def __init__(self, seed: int, devices: Sequence[Device]) -> None:
        self._streams = {
            (device.id, signal): random.Random(f"{seed}/{device.id}/{signal}")
            for device in devices
            for signal in device.signals
        }
        self._deviations = dict.fromkeys(self._streams, 0.0)

    def read(self, at: int) -> list[Sample]:
        """One step of each series; the time does not matter."""
        return [Sample(*key, self._step(key), made_up=True) for key in self._streams]

    def _step(self, key: tuple[str, str]) -> float:
        mean, spread = _USUAL[key[1]]
        noise = self._streams[key].gauss(0.0, spread * math.sqrt(1 - _MEMORY**2))
        self._deviations[key] = deviation = self._deviations[key] * _MEMORY + noise
        signal = SIGNALS[key[1]]
        return round(min(max(mean + deviation, signal.low), signal.high), 4)

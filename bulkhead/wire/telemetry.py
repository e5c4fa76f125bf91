"""The four signals of rotating machines that gateways send, and what a sound value of one is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from bulkhead.wire.metrics import DataType, Metric

TAKEN = "Bulkhead/Taken"
DROPPED = "Bulkhead/Dropped"
WAITING = "Bulkhead/Waiting"
REFUSED = "Bulkhead/Refused"
STANDIN = "Bulkhead/StandIn"
COUNTERS = (TAKEN, DROPPED, WAITING, REFUSED, STANDIN)
"""A gateway's counters, in NBIRTH and NDATA as UInt64: the package's docstring says of what."""


class NotAReading(ValueError):
    """A metric that is no sound value. `reason`: few fixed words, to count by; `detail`: more."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One measured quantity: its metric's name, its unit, and the inclusive range of its sensor."""

    name: str
    unit: str
    low: float
    high: float
    meaning: str


SIGNALS: Mapping[str, Signal] = MappingProxyType(
    {
        signal.name: signal
        for signal in (
            Signal(
                name="vibration",
                unit="mm/s",
                low=0.0,
                high=100.0,
                meaning="velocity at the bearing housing, root mean square (ISO 20816)",
            ),
            Signal(
                name="temperature",
                unit="degC",
                low=-40.0,
                high=200.0,
                meaning="at the bearing's outer ring",
            ),
            Signal(
                name="motor_current",
                unit="A",
                low=0.0,
                high=500.0,
                meaning="of the spindle's drive, root mean square of one phase",
            ),
            Signal(
                name="acoustic_emission",
                unit="dB(AE)",
                low=0.0,
                high=140.0,
                meaning="peak amplitude, relative to 1 uV at the sensor",
            ),
        )
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A value of one signal of one device; `at` in ms since 1970, in the signal's unit."""

    device: str
    signal: str
    at: int
    value: float
    is_historical: bool = False


def metric(reading: Reading) -> Metric:
    """The metric by which a reading travels."""
    return Metric(
        name=reading.signal,
        timestamp=reading.at,
        datatype=DataType.DOUBLE,
        value=reading.value,
        is_historical=reading.is_historical,
    )


def reading(device: str, metric: Metric) -> Reading:
    """The reading that a metric of a device's DDATA or DBIRTH is.

    Raises NotAReading: unknown signal, no value, no time, not a number, out of range.
    """
    signal = SIGNALS.get(metric.name or "")
    if signal is None:
        raise NotAReading("unknown signal", repr(metric.name))
    if metric.value is None:
        raise NotAReading("no value", signal.name)
    if metric.timestamp is None:
        raise NotAReading("no time", signal.name)
    return Reading(
        device=device,
        signal=signal.name,
        at=metric.timestamp,
        value=_sound(signal, metric),
        is_historical=metric.is_historical,
    )


def _sound(signal: Signal, metric: Metric) -> float:
    value = metric.value
    if not isinstance(value, float) or metric.datatype not in (DataType.DOUBLE, None):
        raise NotAReading("not a number", f"{signal.name} is {type(value).__name__}")
    if not math.isfinite(value):
        raise NotAReading("not a number", f"{signal.name} is {value}")
    if not signal.low <= value <= signal.high:
        allowed = f"{signal.low:g} to {signal.high:g} {signal.unit}"
        raise NotAReading("out of range", f"{signal.name} is {value:g}; allowed {allowed}")
    return value

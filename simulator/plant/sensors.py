"""From physics to what is reported: noise, resolution, faults, and what an attacker shows instead.

Physics never depends on anything here: an overlay changes what is reported and nothing else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np

from bulkhead.wire.telemetry import SIGNALS
from simulator.plant.chance import Floats, Ints, Name, normals

Disorder = Literal["stuck", "drift", "dropout", "bias", "saturation", "spoof"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """noise: standard deviation, in the signal's unit. decimals: of its resolution."""

    noise: float
    decimals: int


SENSORS: Mapping[str, Sensor] = MappingProxyType(
    {
        "vibration": Sensor(noise=0.01, decimals=2),
        "temperature": Sensor(noise=0.15, decimals=1),
        "motor_current": Sensor(noise=0.1, decimals=1),
        "acoustic_emission": Sensor(noise=0.5, decimals=1),
    }
)
"""Assumed: usual classes of such sensors. No finer than the registers of controllers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What is wrong with one signal of one machine from `start` until before `end` (seconds).

    stuck: the value at `start` stays. drift: `amount` more each hour. dropout: no value. bias:
    `amount` more. saturation: never above `amount`. spoof: `amount` instead, with a true sensor's
    noise. at: in the sensor, so that its PLC sees it as well; or only in the view that gateways
    are given. cause: for people, e.g. a fault's or an attack's name.
    """

    site: str
    device: str
    signal: str
    kind: Disorder
    start: float
    end: float = float("inf")
    amount: float = 0.0
    at: Literal["sensor", "view"] = "sensor"
    cause: str = ""

    def __post_init__(self) -> None:
        """ValueError for an unknown kind or signal, or no span of time."""
        if self.kind not in get_args(Disorder) or self.signal not in SIGNALS:
            raise ValueError(f"{self}: unknown kind or signal")
        if not 0 <= self.start < self.end:
            raise ValueError(f"{self}: 0 <= start < end")


def measured(seed: int, name: Name, signal: str, physics: Floats, ticks: Ints) -> Floats:
    """What a sound sensor gives: physics and noise, within range. name: (site, device)."""
    noise = normals(seed, (*name, signal, "sensor"), ticks) * SENSORS[signal].noise
    return np.clip(physics + noise, SIGNALS[signal].low, SIGNALS[signal].high)


def resolved(signal: str, values: Floats) -> Floats:
    """In steps of the sensor's resolution and within its range; no value (NaN) stays none."""
    within = np.clip(values, SIGNALS[signal].low, SIGNALS[signal].high)
    return np.round(within, SENSORS[signal].decimals)


def overlaid(
    values: Floats, times: Floats, overlays: Sequence[Overlay], at_start: Callable[[float], float]
) -> Floats:
    """Values (n,) at times (n,) as the overlays let them be seen, one after the other.

    at_start: gives the undisturbed value at a time, for a sensor that is stuck there.
    """
    seen = values.copy()
    for one in overlays:
        here = (times >= one.start) & (times < one.end)
        if here.any():
            seen[here] = _disturbed(one, seen[here], times[here], at_start)
    return seen


def _disturbed(
    one: Overlay, seen: Floats, times: Floats, at_start: Callable[[float], float]
) -> Floats:
    if one.kind == "dropout":
        return np.full_like(seen, np.nan)
    if one.kind == "stuck":
        return np.full_like(seen, at_start(one.start))
    if one.kind == "saturation":
        return np.minimum(seen, one.amount)
    if one.kind == "bias":
        return seen + one.amount
    if one.kind == "drift":
        return seen + one.amount * (times - one.start) / 3600
    return np.full_like(seen, one.amount)

"""What a machine was told to do: run, stop, turn faster or slower; when its bearings were changed.

Commands are the only way in which anything outside changes the physics. An attack or a fault that
only touches what is reported is an overlay (`simulator.plant.sensors`) and changes none of it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.plant.chance import Floats

FASTEST = 1.2
"""The highest speed that a drive takes, as part of the nominal one."""
RAMP = 10.0
"""Seconds in which a drive reaches a new speed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """From `at` (seconds of plant time, 0 or more) on, turn at `speed` (0 to 1.2 of nominal).

    replaced: new bearings are put in at that moment.
    """

    site: str
    device: str
    at: float
    speed: float
    replaced: bool = False

    def __post_init__(self) -> None:
        """ValueError for a time before 0 or a speed that the drive does not take."""
        if self.at < 0 or not 0.0 <= self.speed <= FASTEST:
            raise ValueError(f"{self}: at 0 or later, speed 0 to {FASTEST}")


def fraction(commands: Sequence[Command], times: Floats) -> Floats:
    """The set speed as part of the nominal one; `commands` are one machine's, by time."""
    if not commands:
        return np.ones_like(times)
    knots, values = [0.0], [1.0]
    for one in commands:
        reached = float(np.interp(one.at, knots, values))
        # A ramp that is not over when the next command comes ends there.
        kept = sum(knot < one.at for knot in knots)
        knots = [*knots[:kept], one.at, one.at + RAMP]
        values = [*values[:kept], reached, one.speed]
    return np.interp(times, knots, values)


def running(commands: Sequence[Command], times: Floats) -> Floats:
    """Seconds at nominal speed that the turns until each time are worth (ramps left out)."""
    edges = np.array([0.0, *(one.at for one in commands)])
    speeds = np.array([1.0, *(one.speed for one in commands)])
    worth = np.concatenate(([0.0], np.cumsum(np.diff(edges) * speeds[:-1])))
    index = np.clip(np.searchsorted(edges, times, side="right") - 1, 0, None)
    return np.asarray(worth[index] + (times - edges[index]) * speeds[index], dtype=np.float64)

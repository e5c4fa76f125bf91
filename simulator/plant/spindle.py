"""A spindle and what it is like at a time: speed, load, its bearing's damage, its temperature.

All is a function of seed and time, so that any moment can be asked for alone. What has a memory
(temperature) is a sum over the last hours, cut off where the rest no longer shows.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.plant import wear
from simulator.plant.bearings import Bearing
from simulator.plant.chance import Floats, Ints, Name, normals, wander
from simulator.plant.commands import Command, fraction, running
from simulator.plant.kinds import Kind

DAY = 86_400.0
"""Plant time 0 is a midnight."""
_HOURS = (0.0, 5.5, 6.5, 21.5, 22.5, 24.0)
"""Between which the load changes from night to day and back."""
WARMING = 1_800.0
"""Time constant of a bearing housing, seconds (assumed)."""
_MEMORY = 240
"""Minutes of heating that a temperature remembers: eight time constants."""
_KERNEL = np.exp(-60.0 / WARMING * np.arange(_MEMORY + 1))
_KERNEL /= _KERNEL.sum()


class Conditions(NamedTuple):
    """Of one spindle at n times: each (n,), but `shares` (n, 4).

    shaft_hz: revolutions per second. speed: as part of nominal. load: part of rated. temperature:
    degC at the outer ring. damage, shares, number: see `wear.State`.
    """

    shaft_hz: Floats
    speed: Floats
    load: Floats
    temperature: Floats
    damage: Floats
    shares: Floats
    number: Ints

    def at(self, rows: NDArray[np.bool_]) -> "Conditions":
        """Some of the times: (n,) of truth values."""
        return Conditions(
            self.shaft_hz[rows],
            self.speed[rows],
            self.load[rows],
            self.temperature[rows],
            self.damage[rows],
            self.shares[rows],
            self.number[rows],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Spindle:
    """One spindle of a machine. name: (site, device, number). commands: the machine's, by time."""

    seed: int
    name: Name
    kind: Kind
    bearing: Bearing
    speed_rpm: int
    commands: tuple[Command, ...] = ()

    @property
    def nominal_hz(self) -> float:
        """Revolutions per second at nominal speed."""
        return self.speed_rpm / 60

    def conditions(self, times: Floats) -> Conditions:
        """What it is like at times in seconds, 0 or more."""
        speed, load, bearing = self._mechanics(times)
        return Conditions(
            shaft_hz=speed * self.nominal_hz,
            speed=speed,
            load=load,
            temperature=ambient(self.seed, self.name, times) + self._rise(times),
            damage=bearing.damage,
            shares=bearing.shares,
            number=bearing.number,
        )

    def _mechanics(self, times: Floats) -> tuple[Floats, Floats, wear.State]:
        load = self._load(times)
        slip = 1 - 0.02 * load + 0.001 * wander(self.seed, (*self.name, "speed"), times, 10.0)
        speed = fraction(self.commands, times) * slip
        turned = running(self.commands, times) * self.nominal_hz
        changed = np.array([one.at for one in self.commands if one.replaced])
        replaced = running(self.commands, changed) * self.nominal_hz if len(changed) else changed
        return speed, load, wear.state(self.seed, self.name, turned, tuple(replaced.tolist()))

    def _load(self, times: Floats) -> Floats:
        kind, hour = self.kind, times % DAY / 3600
        night, day = kind.night, kind.day
        usual = np.interp(hour, _HOURS, (night, night, day, day, night, night))
        jobs = wander(self.seed, (*self.name, "load"), times, 300.0)
        return np.clip(usual + kind.spread * jobs, 0.05, 1.2)

    def _rise(self, times: Floats) -> Floats:
        """Kelvin above ambient: friction's heat through a first-order lag, minute by minute."""
        minutes = np.floor(times / 60).astype(np.int64)
        known, where = np.unique(np.concatenate((minutes, minutes + 1)), return_inverse=True)
        # The minute before is the last: what is commanded now may not show before it.
        past = known[:, None] - 1 - np.arange(_MEMORY + 1)[None, :]
        nodes, gathered = np.unique(np.maximum(past, 0), return_inverse=True)
        heat = self._heat(nodes * 60.0)[gathered.reshape(past.shape)]
        rise = (heat * _KERNEL).sum(axis=1)[where]
        low, high = rise[: len(times)], rise[len(times) :]
        return np.asarray(low + (times / 60 - minutes) * (high - low), dtype=np.float64)

    def _heat(self, times: Floats) -> Floats:
        speed, load, bearing = self._mechanics(times)
        return friction_rise(speed, load, bearing.damage)


def friction_rise(speed: Floats, load: Floats, damage: Floats) -> Floats:
    """Kelvin above ambient at which a bearing's friction would settle; damage shows late in it."""
    friction = 1 + 3.0 * damage**4
    return np.asarray(22.0 * speed * (0.5 + 0.5 * load) * friction, dtype=np.float64)


def ambient(seed: int, name: Name, times: Floats) -> Floats:
    """degC in the hall: a daily cycle with its peak at 15:00, and weather. One hall per site."""
    site = (name[0], "hall")
    offset = normals(seed, (*site, "offset"), np.zeros(1, dtype=np.int64))[0]
    cycle = np.sin(2 * np.pi * (times / DAY - 9 / 24))
    weather = wander(seed, (*site, "weather"), times, 3 * 3600.0)
    return np.asarray(21.0 + 1.5 * offset + 4.0 * cycle + weather, dtype=np.float64)

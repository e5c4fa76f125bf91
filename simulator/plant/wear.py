"""How a spindle's bearing wears: lives drawn from the published ones, one after the other.

Assumed, not published: an ordinary spindle is loaded with a tenth of its bearing's dynamic
rating; damage begins at 50 to 85 % of a life and then grows exponentially to 1, where the bearing
has failed and a new one is put in; at time 0 a bearing is somewhere in its first life.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from simulator.plant.bearings import PARTS, Part
from simulator.plant.chance import Floats, Ints, Name, generator
from simulator.plant.lives import LIVES, XJTU_SY, l10

RATING_OVER_LOAD = 10.0
"""C/P of an ordinary spindle: with a speed of 2,000 rpm its L10 is 8,333 h."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One bearing from new to failed, in revolutions; parts: what is damaged in it.

    onset: part of the life at which damage begins. growth: e-foldings from there to the end.
    """

    revolutions: float
    onset: float
    growth: float
    parts: tuple[Part, ...]

    def damage(self, age: Floats) -> Floats:
        """0 (sound) to 1 (failed) at an age in revolutions."""
        part = (age / self.revolutions - self.onset) / (1 - self.onset)
        grown = np.expm1(self.growth * np.clip(part, 0.0, 1.0)) / np.expm1(self.growth)
        return np.asarray(grown, dtype=np.float64)


class State(NamedTuple):
    """Of one spindle's bearings at some times: damage, and how much of it is in which part.

    damage: (n,). shares: (n, 4) in the order of PARTS, 1 where that part is damaged.
    number: (n,), which bearing it is, from 0; it grows with each one put in.
    """

    damage: Floats
    shares: Floats
    number: Ints


@lru_cache(maxsize=65_536)
def course(seed: int, name: Name, number: int) -> Course:
    """A spindle's bearing number `number`, from 0."""
    chance = generator(seed, (*name, "life"), number)
    life = LIVES[int(chance.integers(len(LIVES)))]
    parts = life.parts or XJTU_SY[int(chance.integers(len(XJTU_SY)))].parts
    return Course(
        revolutions=life.of_l10 * l10(RATING_OVER_LOAD) * 1e6,
        onset=float(chance.uniform(0.5, 0.85)),
        growth=float(chance.uniform(3.0, 5.0)),
        parts=parts,
    )


def first_age(seed: int, name: Name) -> float:
    """Revolutions that the first bearing has behind it at time 0."""
    share = float(generator(seed, (*name, "age")).uniform(0.0, 0.95))
    return share * course(seed, name, 0).revolutions


def state(seed: int, name: Name, turned: Floats, replaced: tuple[float, ...] = ()) -> State:
    """The bearing after so many revolutions of the spindle since time 0.

    replaced: at which revolutions a new bearing was put in before the old one failed, rising.
    """
    count = turned.shape[0]
    damage, number = np.zeros(count), np.zeros(count, dtype=np.int64)
    shares = np.zeros((count, len(PARTS)))
    last = float(turned.max(initial=0.0))
    start, index, ahead = -first_age(seed, name), 0, list(replaced)
    while start <= last:
        one = course(seed, name, index)
        end = min(start + one.revolutions, ahead[0] if ahead else np.inf)
        if ahead and end == ahead[0]:
            ahead.pop(0)
        here = (turned >= start) & (turned < end)
        damage[here] = one.damage(turned[here] - start)
        shares[here] = [float(part in one.parts) for part in PARTS]
        number[here] = index
        start, index = end, index + 1
    return State(damage, shares, number)

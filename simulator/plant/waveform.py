"""Acceleration at a bearing housing, sample by sample, for a batch of windows at once.

The sum of: the shaft's imbalance and its harmonics; one train of impacts for each damaged part,
at its defect frequency with slip (Randall and Antoni 2011: the intervals are random about their
mean, so the train is pseudo-cyclostationary), modulated as the part moves through the load zone,
each impact ringing a resonance of the structure; broad-band noise. Amplitudes are assumed, chosen
so that a sound spindle lies in zone A or B of ISO 20816-3 and a failed one in D.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from simulator.plant.bearings import PARTS
from simulator.plant.chance import Floats, Ints, generator, normals
from simulator.plant.commands import FASTEST
from simulator.plant.severity import LIMITS
from simulator.plant.spindle import Conditions, Spindle

RATE = 25_600
"""Samples per second: the rate of XJTU-SY and FEMTO."""
SAMPLES = 8_192
"""Samples of one window, 0.32 s: what one reading is measured from."""
RESONANCE, DAMPING = 3_500.0, 0.04
"""Hz, and part of critical: of housing and sensor."""
RANGE = 500.0
"""m/s2: the accelerometer's range, both ways (50 g)."""
STEP = RANGE / 2**15
"""m/s2: one step of the 16-bit converter."""
_FEW = 64
"""Samples whose angles are added to every 64th one's."""
_SLIP = 0.01
"""Standard deviation of the interval between two impacts, as part of it."""
_IMPACT = 60.0
"""m/s2: the first peak of an impact on a failed bearing at nominal speed."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Of one spindle: velocity in mm/s rms of its shaft's first three harmonics when sound."""

    first: float
    second: float
    third: float


def softness(spindle: Spindle) -> float:
    """How much more its support lets it move than a rigid one of group 2: that is why the zones
    of ISO 20816-3 differ, so their boundaries say how much."""
    kind = spindle.kind
    return LIMITS[kind.group, kind.support][1] / LIMITS[2, "rigid"][1]


@lru_cache(maxsize=65_536)
def shape(spindle: Spindle) -> Shape:
    """What balancing and alignment left; the same for good."""
    drawn = normals(spindle.seed, (*spindle.name, "balance"), np.arange(3))
    usual = np.array((0.75, 0.22, 0.1)) * softness(spindle)
    first, second, third = np.exp(0.2 * drawn) * usual
    return Shape(float(first), float(second), float(third))


def acceleration(
    spindle: Spindle, now: Conditions, windows: Ints, samples: int = SAMPLES
) -> Floats:
    """m/s2 as the converter gives it: (windows, samples), at RATE.

    windows: their numbers (0 or more), from which all chance in them comes; `now` has a row each.
    """
    wave = _noise(spindle, now, windows, samples)
    wave += _shaft(spindle, now, windows, samples)
    struck = now.damage > 0
    if struck.any():
        wave[struck] += _impacts(spindle, now.at(struck), windows[struck], samples)
    # In place: arrays of this size cost more to get than to fill.
    wave /= STEP
    np.rint(wave, out=wave)
    np.clip(wave, -(2**15), 2**15 - 1, out=wave)
    wave *= STEP
    return wave


def _noise(spindle: Spindle, now: Conditions, windows: Ints, samples: int) -> Floats:
    wave = np.empty((len(windows), samples))
    for row, window in zip(wave, windows, strict=True):
        generator(spindle.seed, (*spindle.name, "noise"), int(window)).standard_normal(out=row)
    wave *= (0.05 + 0.2 * now.speed * (1 + 4 * now.damage**2))[:, None]
    return wave


def _shaft(spindle: Spindle, now: Conditions, windows: Ints, samples: int) -> Floats:
    """Harmonics 1 to 3; looseness lets them grow late in a bearing's life.

    By angle addition: sin(a + b) of every 64th sample's angle a and the 64 small ones b is a
    product of two short tables, and the sum over harmonics a product of two small matrices.
    """
    sound, loose = shape(spindle), softness(spindle) * 7.5 * now.damage**3
    velocity = np.stack(
        (sound.first + loose, sound.second + 0.4 * loose, sound.third + 0.2 * loose), axis=1
    )
    hertz = now.shaft_hz[:, None] * np.array((1, 2, 3))
    height = 1e-3 * np.sqrt(2) * 2 * np.pi * hertz * now.speed[:, None] * velocity
    turns = normals(spindle.seed, (*spindle.name, "phase"), windows)[:, None] * np.array((1, 2, 3))
    many, few = -(-samples // _FEW), np.arange(_FEW) / RATE
    start = turns[:, None] + np.arange(many)[:, None] * _FEW / RATE * hertz[:, None]
    coarse, fine = 2 * np.pi * start, 2 * np.pi * hertz[:, :, None] * few
    long = np.concatenate((np.sin(coarse), np.cos(coarse)), axis=2) * np.tile(height, 2)[:, None]
    wave = long @ np.concatenate((np.cos(fine), np.sin(fine)), axis=1)
    return np.asarray(wave.reshape(len(windows), many * _FEW)[:, :samples])


def _impacts(spindle: Spindle, now: Conditions, windows: Ints, samples: int) -> Floats:
    """Trains of impacts of every damaged part, through the resonance."""
    places, sizes = [], []
    draws = _draws(spindle, windows, samples)
    for index, part in enumerate(PARTS):
        rows = np.flatnonzero(now.shares[:, index])
        if len(rows) == 0:
            continue
        rate = spindle.bearing.per_revolution.of(part) * now.shaft_hz[rows]
        beats = 1 + _SLIP * draws[rows, 2 * index]
        # Some start before the window, so that it opens in the middle of a train.
        order = np.cumsum(beats, axis=1) - 4 + draws[rows, 2 * index + 1, :1] % 1
        at = order / np.maximum(rate, 1e-3)[:, None]
        size = _IMPACT * now.damage[rows] * now.speed[rows] * now.shares[rows, index]
        size = size[:, None] * (1 + 0.1 * draws[rows, 2 * index + 1])
        size = size * _modulation(spindle, now, rows, index, at)
        for place, part_of in _neighbours(at * RATE):
            within = (place >= 0) & (place < samples)
            places.append((rows[:, None] * samples + place)[within])
            sizes.append((size * part_of)[within])
    places_of_all, sizes_of_all = np.concatenate(places), np.concatenate(sizes)
    struck = np.bincount(places_of_all, sizes_of_all, minlength=len(windows) * samples)
    return _rung(np.asarray(struck, dtype=np.float64).reshape(len(windows), samples))


def _draws(spindle: Spindle, windows: Ints, samples: int) -> Floats:
    """Normal values for each impact that a window could hold, twice for each part."""
    fastest = max(spindle.bearing.per_revolution.of(part) for part in PARTS)
    count = int(fastest * spindle.nominal_hz * FASTEST * samples / RATE * 1.1) + 12
    drawn = np.empty((len(windows), 2 * len(PARTS), count))
    for row, window in zip(drawn, windows, strict=True):
        generator(spindle.seed, (*spindle.name, "slip"), int(window)).standard_normal(out=row)
    return drawn


def _modulation(
    spindle: Spindle, now: Conditions, rows: Ints, index: int, at: Floats
) -> Floats | float:
    """An inner ring's spot passes the load zone once a turn, a roller's once a cage's turn."""
    if PARTS[index] == "inner":
        turns = now.shaft_hz[rows]
    elif PARTS[index] == "ball":
        turns = now.shaft_hz[rows] * spindle.bearing.per_revolution.ftf
    else:
        return 1.0
    return np.asarray(0.6 + 0.4 * np.cos(2 * np.pi * turns[:, None] * at), dtype=np.float64)


def _neighbours(place: Floats) -> tuple[tuple[Ints, Floats], tuple[Ints, Floats]]:
    """Both samples between which a place lies, and how much of an impact there each gets."""
    before = np.floor(place)
    part = place - before
    first = before.astype(np.int64)
    return (first, 1 - part), (first + 1, part)


@lru_cache(maxsize=8)
def _resonance(samples: int) -> NDArray[np.complex128]:
    """What an impact becomes, by frequency: a mobility, so that slow parts hardly pass."""
    ratio = np.fft.rfftfreq(samples, 1 / RATE) / RESONANCE
    response = 1j * ratio / (1 - ratio**2 + 2j * DAMPING * ratio)
    ring = np.fft.irfft(response, samples)
    scaled = response / np.abs(ring).max()
    scaled.flags.writeable = False
    return np.asarray(scaled)


def _rung(struck: Floats) -> Floats:
    samples = struck.shape[1]
    return np.fft.irfft(np.fft.rfft(struck) * _resonance(samples), samples)

"""Chance that does not depend on who asked before: counters instead of streams.

A generator is derived from a seed, a name (site, device, spindle, quantity) and the number of a
block, by a counter-based bit generator (Philox; Salmon et al., "Parallel random numbers: as easy
as 1, 2, 3", SC 2011). The same question has the same answer in any order and any process.
"""

from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Name = tuple[str, ...]

BLOCK = 512
"""Values of one block of `normals`."""


def generator(seed: int, name: Name, block: int = 0) -> np.random.Generator:
    """The generator of a block (0 or more) of a named quantity."""
    bits = np.random.Philox(key=_key(seed, name), counter=block << 128)
    return np.random.Generator(bits)


@lru_cache(maxsize=65_536)
def _key(seed: int, name: Name) -> int:
    words = "\0".join((str(seed), *name)).encode()
    return int.from_bytes(blake2b(words, digest_size=16).digest(), "little")


@lru_cache(maxsize=8_192)
def _table(seed: int, name: Name, block: int) -> Floats:
    values = generator(seed, name, block).standard_normal(BLOCK)
    values.flags.writeable = False
    return values


def normals(seed: int, name: Name, numbers: Ints) -> Floats:
    """A standard normal value for each number (0 or more), independent of one another."""
    blocks, where = np.unique(numbers // BLOCK, return_inverse=True)
    tables = np.stack([_table(seed, name, int(block)) for block in blocks])
    found: Floats = tables[where.reshape(numbers.shape), numbers % BLOCK]
    return found


def wander(seed: int, name: Name, times: Floats, step: float) -> Floats:
    """A continuous series of standard normal values every `step` seconds, straight between them.

    times: seconds, 0 or more.
    """
    before = np.floor(times / step).astype(np.int64)
    part = times / step - before
    low, high = normals(seed, name, before), normals(seed, name, before + 1)
    return low + part * (high - low)

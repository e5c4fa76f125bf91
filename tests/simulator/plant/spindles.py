"""A spindle under conditions that a test chooses, with nothing drawn but noise and slip."""

import numpy as np

from simulator.plant.bearings import PARTS, named
from simulator.plant.kinds import kind_of
from simulator.plant.spindle import Conditions, Spindle


def spindle(bearing="Rexnord ZA-2115", rpm=2000, seed=1, kind="milling-machine"):
    name = ("acme/lyon", "mill-1", "spindle-001")
    return Spindle(
        seed=seed, name=name, kind=kind_of(kind), bearing=named(bearing, "test"), speed_rpm=rpm
    )


def conditions(one, damage, parts=("outer",), speed=1.0, load=0.7, temperature=45.0):
    """Equal rows but for damage, which is given as a sequence."""
    damage = np.asarray(damage, dtype=np.float64)
    same = np.ones(len(damage))
    share = [float(part in parts) for part in PARTS]
    return Conditions(
        shaft_hz=same * speed * one.nominal_hz,
        speed=same * speed,
        load=same * load,
        temperature=same * temperature,
        damage=damage,
        shares=np.tile(share, (len(damage), 1)),
        number=np.zeros(len(damage), dtype=np.int64),
    )

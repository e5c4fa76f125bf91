"""How bad a vibration is: the evaluation zones of ISO 20816-3 (before: ISO 10816-3).

In our words: A is as newly commissioned; B may run without a limit of time; C is for a limited
time until it can be mended; D does damage. Values are of broad-band velocity at the bearing
housing, mm/s rms, 10 to 1,000 Hz. Group 1: above 300 kW, or shaft height from 315 mm; group 2:
above 15 kW up to 300 kW. A support is rigid where the lowest natural frequency of machine and
support lies at least a quarter above the main excitation.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Zone = Literal["A", "B", "C", "D"]
Group = Literal[1, 2]
Support = Literal["rigid", "flexible"]

LIMITS: Mapping[tuple[Group, Support], tuple[float, float, float]] = MappingProxyType(
    {
        (1, "rigid"): (2.3, 4.5, 7.1),
        (1, "flexible"): (3.5, 7.1, 11.0),
        (2, "rigid"): (1.4, 2.8, 4.5),
        (2, "flexible"): (2.3, 4.5, 7.1),
    }
)
"""Boundaries A/B, B/C and C/D in mm/s rms."""


def zone(velocity: float, group: Group, support: Support) -> Zone:
    """The zone of a velocity in mm/s rms; a boundary belongs to the better zone."""
    above = sum(velocity > limit for limit in LIMITS[group, support])
    zones: tuple[Zone, ...] = ("A", "B", "C", "D")
    return zones[above]

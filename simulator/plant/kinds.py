"""What is assumed of a kind of machine: its drive, how it is loaded, how ISO 20816-3 sees it.

None of this is published for the machines of a blueprint: they are plausible figures, in one
place. ISO 20816-3 leaves machine tools out; its group 2 is used for them for want of a better.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from simulator.plant.severity import Group, Support


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """current: rated, A per spindle. day, night: usual load as part of rated; spread: its
    standard deviation. torque: the power of speed with which torque grows (a fan's is 2)."""

    current: float
    day: float
    night: float
    spread: float
    torque: float = 0.0
    group: Group = 2
    support: Support = "rigid"


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "milling-machine": Kind(current=24.0, day=0.65, night=0.35, spread=0.12),
        "lathe": Kind(current=18.0, day=0.55, night=0.25, spread=0.10),
        "furnace-blower": Kind(current=60.0, day=0.8, night=0.8, spread=0.04, torque=2.0),
        "crane": Kind(current=35.0, day=0.4, night=0.3, spread=0.2, support="flexible"),
    }
)
OTHER = Kind(current=20.0, day=0.6, night=0.5, spread=0.08)


def kind_of(name: str) -> Kind:
    """What is assumed of that kind; of an unknown one, what is usual."""
    return KINDS.get(name, OTHER)

"""The plant: spindles, sensors, controllers and people, all a function of a seed and of time.

Every value is computed from (seed, site, device, signal, second) alone, so the same seed gives the
same series in any calling order and any process. Values are rounded to their sensor's resolution,
samples to their converter's: the last bits in which processors' sine and exponential differ do not
reach them.
"""

from simulator.plant.commands import Command
from simulator.plant.plant import Bearings, Plant, Value
from simulator.plant.sensors import Overlay

__all__ = ["Bearings", "Command", "Overlay", "Plant", "Value"]

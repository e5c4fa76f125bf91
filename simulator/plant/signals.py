"""The four signals of one spindle, as they are before any sensor.

Order of growth with damage, as condition monitoring teaches it (the P-F curve): acoustic emission
first, then the envelope of vibration, then its velocity, then temperature. The exponents that
make it so are assumed; a test holds the order.
"""

from collections.abc import Callable, Mapping

import numpy as np

from bulkhead.wire.telemetry import SIGNALS
from simulator.plant.chance import Floats, Ints
from simulator.plant.measuring import velocity_rms
from simulator.plant.spindle import Conditions, Spindle
from simulator.plant.waveform import SAMPLES, acceleration

_MAGNETISING = 0.35
"""Current of an idle induction motor, as part of rated (assumed)."""


def vibration(spindle: Spindle, now: Conditions, windows: Ints) -> Floats:
    """mm/s rms, measured from one window of waveform for each row."""
    return velocity_rms(acceleration(spindle, now, windows, SAMPLES))


def temperature(_spindle: Spindle, now: Conditions, _windows: Ints) -> Floats:
    """degC at the outer ring."""
    return now.temperature


def motor_current(spindle: Spindle, now: Conditions, _windows: Ints) -> Floats:
    """A rms: magnetising current and, at right angles to it, the current that makes torque."""
    torque = now.load * now.speed**spindle.kind.torque * (1 + 0.05 * now.damage**2)
    turning = now.speed > 0.01
    total = spindle.kind.current * np.hypot(_MAGNETISING, torque) * turning
    return np.asarray(total, dtype=np.float64)


def acoustic_emission(_spindle: Spindle, now: Conditions, _windows: Ints) -> Floats:
    """dB(AE): it grows with speed and load, and soon after damage begins."""
    running = 24.0 + 18.0 * np.clip(now.speed, 0.0, 1.2) + 8.0 * now.load * (now.speed > 0.01)
    return np.asarray(running + 34.0 * now.damage**0.25 * np.sqrt(np.clip(now.speed, 0.0, 1.0)))


Of = Callable[[Spindle, Conditions, Ints], Floats]
PHYSICS: Mapping[str, Of] = {
    "vibration": vibration,
    "temperature": temperature,
    "motor_current": motor_current,
    "acoustic_emission": acoustic_emission,
}
"""How each signal comes about: of a spindle, its conditions (n), the windows' numbers (n,)."""


def of_machine(signal: str, each: Floats) -> Floats:
    """One value for a machine with several spindles, (spindles, n) -> (n,), within the sensor's
    range: each signal is of one spindle, so the worst spindle's is reported."""
    within = np.clip(each.max(axis=0), SIGNALS[signal].low, SIGNALS[signal].high)
    return np.asarray(within, dtype=np.float64)

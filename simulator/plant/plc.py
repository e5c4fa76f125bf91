"""A controller's limits and interlocks: what it makes of the values of one machine.

A pure step from what it was and what it sees to what it is; whoever drives it keeps the state.
It believes its sensors. A trip latches: it stays until somebody resets it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntFlag

from simulator.plant.kinds import Kind
from simulator.plant.severity import LIMITS


class Status(IntFlag):
    """The bits of a machine's status word."""

    RUNNING = 1
    VIBRATION_ALARM = 2
    VIBRATION_TRIP = 4
    TEMPERATURE_ALARM = 8
    TEMPERATURE_TRIP = 16
    SENSOR_FAULT = 32


TRIPS = Status.VIBRATION_TRIP | Status.TEMPERATURE_TRIP
ALARMS = Status.VIBRATION_ALARM | Status.TEMPERATURE_ALARM | Status.SENSOR_FAULT
WATCHED = ("vibration", "temperature")
"""The signals that the interlocks need; without one of them the machine is in alarm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What operators may set: limits in mm/s and degC, speed in rpm, whether to run."""

    vibration_alarm: float
    vibration_trip: float
    temperature_alarm: float
    temperature_trip: float
    speed_rpm: float
    run: bool = True


def usual(kind: Kind, speed_rpm: int) -> Settings:
    """Vibration: alarm at ISO 20816-3's boundary B/C, trip at C/D, of the kind's group and
    support. Temperature: 80 and 95 degC, assumed (usual for greased rolling bearings)."""
    _, alarm, trip = LIMITS[kind.group, kind.support]
    return Settings(
        vibration_alarm=alarm,
        vibration_trip=trip,
        temperature_alarm=80.0,
        temperature_trip=95.0,
        speed_rpm=speed_rpm,
    )


def step(
    settings: Settings, before: Status, values: Mapping[str, float], *, reset: bool = False
) -> Status:
    """The status after one scan. values: by signal, of those that have one.

    reset: lets go of trips whose cause is gone; one that is still there trips again at once.
    """
    now = Status(0) if reset else before & TRIPS
    for signal, alarm, trip, limits in _rules(settings):
        value = values.get(signal)
        if value is None:
            now |= Status.SENSOR_FAULT
            continue
        now |= alarm if value > limits[0] else Status(0)
        now |= trip if value > limits[1] else Status(0)
    running = settings.run and not now & TRIPS
    return now | (Status.RUNNING if running else Status(0))


def _rules(settings: Settings) -> tuple[tuple[str, Status, Status, tuple[float, float]], ...]:
    vibration = (settings.vibration_alarm, settings.vibration_trip)
    temperature = (settings.temperature_alarm, settings.temperature_trip)
    return (
        ("vibration", Status.VIBRATION_ALARM, Status.VIBRATION_TRIP, vibration),
        ("temperature", Status.TEMPERATURE_ALARM, Status.TEMPERATURE_TRIP, temperature),
    )


def word(status: Status) -> str:
    """The status in one word for people: trip, stopped, sensor fault, alarm or run."""
    if status & TRIPS:
        return "trip"
    if not status & Status.RUNNING:
        return "stopped"
    if status & Status.SENSOR_FAULT:
        return "sensor fault"
    return "alarm" if status & ALARMS else "run"

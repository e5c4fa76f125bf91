"""The whole plant of a plan: what any signal of any machine is at any second."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Literal, TypeVar

import numpy as np

from bulkhead.errors import Problem, WrongInput
from bulkhead.plan import Plan
from bulkhead.wire.telemetry import SIGNALS
from simulator.plant.bearings import PARTS
from simulator.plant.chance import Floats, Ints
from simulator.plant.commands import Command
from simulator.plant.machines import Machine, machines
from simulator.plant.sensors import Overlay, measured, overlaid, resolved
from simulator.plant.signals import PHYSICS, of_machine
from simulator.plant.waveform import RATE, acceleration

T = TypeVar("T")
Layer = Literal["physics", "sensor", "view"]
"""As it is; as the machine's own controller sees it; as its gateway is shown it."""
LAYERS: tuple[Layer, ...] = ("physics", "sensor", "view")
_BATCH = 32
"""Windows of waveform computed at once: what the caches of a processor hold."""
_LONG_BATCH = 4_096
"""Of signals that need no waveform."""


@dataclass(frozen=True, slots=True)
class Value:
    """One signal of one machine (its short name), in the signal's unit."""

    device: str
    signal: str
    value: float


@dataclass(frozen=True, slots=True)
class Bearings:
    """The worst bearing of a machine: damage 0 to 1, damaged parts, and the number of bearings
    put into its spindle before."""

    spindle: str
    damage: float
    parts: tuple[str, ...]
    before: int


class Plant:
    """Machines of all sites. Time is in seconds; instruments give a new value each whole second.

    seed: the same one gives the same plant. overlays: faults and attacks, which change what is
    seen. commands: what changes the physics. Raises WrongInput for bearings that are not known.
    """

    def __init__(
        self,
        plan: Plan,
        seed: int,
        *,
        overlays: Iterable[Overlay] = (),
        commands: Iterable[Command] = (),
    ) -> None:
        self.plan, self.seed = plan, seed
        self.overlays, self.commands = tuple(overlays), tuple(commands)
        found = (machine.commanded(self.commands) for machine in machines(plan, seed))
        by_site: dict[str, dict[str, Machine]] = {}
        for machine in found:
            by_site.setdefault(machine.site, {})[machine.name] = machine
        self.machines: Mapping[str, Mapping[str, Machine]] = MappingProxyType(by_site)
        named = [(one.site, one.device) for one in self.overlays]
        for site, device in [*named, *((one.site, one.device) for one in self.commands)]:
            self.machine(site, device)

    @property
    def sites(self) -> tuple[str, ...]:
        """Ids of the sites that have machines, e.g. `acme/lyon`, in order."""
        return tuple(self.machines)

    def overlaid(self, *overlays: Overlay) -> "Plant":
        """The same plant with these faults or attacks added: the same physics."""
        more = (*self.overlays, *overlays)
        return Plant(self.plan, self.seed, overlays=more, commands=self.commands)

    def commanded(self, *commands: Command) -> "Plant":
        """The same plant with these commands added: the same physics until the first of them."""
        more = (*self.commands, *commands)
        return Plant(self.plan, self.seed, overlays=self.overlays, commands=more)

    def machine(self, site: str, device: str) -> Machine:
        """One machine; WrongInput with those that there are."""
        return _one(self.site(site), device, f"{site}: machine")

    def site(self, site: str) -> Mapping[str, Machine]:
        """The machines of a site by name; WrongInput with the sites that there are."""
        return _one(self.machines, site, "site")

    def read(self, site: str, at: float, layer: Layer = "view") -> tuple[Value, ...]:
        """All signals of all machines of a site at a time; what has no value is left out."""
        return tuple(
            Value(device, signal, value)
            for device in self.site(site)
            for signal, value in self.seen(site, device, at)[layer].items()
        )

    def seen(self, site: str, device: str, at: float) -> dict[Layer, dict[str, float]]:
        """One machine at a time in every layer: values by signal, of those that have one."""
        machine, ticks = self.machine(site, device), _ticks([at])
        physics = self._physics(machine, tuple(SIGNALS), ticks)
        found: dict[Layer, dict[str, float]] = {}
        for layer in LAYERS:
            rows = {
                name: self._seen(machine, name, physics[name], ticks, layer) for name in physics
            }
            found[layer] = {k: float(v[0]) for k, v in rows.items() if not np.isnan(v[0])}
        return found

    def series(  # noqa: PLR0913, PLR0917
        self,
        site: str,
        device: str,
        signal: str,
        start: float,
        end: float,
        step: float,
        layer: Layer = "view",
    ) -> Floats:
        """One signal at start, start + step, … before end, in its unit: (n,); NaN is no value.

        ValueError for a time before 0 or a step that is not positive; WrongInput for a signal or
        a machine that there is not.
        """
        _one(SIGNALS, signal, "signal")
        if step <= 0 or start < 0:
            raise ValueError(f"start {start} must be 0 or more, step {step} above 0")
        count = max(0, int(np.ceil((end - start) / step - 1e-9)))
        ticks = _ticks(start + step * np.arange(count, dtype=np.float64))
        size = _BATCH if signal == "vibration" else _LONG_BATCH
        machine, parts = self.machine(site, device), [np.empty(0)]
        for first in range(0, count, size):
            some = ticks[first : first + size]
            physics = self._physics(machine, (signal,), some)[signal]
            parts.append(self._seen(machine, signal, physics, some, layer))
        return np.concatenate(parts)

    def bearings(self, site: str, device: str, at: float) -> Bearings:
        """The machine's worst bearing at a time: what nobody sees from outside."""
        found = []
        for spindle in self.machine(site, device).spindles:
            now = spindle.conditions(_ticks([at]).astype(np.float64))
            damaged = now.damage[0] > 0
            parts = tuple(
                part for part, share in zip(PARTS, now.shares[0], strict=True) if share and damaged
            )
            found.append(
                Bearings(spindle.name[-1], float(now.damage[0]), parts, int(now.number[0]))
            )
        return max(found, key=lambda one: one.damage)

    def waveform(
        self, site: str, device: str, at: float, *, spindle: int = 1, samples: int = RATE
    ) -> Floats:
        """Acceleration at a spindle's (from 1) housing in m/s2: (samples,) at RATE a second."""
        one = self.machine(site, device).spindles[spindle - 1]
        ticks = _ticks([at])
        wave = acceleration(one, one.conditions(ticks.astype(np.float64)), ticks, samples)
        return wave.reshape(samples)

    def _physics(self, machine: Machine, signals: Sequence[str], ticks: Ints) -> dict[str, Floats]:
        """Before any sensor: nothing that is overlaid comes near it."""
        times = ticks.astype(np.float64)
        now = [spindle.conditions(times) for spindle in machine.spindles]
        pairs = list(zip(machine.spindles, now, strict=True))
        return {
            name: of_machine(name, np.stack([PHYSICS[name](*pair, ticks) for pair in pairs]))
            for name in signals
        }

    def _seen(
        self, machine: Machine, signal: str, physics: Floats, ticks: Ints, layer: Layer
    ) -> Floats:
        if layer == "physics":
            return physics
        sound = measured(self.seed, (machine.site, machine.name), signal, physics, ticks)
        over = [
            one
            for one in self.overlays
            if (one.site, one.device, one.signal) == (machine.site, machine.name, signal)
            and (one.at == "sensor" or layer == "view")
        ]
        at_start = partial(self._sound, machine, signal)
        return resolved(signal, overlaid(sound, ticks.astype(np.float64), over, at_start))

    def _sound(self, machine: Machine, signal: str, at: float) -> float:
        """The value of an undisturbed sensor."""
        ticks = _ticks([at])
        physics = self._physics(machine, (signal,), ticks)[signal]
        name = (machine.site, machine.name)
        return float(measured(self.seed, name, signal, physics, ticks)[0])


def _ticks(times: Sequence[float] | Floats) -> Ints:
    """The whole seconds in which times lie; ValueError before 0."""
    ticks = np.floor(np.asarray(times, dtype=np.float64)).astype(np.int64)
    if ticks.min(initial=0) < 0:
        raise ValueError("plant time begins at 0")
    return ticks


def _one(known: Mapping[str, T], name: str, what: str) -> T:
    if name in known:
        return known[name]
    raise WrongInput(
        Problem(where=what, what=f"there is no {name!r}", allowed=", ".join(known) or "none exist")
    )

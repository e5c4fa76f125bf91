"""Plant signals around drills: what the plant did, and when its telemetry was away.

In sim the plant is computed again (same seed, same values) and masked where the run's timeline
says that telemetry was away. In the lab the historians hold the values; the report does not read
them, and says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan

from bulkhead.errors import WrongInput
from bulkhead.evidence.signals_picture import Series
from bulkhead.evidence.story import Floor, Played, Step
from bulkhead.plan import Plan
from bulkhead.wire.telemetry import SIGNALS
from simulator.plant import Plant
from simulator.plant.machines import Machine
from simulator.plant.severity import LIMITS

SEED = 1
"""Of the simulated plant."""
_BEGAN = 6 * 3600.0
"""Plant time (s) at which a run begins: the machines are warm."""
_POINTS, _MOST, _LEAST = 240, 8, 60.0
"""Points of a line; lines of one plant; seconds shown before and after a run, at least."""
Outages = Mapping[str, tuple[tuple[float, float], ...]]


def floors(plan: Plan, runs: Sequence[Played]) -> tuple[Floor, ...]:
    """One for each drill's run and each plant whose telemetry it took away."""
    found: list[Floor] = []
    for run in runs:
        away = outages(run)
        for gateway in sorted(away):
            site = _site(gateway)
            series, why = _series(plan, site, gateway, run, away[gateway])
            found.append(
                Floor(site=site, environment=run.environment, run=run.name, series=series, why=why)
            )
    return tuple(found)


def outages(run: Played) -> Outages:
    """When a gateway's telemetry was away, by the gateway: from silence to the next live value.

    As `Silence` and `Telemetry` of bulkhead.drill told it; an outage without end lasts to the end.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for step in run.steps:
        gateway = step.field("source")
        if step.kind != "Silence" or step.outcome != "done":
            continue
        since = max(0.0, step.done - float(step.field("seconds") or 0.0))
        back = [
            later.done
            for later in run.steps
            if later.kind == "Telemetry" and later.outcome == "done" and later.done > step.done
            if later.field("source") == gateway
        ]
        known = found.setdefault(gateway, [])
        if not known or since > known[-1][1]:
            known.append((since, min(back, default=run.lasted)))
    return {gateway: tuple(rows) for gateway, rows in found.items()}


def _series(
    plan: Plan, site: str, gateway: str, run: Played, away: tuple[tuple[float, float], ...]
) -> tuple[tuple[Series, ...] | None, str]:
    """The signals, or None and why not."""
    if run.environment != "sim":
        return None, "the report does not read the historian"
    try:
        plant = Plant(plan, SEED)
    except WrongInput as error:
        return None, error.problems[0].what
    behind = {gateway} | _controllers(plan, gateway)
    machines = [one for one in plant.machines.get(site, {}).values() if one.behind in behind]
    if not machines:
        return None, f"no machine stands behind {gateway}"
    filled = any(_filled(step, gateway) for step in run.steps)
    shown = _Shown(plant, run, away, filled)
    pairs = [(machine, signal) for machine in machines for signal in SIGNALS]
    said = "Dotted: filled from the gateway's buffer afterwards." if filled else ""
    left = max(0, len(pairs) - _MOST)
    more = f" {left} further signals are not shown." if left else ""
    return tuple(shown.series(*pair) for pair in pairs[:_MOST]), said + more


def _controllers(plan: Plan, gateway: str) -> set[str]:
    """The hosts of the PLCs that are behind a gateway."""
    names = {
        (asset.site, asset.id.rpartition("/")[2])
        for asset in plan.assets
        if asset.kind == "plc" and asset.behind == gateway
    }
    return {
        host.id
        for host in plan.hosts
        if host.role == "plc" and (_site(host.id), host.id.rpartition("/")[2]) in names
    }


def _site(host: str) -> str:
    """The site of a plant's host: `acme/lyon/ai/gw-1` is at `acme/lyon`."""
    return host.rpartition("/")[0].rpartition("/")[0]


def _bands(machine: Machine) -> tuple[tuple[str, float], ...]:
    """The evaluation zones of ISO 20816-3 that are assumed of a machine."""
    limits = LIMITS[machine.kind.group, machine.kind.support]
    return tuple(zip("ABCD", (*limits, inf), strict=True))


def _filled(step: Step, gateway: str) -> bool:
    return step.kind == "Gapless" and step.outcome == "done" and step.field("source") == gateway


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is the same of all signals of one plant around one run."""

    plant: Plant
    run: Played
    away: tuple[tuple[float, float], ...]
    filled: bool

    def series(self, machine: Machine, signal: str) -> Series:
        """One signal of one machine, from before the run until after it."""
        around = max(_LEAST, self.run.lasted / 4)
        first, last = -around, self.run.lasted + around
        step = max(1.0, (last - first) / _POINTS)
        start, end = _BEGAN + first, _BEGAN + last
        values = self.plant.series(machine.site, machine.name, signal, start, end, step)
        return Series(
            name=f"{machine.name} {signal.replace('_', ' ')}",
            unit=SIGNALS[signal].unit,
            times=tuple(first + step * number for number in range(len(values))),
            values=tuple(None if isnan(value) else float(value) for value in values),
            shaded=self.away,
            filled=self.filled,
            bands=_bands(machine) if signal == "vibration" else (),
            marks=((0.0, "drill begins"),),
        )

"""Plant signals around drills: what the plant did, and when its telemetry was away.

In sim the plant is computed again (same seed, same values) and masked where the run's timeline
says that telemetry was away. In the lab the historians hold the values; the report does not read
them, and says so.
"""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from bulkhead.errors import WrongInput
from bulkhead.evidence.signals_picture import ISO_20816_3, Series
from bulkhead.evidence.story import Floor, Played, Step
from bulkhead.plan import Asset, Plan
from bulkhead.wire.telemetry import SIGNALS

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
            site = gateway.rpartition("/")[0].rpartition("/")[0]
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
    module = _plant()
    if module is None:
        return None, "this installation has no simulated plant"
    try:
        plant = module.Plant(plan, SEED)
    except WrongInput as error:
        return None, error.problems[0].what
    machines = [asset for asset in plan.assets if _behind(asset, site, gateway, plan)]
    if not machines:
        return None, f"no machine stands behind {gateway}"
    filled = any(_filled(step, gateway) for step in run.steps)
    shown = _Shown(plant, site, run, away, filled)
    pairs = [(asset, signal) for asset in machines for signal in SIGNALS][:_MOST]
    said = "Dotted: filled from the gateway's buffer afterwards." if filled else ""
    left = len(machines) * len(SIGNALS) - len(pairs)
    more = f" {left} further signals are not shown." if left else ""
    return tuple(shown.series(asset, signal) for asset, signal in pairs), said + more


def _plant() -> Any:
    """The module of the simulated plant, if this installation has it."""
    try:
        return importlib.import_module("simulator.plant")
    except ModuleNotFoundError:
        return None


def _behind(asset: Asset, site: str, gateway: str, plan: Plan) -> bool:
    """Whether it is a machine that is seen through that gateway, by its PLC or at once."""
    if asset.site != site or not any(name.endswith(".bearing") for name, _ in asset.attributes):
        return False
    behind = {gateway}
    hosts = {host.id: host for host in plan.hosts}
    for other in plan.assets:
        if other.kind == "plc" and other.site == site and other.behind == gateway:
            name = other.id.rpartition("/")[2]
            behind |= {host for host in hosts if host.endswith(f"{site}/ot/{name}")}
    return asset.behind in behind


def _filled(step: Step, gateway: str) -> bool:
    return step.kind == "Gapless" and step.outcome == "done" and step.field("source") == gateway


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is the same of all signals of one plant around one run."""

    plant: Any
    site: str
    run: Played
    away: tuple[tuple[float, float], ...]
    filled: bool

    def series(self, asset: Asset, signal: str) -> Series:
        """One signal of one machine, from before the run until after it."""
        around = max(_LEAST, self.run.lasted / 4)
        first, last = -around, self.run.lasted + around
        step = max(1.0, (last - first) / _POINTS)
        device = asset.id.rpartition("/")[2]
        start, end = _BEGAN + first, _BEGAN + last
        values = self.plant.series(self.site, device, signal, start, end, step)
        return Series(
            name=f"{device} {signal.replace('_', ' ')}",
            unit=SIGNALS[signal].unit,
            times=tuple(first + step * number for number in range(len(values))),
            values=tuple(None if isnan(value) else float(value) for value in values),
            shaded=self.away,
            filled=self.filled,
            bands=ISO_20816_3 if signal == "vibration" else (),
            marks=((0.0, "drill begins"),),
        )

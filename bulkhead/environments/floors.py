"""Plant signals around drills: what the plant did, and when its telemetry was away.

In sim the plant is computed again (same seed, same values) and masked where the run's timeline
says that telemetry was away. In the lab its historian is asked, as long as the lab stands; where it
cannot be, the plant was not observed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan
from pathlib import Path

from bulkhead.environments.floors_lab import Historians, broken
from bulkhead.errors import BulkheadError, Problem
from bulkhead.evidence.signals_picture import Series
from bulkhead.evidence.story import Floor, Played
from bulkhead.plan import Plan
from bulkhead.wire.telemetry import SIGNALS
from simulator.plant import Plant
from simulator.plant.kinds import kind_of
from simulator.plant.severity import LIMITS

SEED = 1
"""Of the simulated plant."""
_BEGAN = 6 * 3600.0
"""Plant time (s) at which a run begins: the machines are warm."""
_POINTS, _MOST, _LEAST = 240, 8, 60.0
"""Points of a line; lines of one plant; seconds shown before and after a run, at least."""
Intervals = tuple[tuple[float, float], ...]
Outages = Mapping[str, Intervals]
Rows = Sequence[tuple[float, float | None]]


def floors(plan: Plan, runs: Sequence[Played], state: Path) -> tuple[Floor, ...]:
    """One for each drill's run and each plant whose telemetry it took away."""
    historians = Historians(state, plan)
    found: list[Floor] = []
    for run in runs:
        away = outages(run)
        found += [_floor(plan, run, name, away[name], historians) for name in sorted(away)]
    return tuple(found)


def _floor(plan: Plan, run: Played, gateway: str, away: Intervals, historians: Historians) -> Floor:
    shown = _Shown(plan, _site(gateway), gateway, run, away)
    series: tuple[Series, ...] | None = None
    try:
        series = tuple(shown.recorded(historians) if run.environment != "sim" else shown.computed())
        why = shown.said(len(series))
    except BulkheadError as error:
        why = error.problems[0].what
    shown_here = series[:_MOST] if series else None
    return Floor(
        site=shown.site, environment=run.environment, run=run.name, series=shown_here, why=why
    )


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


@dataclass(frozen=True, slots=True)
class _Shown:
    """One plant around one run. away: when its gateway's telemetry was."""

    plan: Plan
    site: str
    gateway: str
    run: Played
    away: Intervals

    def computed(self) -> Iterator[Series]:
        """In sim: the signals of the machines behind the gateway, computed again."""
        plant = Plant(self.plan, SEED)
        behind = {self.gateway} | _controllers(self.plan, self.gateway)
        machines = plant.machines.get(self.site, {}).values()
        if not any(machine.behind in behind for machine in machines):
            raise BulkheadError(Problem(self.site, f"no machine stands behind {self.gateway}"))
        first, last = -self.around, self.run.lasted + self.around
        step = max(1.0, (last - first) / _POINTS)
        for machine in machines:
            for signal in SIGNALS if machine.behind in behind else ():
                start, end = _BEGAN + first, _BEGAN + last
                values = plant.series(self.site, machine.name, signal, start, end, step)
                rows = [
                    (first + step * number, None if isnan(value) else float(value))
                    for number, value in enumerate(values)
                ]
                yield self._one(machine.name, signal, rows)

    def recorded(self, historians: Historians) -> Iterator[Series]:
        """In a lab: what its historian holds."""
        held = historians.held(self.run, self.gateway, self.around)
        for (device, signal), rows in held.items():
            if signal in SIGNALS:
                yield self._one(device, signal, list(broken(rows)))

    @property
    def around(self) -> float:
        """Seconds that are shown before and after the run."""
        return max(_LEAST, self.run.lasted / 4)

    @property
    def filled(self) -> bool:
        """Whether the gateway filled the gap from its buffer."""
        return any(
            step.kind == "Gapless"
            and step.outcome == "done"
            and step.field("source") == self.gateway
            for step in self.run.steps
        )

    def said(self, count: int) -> str:
        """What is to be said beside so many series."""
        dotted = "Dotted: filled from the gateway's buffer afterwards." if self.filled else ""
        left = f"{count - _MOST} further signals are not shown." if count > _MOST else ""
        return " ".join(filter(None, (dotted, left)))

    def _one(self, device: str, signal: str, rows: Rows) -> Series:
        return Series(
            name=f"{device} {signal.replace('_', ' ')}",
            unit=SIGNALS[signal].unit,
            times=tuple(at for at, _ in rows),
            values=tuple(value for _, value in rows),
            shaded=self.away,
            filled=self.filled,
            bands=self._bands(device) if signal == "vibration" else (),
            marks=((0.0, "drill begins"),),
        )

    def _bands(self, device: str) -> tuple[tuple[str, float], ...]:
        """The evaluation zones of ISO 20816-3 that are assumed of a machine."""
        kinds = {asset.id: asset.kind for asset in self.plan.assets}
        machine = device.partition(".")[0]  # a gateway may tell each of its spindles apart
        kind = kind_of(kinds.get(f"{self.site}/{machine}", ""))
        return tuple(zip("ABCD", (*LIMITS[kind.group, kind.support], inf), strict=True))

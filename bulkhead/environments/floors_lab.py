"""What a lab's historian holds of a plant around a drill, while the lab stands.

A timeline counts seconds from its start; where that lies on the wall's clock is known from what
its `Telemetry` rows say of themselves. The historian is asked as its administrator.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bulkhead.errors import BulkheadError, Problem
from bulkhead.evidence.story import Played
from bulkhead.plan import Plan
from bulkhead.wire.certificates import dotted

if TYPE_CHECKING:
    from bulkhead.environments.actions.lab_hosts import Hosts

HOLE = 5.0
"""Seconds between two readings over which a line is not drawn."""


@dataclass(frozen=True, slots=True)
class Held:
    """One value: seconds since the run's start; late: it came from the gateway's buffer."""

    at: float
    value: float
    late: bool


Signals = Mapping[tuple[str, str], list[Held]]
"""By device and signal, by time."""


@dataclass(slots=True)
class Historians:
    """The historians of the lab in a state directory; the lab is looked up once, when first asked.

    Its parts are imported then: they are heavy, and most reports need none of them. Every method
    raises BulkheadError, with the reason, where nobody can say.
    """

    state: Path
    plan: Plan
    _hosts: "Hosts | None" = None

    def held(self, run: Played, gateway: str, around: float) -> Signals:
        """A gateway's values from `around` seconds before a run until so long after it."""
        from bulkhead.environments.actions.lab_services import quoted, sql

        start = began(run)
        if start is None:
            raise BulkheadError(Problem(run.file, "the timeline does not say when it began"))
        historian = next((step.field("target") for step in run.steps if step.kind == "Silence"), "")
        hosts = self._there(historian)
        asked = f"""
            SELECT device, signal, extract(epoch FROM at), value, historical
            FROM bulkhead.measurements
            WHERE tenant = {quoted(hosts.planned(gateway).tenant)}
                AND node = {quoted(dotted(gateway))}
                AND at BETWEEN to_timestamp({start - around})
                    AND to_timestamp({start + run.lasted + around})
            ORDER BY device, signal, at
        """  # noqa: S608 (quoted above)
        found = signals(sql(hosts, historian, asked), start)
        if not found:
            what = f"its historian holds no value of {gateway} around that run"
            raise BulkheadError(Problem(historian, what))
        return found

    def _there(self, historian: str) -> "Hosts":
        """The lab's hosts, with that one as a machine that can be entered."""
        from bulkhead.environments.actions.lab_hosts import Hosts
        from bulkhead.environments.lab import Lab

        if self._hosts is None:
            standing = Lab(self.state).standing()
            deployed = standing.deployed()
            self._hosts = Hosts(
                plan=self.plan,
                vantages={},
                instances={row.host: row.instance for row in deployed.interfaces},
                machines=frozenset(row.host for row in deployed.interfaces),
                state=Path(standing.info.state),
                fabric="",
            )
        instance = self._hosts.instances.get(historian, "")
        if not instance or not (self._hosts.state / "hosts" / instance).exists():
            raise BulkheadError(Problem(historian, f"no machine {historian} runs here"))
        return self._hosts


def began(run: Played) -> float | None:
    """The Unix time (s) at which a run began, to about a second; None where no row tells."""
    told = [
        step.own - step.done
        for step in run.steps
        if step.kind == "Telemetry" and step.own is not None
    ]
    return max(told, default=None)


def signals(lines: str, start: float) -> Signals:
    """What psql printed, a value a line; BulkheadError for anything else."""
    found: dict[tuple[str, str], list[Held]] = {}
    for line in lines.splitlines():
        try:
            device, signal, at, value, late = line.split("|")
            row = Held(float(at) - start, float(value), late == "t")
        except ValueError:
            raise BulkheadError(Problem("historian", f"{line!r} is no value")) from None
        found.setdefault((device, signal), []).append(row)
    return found


def broken(rows: list[Held]) -> Iterator[tuple[float, float | None]]:
    """Times and values, with a gap wherever nothing was held for longer than a hole."""
    before: float | None = None
    for row in rows:
        if before is not None and row.at - before > HOLE:
            yield ((before + row.at) / 2, None)
        yield (row.at, row.value)
        before = row.at

"""The plant in operation: controllers that trip, and people who change bearings.

Steps forward in time. A trip stops the machine (a command, so the physics follows); an engineer of
the tenant decides after a drawn reaction time, changes the bearings and starts it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bulkhead.plan import Person, Plan
from simulator.plant.commands import FASTEST, Command
from simulator.plant.machines import Machine
from simulator.plant.people import reaction
from simulator.plant.plant import Bearings, Plant
from simulator.plant.plc import TRIPS, Settings, Status, step, usual

EXCHANGE = 4 * 3600.0
"""Seconds in which bearings are changed once that is decided (assumed)."""
DECIDES = ("engineer", "operator", "admin")
"""Roles that decide to change a bearing, those first who are asked first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """One machine at one step. values: by signal, of those that have one, as gateways see them.

    status: its controller's. mend: when it runs again and who decided that, while it is tripped.
    """

    at: float
    machine: Machine
    values: Mapping[str, float]
    status: Status
    bearings: Bearings
    mend: tuple[float, str] | None


class Operation:
    """All machines of some sites. `plant` is the plant with what was commanded so far."""

    def __init__(self, plant: Plant, sites: tuple[str, ...]) -> None:
        self.plant = plant
        self._sites = sites
        self._status: dict[tuple[str, str], Status] = {}
        self._settings: dict[tuple[str, str], Settings] = {}
        self._mends: dict[tuple[str, str], tuple[float, str]] = {}
        self._asked: dict[str, int] = {}

    def step(self, at: float) -> list[Now]:
        """Everything at a time, which must not lie before that of the last step."""
        return [
            self._machine(machine, at)
            for site in self._sites
            for machine in self.plant.site(site).values()
        ]

    def settings(self, site: str, device: str) -> Settings:
        """What a machine's controller is set to; at first what is usual for its kind."""
        machine = self.plant.machine(site, device)
        usually = usual(machine.kind, machine.spindles[0].speed_rpm)
        return self._settings.get((site, device), usually)

    def set(
        self, site: str, device: str, settings: Settings, at: float, *, reset: bool = False
    ) -> None:
        """What somebody wrote to a controller at a time, not before that of the last step.

        It believes everyone. A machine turns at the speed set (at most 1.2 of nominal) if it is
        to run and is not tripped; reset lets go of a trip, whose cause may trip it again.
        """
        before, key = self.settings(site, device), (site, device)
        self._settings[key] = settings
        if reset:
            self._status[key] = self._status.get(key, Status(0)) & ~TRIPS
        resumed = reset and self._mends.pop(key, None) is not None
        turns = (before.run, before.speed_rpm) != (settings.run, settings.speed_rpm)
        if (resumed or turns) and key not in self._mends:
            self._command(self.plant.machine(site, device), at, replaced=False)

    def _machine(self, machine: Machine, at: float) -> Now:
        key = (machine.site, machine.name)
        mend = self._mends.get(key)
        mended = mend is not None and mend[0] <= at
        if mended and mend:
            del self._mends[key]
            self._command(machine, mend[0], replaced=True)
        settings = self.settings(*key)
        seen = self.plant.seen(machine.site, machine.name, at)
        before = self._status.get(key, Status(0))
        now = self._status[key] = step(settings, before, seen["sensor"], reset=mended)
        if now & TRIPS and key not in self._mends:
            self._mends[key] = self._call(machine.site, at)
            self._command(machine, at, replaced=False)
        return Now(
            at=at,
            machine=machine,
            values=seen["view"],
            status=now,
            bearings=self.plant.bearings(machine.site, machine.name, at),
            mend=self._mends.get(key),
        )

    def _command(self, machine: Machine, at: float, *, replaced: bool) -> None:
        """Turn as set, or not at all while tripped."""
        key = (machine.site, machine.name)
        settings, nominal = self.settings(*key), machine.spindles[0].speed_rpm
        turns = settings.run and key not in self._mends
        speed = min(max(settings.speed_rpm / nominal, 0.0), FASTEST) if turns else 0.0
        told = Command(
            site=machine.site, device=machine.name, at=at, speed=speed, replaced=replaced
        )
        self.plant = self.plant.commanded(told)

    def _call(self, site: str, at: float) -> tuple[float, str]:
        """When the machine will run again, and who decided it."""
        person, role = decider(self.plant.plan, site)
        who = person.id if person else ""
        number = self._asked.get(who, 0)
        self._asked[who] = number + 1
        took = reaction(self.plant.seed, who, role, "approve", number, at=at)
        return at + took + EXCHANGE, who


def decider(plan: Plan, site: str) -> tuple[Person | None, str]:
    """Who of the site's tenant decides to change a bearing, and in which role."""
    tenant = site.split("/", maxsplit=1)[0]
    people = [one for one in plan.people if one.tenant == tenant]
    people.sort(key=lambda one: (one.escalation is None, one.escalation, one.id))
    for role in DECIDES:
        for one in people:
            if role in one.roles:
                return one, role
    return None, DECIDES[0]

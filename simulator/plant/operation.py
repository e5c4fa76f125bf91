"""The plant in operation: controllers that trip, and people who change bearings.

The controllers are the product's own (`bulkhead.services.plc`), fed here in place of wires; in the
lab the same ones run on hosts. A machine behind a gateway alone has none, and nothing stops it.
Steps forward in time. A trip stops all machines of a controller (a command, so the physics
follows); an engineer of the tenant decides after a drawn reaction time, changes the bearings of the
machine that tripped, resets and starts again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bulkhead.plan import Person, Plan
from bulkhead.services.plc.config import Device
from bulkhead.services.plc.controller import Controller, NotTaken
from bulkhead.wire import registers
from bulkhead.wire.field import Lines
from bulkhead.wire.registers import RESET, RUN, SPEEDS, Inputs
from bulkhead.wire.telemetry import SIGNALS
from simulator.plant.commands import FASTEST, Command
from simulator.plant.machines import Machine
from simulator.plant.people import reaction
from simulator.plant.plant import Bearings, Layer, Plant

EXCHANGE = 4 * 3600.0
"""Seconds in which bearings are changed once that is decided (assumed)."""
DECIDES = ("engineer", "operator", "admin")
"""Roles that decide to change a bearing, those first who are asked first."""
Seen = Mapping[Layer, Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """One machine at one step. values: by signal, of those that have one, as gateways see them.

    controller: its state for this machine in a word (`run`, `alarm`, `no value`, `stopped`,
    `trip`), "" where it has none. mend: when it runs again and who decided that, while tripped.
    """

    at: float
    machine: Machine
    values: Mapping[str, float]
    controller: str
    bearings: Bearings
    mend: tuple[float, str] | None


@dataclass(slots=True)
class Station:
    """A controller and its machines, whose blocks in the register map are in their order."""

    host: str
    machines: tuple[Machine, ...]
    controller: Controller = field(init=False)
    speed: int = field(init=False)
    """What it is set to at first, rpm."""
    told: float = 1.0
    """What it told its machines last: the speed as part of that."""
    mend: tuple[float, str] | None = None

    def __post_init__(self) -> None:
        """With limits and set speed as delivered."""
        fastest = max(one.speed_rpm for row in self.machines for one in row.spindles)
        self.speed = min(fastest, SPEEDS[1])
        devices = [Device(id=row.name, signals=tuple(SIGNALS)) for row in self.machines]
        self.controller = Controller(devices, lambda _said: None, speed=self.speed)

    @property
    def inputs(self) -> Inputs:
        """What its input registers say."""
        count = len(self.machines)
        return registers.decode(self.controller.inputs()[: registers.size(count)], count)

    @property
    def fraction(self) -> float:
        """How fast its machines are to turn, as part of the speed that it was set to at first."""
        outputs = self.controller.outputs
        return min(outputs.speed / self.speed, FASTEST) if outputs.running else 0.0

    def scan(self, seen: Mapping[tuple[str, str], Seen]) -> None:
        """Take what the sensors say."""
        self.controller.hear(Lines.LIVE)
        values = {row.name: seen[row.site, row.name]["sensor"] for row in self.machines}
        self.controller.take(values)

    def words(self) -> dict[str, str]:
        """Its state for each machine, by name."""
        inputs = self.inputs
        rows = zip(self.machines, inputs.devices, strict=True)
        return {machine.name: _word(inputs, device) for machine, device in rows}


def _word(inputs: Inputs, device: registers.Device) -> str:
    if inputs.tripped is not None:
        return "trip"
    if not inputs.running:
        return "stopped"
    if device.alarms:
        return "alarm"
    return "run" if set(device.values) == set(SIGNALS) else "no value"


class Operation:
    """All machines of some sites. `plant` is the plant with what was commanded so far."""

    def __init__(self, plant: Plant, sites: tuple[str, ...]) -> None:
        self.plant = plant
        self._machines = [row for site in sites for row in plant.site(site).values()]
        controllers = {host.id for host in plant.plan.hosts if host.role == "plc"}
        behind: dict[str, list[Machine]] = {}
        for row in self._machines:
            if row.behind in controllers:
                behind.setdefault(row.behind, []).append(row)
        self.stations = {host: Station(host, tuple(rows)) for host, rows in behind.items()}
        self._asked: dict[str, int] = {}

    def step(self, at: float) -> list[Now]:
        """Everything at a time, which must not lie before that of the last step."""
        for station in self.stations.values():
            if station.mend is not None and station.mend[0] <= at:
                self._mended(station, station.mend[0])
        seen = self._seen(self._machines, at)
        for station in self.stations.values():
            station.scan(seen)
            self._obey(station, at)
        words = {host: station.words() for host, station in self.stations.items()}
        return [
            Now(
                at=at,
                machine=row,
                values=seen[row.site, row.name]["view"],
                controller=words.get(row.behind, {}).get(row.name, ""),
                bearings=self.plant.bearings(row.site, row.name, at),
                mend=self.stations[row.behind].mend if row.behind in self.stations else None,
            )
            for row in self._machines
        ]

    def write(self, host: str, address: int, values: Sequence[int], at: float) -> None:
        """What somebody writes to a controller's holding registers at a time, not before that of
        the last step. It believes everyone. Raises NotTaken for what it refuses."""
        station = self.stations[host]
        station.controller.write(address, values)
        self._obey(station, at)

    def _seen(self, machines: Sequence[Machine], at: float) -> dict[tuple[str, str], Seen]:
        return {(row.site, row.name): self.plant.seen(row.site, row.name, at) for row in machines}

    def _obey(self, station: Station, at: float, replaced: str = "") -> None:
        """Machines do from now on what their controller tells them; a trip calls somebody."""
        if station.controller.running or station.inputs.tripped is None:
            station.mend = None
        elif station.mend is None:
            station.mend = self._call(station.machines[0].site, at)
        if station.fraction == station.told and not replaced:
            return
        station.told = station.fraction
        self.plant = self.plant.commanded(
            *(
                Command(
                    site=row.site,
                    device=row.name,
                    at=at,
                    speed=station.told,
                    replaced=row.name == replaced,
                )
                for row in station.machines
            )
        )

    def _mended(self, station: Station, at: float) -> None:
        """New bearings, a reset, and off it goes; where the reset is refused, once more later."""
        tripped = station.inputs.tripped
        replaced = "" if tripped is None else station.machines[tripped[0]].name
        station.scan(self._seen(station.machines, at))
        try:
            station.controller.write(RESET, [1])
            station.controller.write(RUN, [1])
        except NotTaken:
            station.mend = self._call(station.machines[0].site, at)
            return
        self._obey(station, at, replaced)

    def _call(self, site: str, at: float) -> tuple[float, str]:
        """When the machines will run again, and who decided it."""
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

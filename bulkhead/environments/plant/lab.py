"""`lab`: the plant's sensors on the wires of real hosts, and its machines at real controllers.

The plant is computed here, at the wall's pace. What its sensors say goes onto the wires; what a
controller then tells its machines (run, stop, how fast) changes the physics, so that a trip, or a
write of somebody who should not write, is felt by the machines.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from bulkhead.environments.actions.lab_hosts import Hosts
from bulkhead.environments.lab import Lab
from bulkhead.environments.plant.watching import Reading, Watch
from bulkhead.environments.plant.wires import Fed, Feeder, check_interval
from bulkhead.plan import Plan
from bulkhead.wire.field import Outputs
from infra.inventory.field import set_speed
from simulator.plant import Command, Plant
from simulator.plant.commands import FASTEST
from simulator.plant.machines import Machine
from simulator.plant.severity import zone


def feed(plan: Plan, watch: Watch) -> Iterator[Reading]:
    """What is put on the wires of the lab that stands, one update an interval.

    MissingHere where none stands or its hosts are bare, WrongInput for an interval that gateways
    would not follow. Once it ends, or whoever reads it does, the wires are taken off.
    """
    check_interval(watch.interval)
    operation = Operation(Plant(plan, watch.seed), watch.site)
    return _updates(standing_hosts(watch.state, plan), operation, watch)


def standing_hosts(project_state: Path, plan: Plan) -> Hosts:
    """The hosts of the lab in a state directory; MissingHere if none stands."""
    standing = Lab(project_state).standing()
    return Hosts.of(standing, plan, standing.deployed())


@dataclass(slots=True)
class Operation:
    """The machines of one site, or of all, under what their controllers tell them."""

    plant: Plant
    site: str | None
    _told: dict[str, float] = field(default_factory=dict)
    """What each controller told last: the speed as part of the nominal one."""

    def machines(self) -> list[Machine]:
        """Those in operation."""
        sites = (self.site,) if self.site else self.plant.sites
        return [machine for site in sites for machine in self.plant.site(site).values()]

    def sensed(self, machine: Machine, at: float) -> Mapping[str, float]:
        """What its sensors say: what comes after the wires is the lab's own."""
        return self.plant.seen(machine.site, machine.name, at)["sensor"]

    def obey(self, told: Mapping[str, Outputs], at: float) -> None:
        """Let machines follow what controllers tell them from now on."""
        for host, outputs in told.items():
            speed = self._fraction(host, outputs)
            if speed != self._told.get(host, 1.0):
                self.plant = self.plant.commanded(
                    *(
                        Command(site=row.site, device=row.name, at=at, speed=speed)
                        for row in self.machines()
                        if row.behind == host
                    )
                )
            self._told[host] = speed

    def _fraction(self, host: str, outputs: Outputs) -> float:
        if not outputs.running:
            return 0.0
        usual = set_speed(self.plant.plan, host)
        return min(outputs.speed / usual, FASTEST) if usual else 1.0


def _updates(hosts: Hosts, operation: Operation, watch: Watch) -> Iterator[Reading]:
    with Feeder(hosts) as feeder:
        began, number = time.monotonic(), 0
        while True:
            at = watch.start + time.monotonic() - began
            values = [(machine, operation.sensed(machine, at)) for machine in operation.machines()]
            fed = feeder.feed(
                (machine.site, machine.name, signal, value)
                for machine, row in values
                for signal, value in row.items()
            )
            operation.obey(fed.told, at)
            for index, (machine, row) in enumerate(values, 1):
                reading = _reading(operation, machine, row, at, fed)
                yield replace(reading, last=index == len(values))
            number += 1
            if watch.seconds is not None and number * watch.interval > watch.seconds:
                return
            # Never in a hurry: a gateway must see each scan.
            late = max(0.0, time.monotonic() - began - number * watch.interval)
            began += late
            time.sleep(max(0.0, began + number * watch.interval - time.monotonic()))


def _reading(
    operation: Operation, machine: Machine, values: Mapping[str, float], at: float, fed: Fed
) -> Reading:
    velocity, kind = values.get("vibration"), machine.kind
    bearings = operation.plant.bearings(machine.site, machine.name, at)
    told, refused = fed.told.get(machine.behind), fed.refused.get(machine.behind)
    return Reading(
        at=at,
        site=machine.site,
        device=machine.name,
        values=values,
        zone="" if velocity is None else zone(velocity, kind.group, kind.support),
        controller="" if told is None else "run" if told.running else "stopped",
        damage=bearings.damage,
        parts=bearings.parts,
        note="" if refused is None else f"its wires were not reached: {refused}",
    )

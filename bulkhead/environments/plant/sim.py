"""`sim`: the plant computed here, at any speed."""

import time
from collections.abc import Iterator
from dataclasses import replace

from bulkhead.environments.plant.watching import Reading, Watch
from bulkhead.plan import Plan
from simulator.plant import Plant
from simulator.plant.operation import Now, Operation
from simulator.plant.severity import zone


def feed(plan: Plan, watch: Watch) -> Iterator[Reading]:
    """Each update is `speed * interval` seconds of the plant after the last one.

    Where computing takes longer than the interval, updates come later; none is left out.
    """
    plant = Plant(plan, watch.seed)
    sites = (watch.site,) if watch.site else plant.sites
    for site in sites:
        plant.site(site)
    return _updates(Operation(plant, sites), watch)


def _updates(operation: Operation, watch: Watch) -> Iterator[Reading]:
    began, number = time.monotonic(), 0
    while True:
        at = round(watch.start + number * watch.interval * watch.speed, 3)
        update = operation.step(at)
        for index, now in enumerate(update, 1):
            yield replace(_reading(now), last=index == len(update))
        number += 1
        if watch.seconds is not None and number * watch.interval > watch.seconds:
            return
        time.sleep(max(0.0, began + number * watch.interval - time.monotonic()))


def _reading(now: Now) -> Reading:
    machine, velocity = now.machine, now.values.get("vibration")
    kind = machine.kind
    return Reading(
        at=now.at,
        site=machine.site,
        device=machine.name,
        values=now.values,
        zone="" if velocity is None else zone(velocity, kind.group, kind.support),
        controller=now.controller,
        damage=now.bearings.damage,
        parts=now.bearings.parts,
        note=_note(now),
    )


def _note(now: Now) -> str:
    if now.mend is None:
        return ""
    left, who = now.mend[0] - now.at, now.mend[1] or "somebody"
    return f"new bearings by {who} in {left / 3600:.1f} h"

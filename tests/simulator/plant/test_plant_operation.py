"""Controllers stop machines, people start them again, and an attack can only lie."""

from dataclasses import replace

import numpy as np
import pytest

from simulator.plant import Overlay, Plant
from simulator.plant.operation import EXCHANGE, Operation, decider
from simulator.plant.people import reaction
from simulator.plant.plc import Status

LYON, MILL = "acme/lyon", "mill-1"
HOUR = 3600.0


def mill(update):
    return next(now for now in update if now.machine.name == MILL)


def lie(kind, amount, at, start=HOUR, end=2 * HOUR):
    return Overlay(
        site=LYON,
        device=MILL,
        signal="vibration",
        kind=kind,
        amount=amount,
        at=at,
        start=start,
        end=end,
    )


@pytest.fixture
def worn(example_plan):
    """A plant and an hour at which its mill is about to fail."""
    plant = Plant(example_plan, 1)
    times = (hour * HOUR for hour in range(0, 24 * 400))
    return plant, next(at for at in times if plant.bearings(LYON, MILL, at).damage > 0.85)


def test_a_worn_machine_trips_stops_and_runs_again_with_a_new_bearing(worn):
    plant, near = worn
    operation, seen = Operation(plant, (LYON,)), []
    for step in range(14 * 24):
        seen.append(mill(operation.step(near + step * HOUR)))
    trip = next(index for index, now in enumerate(seen) if now.mend)
    assert seen[trip].values["vibration"] > 4.5
    assert seen[trip].status & Status.VIBRATION_TRIP
    assert seen[trip + 1].values["vibration"] < 0.1
    assert seen[trip + 1].bearings.damage == pytest.approx(seen[trip].bearings.damage, abs=1e-3)
    back = next(index for index in range(trip, len(seen)) if not seen[index].mend)
    assert seen[back].status == Status.RUNNING
    assert seen[back].bearings.damage == 0
    assert seen[back].bearings.before == seen[trip].bearings.before + 1
    assert EXCHANGE < seen[back].at - seen[trip].at < EXCHANGE + 2 * HOUR
    assert not any(now.mend for now in seen[back:])


def test_how_long_it_stands_is_what_the_engineer_takes_and_the_exchange(worn):
    plant, near = worn
    operation, at = Operation(plant, (LYON,)), near
    while not (now := mill(operation.step(at))).mend:
        at += HOUR
    took = reaction(1, "acme/ines", "engineer", "approve", 0, at=at)
    assert now.mend == (at + took + EXCHANGE, "acme/ines")


def test_a_false_value_in_the_sensor_trips_a_sound_machine(example_plan):
    attacked = Plant(example_plan, 1).overlaid(lie("spoof", 50.0, "sensor"))
    operation = Operation(attacked, (LYON,))
    before = mill(operation.step(HOUR - 10))
    assert before.status == Status.RUNNING
    assert mill(operation.step(HOUR)).status & Status.VIBRATION_TRIP
    assert operation.plant.seen(LYON, MILL, HOUR + 60)["physics"]["vibration"] < 0.1


def test_a_lie_to_the_gateway_does_not_move_the_controller(example_plan):
    attacked = Plant(example_plan, 1).overlaid(lie("spoof", 50.0, "view"))
    now = mill(Operation(attacked, (LYON,)).step(HOUR + 5))
    assert now.values["vibration"] == 50.0
    assert now.status == Status.RUNNING


def test_a_stuck_sensor_hides_a_failing_bearing_from_the_controller(worn):
    plant, near = worn
    blind = plant.overlaid(lie("stuck", 0.0, "sensor", start=1.0, end=1e12))
    operation = Operation(blind, (LYON,))
    for step in range(10 * 24):
        now = mill(operation.step(near + step * HOUR))
        assert not now.status & Status.VIBRATION_TRIP
        if now.bearings.damage > 0.99:
            break
    assert now.bearings.damage > 0.99


def physics(operation, at):
    return operation.plant.seen(LYON, MILL, at)["physics"]


@pytest.mark.parametrize(
    ("run", "rpm", "part"), [(False, 2000, 0), (True, 1000, 0.5), (True, 9999, 1.2)]
)
def test_what_is_written_to_a_controller_is_what_the_machine_does(example_plan, run, rpm, part):
    operation = Operation(Plant(example_plan, 1), (LYON,))
    at = 10 * HOUR
    operation.step(at)
    before = operation.settings(LYON, MILL)
    assert (before.run, before.speed_rpm) == (True, 2000)
    operation.set(LYON, MILL, replace(before, run=run, speed_rpm=rpm), at + 1)
    now = mill(operation.step(at + 60))
    assert bool(now.status & Status.RUNNING) == run
    spindle = operation.plant.machine(LYON, MILL).spindles[0]
    speed = spindle.conditions(np.array([at, at + 60])).speed
    assert speed == pytest.approx([1.0, part], abs=0.03)


def test_to_write_the_same_again_changes_nothing(example_plan):
    operation = Operation(Plant(example_plan, 1), (LYON,))
    operation.set(LYON, MILL, operation.settings(LYON, MILL), HOUR)
    assert operation.plant.commands == ()


def test_limits_that_somebody_raised_let_a_bearing_fail(worn):
    plant, near = worn
    operation = Operation(plant, (LYON,))
    deaf = replace(operation.settings(LYON, MILL), vibration_alarm=90.0, vibration_trip=99.0)
    operation.set(LYON, MILL, deaf, near)
    worst = max(mill(operation.step(near + step * HOUR)).bearings.damage for step in range(10 * 24))
    assert worst > 0.97
    assert operation.plant.commands == ()


def test_a_reset_from_outside_starts_the_machine_and_a_cause_trips_it_again(worn):
    plant, near = worn
    operation, at = Operation(plant, (LYON,)), near
    while not mill(operation.step(at)).mend:
        at += HOUR
    assert physics(operation, at + 60)["vibration"] < 0.1
    operation.set(LYON, MILL, operation.settings(LYON, MILL), at + 60, reset=True)
    assert physics(operation, at + 120)["vibration"] > 4.0
    again = mill(operation.step(at + 180))
    while not again.mend:
        again = mill(operation.step(again.at + 60))
    assert again.status & Status.VIBRATION_TRIP
    assert again.at < at + HOUR


def test_without_a_trip_the_operation_sees_what_the_plant_alone_reads(example_plan):
    plant = Plant(example_plan, 5)
    operation = Operation(plant, plant.sites)
    for at in (0.0, 10.0, 1_000.0):
        for now in operation.step(at):
            read = {
                one.signal: one.value
                for one in plant.read(now.machine.site, at)
                if one.device == now.machine.name
            }
            assert now.values == read


def test_an_engineer_of_the_tenant_decides(example_plan):
    assert [
        (person.id, role)
        for person, role in (decider(example_plan, site) for site in (LYON, "borealis/tromso"))
        if person
    ] == [("acme/ines", "engineer"), ("borealis/maja", "engineer")]
    assert decider(example_plan, "nobody/here") == (None, "engineer")

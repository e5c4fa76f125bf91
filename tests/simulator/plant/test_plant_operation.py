"""Controllers stop machines, people start them again, and an attack can only lie."""

import numpy as np
import pytest

from bulkhead.services.plc.controller import NotTaken
from bulkhead.wire.registers import LIMITS, RESET, RUN, SPEED, limit, raw
from simulator.plant import Overlay, Plant
from simulator.plant.operation import EXCHANGE, Operation, decider
from simulator.plant.people import reaction

LYON, MILL, PLC = "acme/lyon", "mill-1", "acme/lyon/ot/plc-1"
TRIP = LIMITS["vibration"].trip
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


def tripped(operation, at):
    """The first of hourly steps at which the mill has tripped."""
    for step in range(20 * 24):
        now = mill(operation.step(at + step * HOUR))
        if now.mend:
            return now
    raise AssertionError("it never tripped")


def test_a_worn_machine_trips_stops_and_runs_again_with_a_new_bearing(worn):
    plant, near = worn
    operation = Operation(plant, (LYON,))
    trip = tripped(operation, near)
    assert trip.controller == "trip"
    assert trip.values["vibration"] >= TRIP
    after = [mill(operation.step(trip.at + step * HOUR)) for step in range(1, 5 * 24)]
    assert after[0].values["vibration"] < 0.1
    assert after[0].bearings.damage == pytest.approx(trip.bearings.damage, abs=1e-3)
    back = next(index for index, now in enumerate(after) if not now.mend)
    assert (after[back].controller, after[back].bearings.damage) == ("run", 0.0)
    assert after[back].bearings.before == trip.bearings.before + 1
    assert EXCHANGE < after[back].at - trip.at < EXCHANGE + 2 * HOUR
    assert not any(now.mend for now in after[back:])


def test_how_long_it_stands_is_what_the_engineer_takes_and_the_exchange(worn):
    plant, near = worn
    now = tripped(Operation(plant, (LYON,)), near)
    took = reaction(1, "acme/ines", "engineer", "approve", 0, at=now.at)
    assert now.mend == (now.at + took + EXCHANGE, "acme/ines")


def test_a_machine_without_a_controller_is_stopped_by_nobody(example_plan):
    operation = Operation(Plant(example_plan, 1), (LYON,))
    assert list(operation.stations) == [PLC]
    lathe = next(now for now in operation.step(HOUR) if now.machine.name == "lathe-1")
    assert (lathe.controller, lathe.mend) == ("", None)


def test_a_false_value_in_the_sensor_trips_a_sound_machine(example_plan):
    attacked = Plant(example_plan, 1).overlaid(lie("spoof", 50.0, "sensor"))
    operation = Operation(attacked, (LYON,))
    assert mill(operation.step(HOUR - 10)).controller == "run"
    assert mill(operation.step(HOUR)).controller == "trip"
    assert physics(operation, HOUR + 60)["vibration"] < 0.1


def test_while_the_false_value_stays_nobody_can_reset_and_the_engineer_comes_again(example_plan):
    attacked = Plant(example_plan, 1).overlaid(lie("spoof", 50.0, "sensor", end=20 * HOUR))
    operation = Operation(attacked, (LYON,))
    first = mill(operation.step(HOUR)).mend
    with pytest.raises(NotTaken, match="over its limit"):
        operation.write(PLC, RESET, [1], HOUR)
    again = mill(operation.step(first[0] + 60))
    assert again.controller == "trip"
    assert again.mend[0] > first[0] + EXCHANGE
    at = again.at
    while mill(operation.step(at)).mend:
        at += HOUR
    assert 20 * HOUR < at < 30 * HOUR


def test_a_lie_to_the_gateway_does_not_move_the_controller(example_plan):
    attacked = Plant(example_plan, 1).overlaid(lie("spoof", 50.0, "view"))
    now = mill(Operation(attacked, (LYON,)).step(HOUR + 5))
    assert (now.values["vibration"], now.controller) == (50.0, "run")


def test_a_sensor_that_has_dropped_out_is_told_by_its_controller(example_plan):
    attacked = Plant(example_plan, 1).overlaid(lie("dropout", 0.0, "sensor"))
    assert mill(Operation(attacked, (LYON,)).step(HOUR + 5)).controller == "no value"


def test_a_stuck_sensor_hides_a_failing_bearing_from_the_controller(worn):
    plant, near = worn
    blind = plant.overlaid(lie("stuck", 0.0, "sensor", start=1.0, end=1e12))
    assert worst(Operation(blind, (LYON,)), near) > 0.97


def test_limits_that_somebody_raised_let_a_bearing_fail(worn):
    """What T0838 (Modify Alarm Settings) is after."""
    plant, near = worn
    operation = Operation(plant, (LYON,))
    highest = raw("vibration", LIMITS["vibration"].high)
    operation.write(PLC, limit(0, "vibration", "alarm"), [highest, highest], near)
    assert worst(operation, near) > 0.97
    assert operation.plant.commands == ()


def worst(operation, at):
    """The highest damage of the mill in ten days."""
    steps = [mill(operation.step(at + step * HOUR)) for step in range(10 * 24)]
    return max(now.bearings.damage for now in steps)


def physics(operation, at):
    return operation.plant.seen(LYON, MILL, at)["physics"]


@pytest.mark.parametrize(
    ("address", "value", "part", "word"),
    [(RUN, 0, 0, "stopped"), (SPEED, 1000, 0.5, "run"), (SPEED, 6000, 1.2, "run")],
)
def test_what_is_written_to_a_controller_is_what_the_machine_does(
    example_plan, address, value, part, word
):
    operation, at = Operation(Plant(example_plan, 1), (LYON,)), 10 * HOUR
    operation.step(at)
    operation.write(PLC, address, [value], at + 1)
    assert mill(operation.step(at + 60)).controller == word
    spindle = operation.plant.machine(LYON, MILL).spindles[0]
    speed = spindle.conditions(np.array([at, at + 60])).speed
    assert speed == pytest.approx([1.0, part], abs=0.03)


def test_to_write_the_same_again_changes_nothing(example_plan):
    operation = Operation(Plant(example_plan, 1), (LYON,))
    operation.write(PLC, SPEED, [2000], HOUR)
    operation.write(PLC, RUN, [1], HOUR)
    assert operation.plant.commands == ()


def test_a_reset_from_outside_starts_the_machine_and_the_same_cause_trips_it_again(worn):
    plant, near = worn
    operation = Operation(plant, (LYON,))
    at = tripped(operation, near).at
    operation.step(at + 60)
    operation.write(PLC, RESET, [1], at + 60)
    operation.write(PLC, RUN, [1], at + 60)
    assert physics(operation, at + 120)["vibration"] > 0.9 * TRIP
    again = mill(operation.step(at + 180))
    while not again.mend:
        again = mill(operation.step(again.at + 60))
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

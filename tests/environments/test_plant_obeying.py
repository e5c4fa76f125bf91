"""The plant under real controllers: what they tell their machines is felt by those alone."""

from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.cli.main import main
from bulkhead.environments.plant.lab import Operation
from bulkhead.wire.field import Outputs
from simulator.plant import Plant

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"
PLAN = expand(load(EXAMPLE))
PLC, SITE = "borealis/tromso/ot/plc-1", "borealis/tromso"
NOW = 36_000.0
RUNNING, STOPPED = Outputs(running=True, speed=2000), Outputs(running=False, speed=2000)


@pytest.fixture
def operation():
    return Operation(Plant(PLAN, 1), SITE)


def current(operation, machine, at):
    row = next(row for row in operation.machines() if row.name == machine)
    return operation.sensed(row, at)["motor_current"]


def test_a_controller_that_runs_as_it_was_set_changes_nothing(operation):
    before = operation.plant
    operation.obey({PLC: RUNNING}, NOW)
    assert operation.plant is before


def test_a_machine_stops_and_starts_with_its_controller_and_others_do_not(operation):
    blower, crane = current(operation, "blower-1", NOW), current(operation, "crane-1", NOW + 60)
    operation.obey({PLC: STOPPED}, NOW + 1)
    operation.obey({PLC: STOPPED}, NOW + 2)
    assert len(operation.plant.commands) == 1
    assert current(operation, "blower-1", NOW + 60) < blower / 10
    assert current(operation, "crane-1", NOW + 60) == crane
    operation.obey({PLC: RUNNING}, NOW + 61)
    assert current(operation, "blower-1", NOW + 120) > blower / 2


def test_a_set_speed_is_followed_up_to_what_a_drive_takes(operation):
    operation.obey({PLC: Outputs(running=True, speed=1000)}, NOW)
    operation.obey({PLC: Outputs(running=True, speed=6000)}, NOW + 60)
    assert [row.speed for row in operation.plant.commands] == [0.5, 1.2]


def test_a_controller_that_says_nothing_is_no_command(operation):
    operation.obey({}, NOW)
    assert operation.plant.commands == ()


def test_the_command_names_what_is_missing_or_wrong(tmp_path, capsys):
    state = ["--state", str(tmp_path)]
    assert main(["plant", str(EXAMPLE), "--env", "lab", *state]) == 3
    assert "no lab runs here" in capsys.readouterr().err
    assert main(["plant", str(EXAMPLE), "--env", "lab", "--interval", "10", *state]) == 2
    assert "0.5 to 2.5" in capsys.readouterr().err

"""Which host's wires carry which spindle: what gateway, controller and feeder share."""

import dataclasses
from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load
from infra.inventory.field import Wired, gateway_of, polled_port, wiring

PLAN = expand(load(Path(__file__).parents[3] / "examples" / "estate.yaml"))
GATEWAY, PLC = "borealis/tromso/ai/gw-1", "borealis/tromso/ot/plc-1"
HOSTS = {host.id: host for host in PLAN.hosts}


def test_every_spindle_of_the_example_has_its_wires():
    assert [(row.device, row.host, row.block) for row in wiring(PLAN)] == [
        ("lathe-1.spindle-001", "acme/lyon/ai/gw-1", None),
        ("mill-1.spindle-001", "acme/lyon/ot/plc-1", 0),
        ("blower-1.spindle-001", PLC, 0),
        ("blower-1.spindle-002", PLC, 1),
        ("crane-1.spindle-001", GATEWAY, None),
    ]
    assert wiring(PLAN)[2] == Wired(
        site="borealis/tromso",
        machine="blower-1",
        device="blower-1.spindle-001",
        gateway=GATEWAY,
        host=PLC,
        block=0,
    )


@pytest.mark.parametrize(("host", "gateway"), [(GATEWAY, GATEWAY), (PLC, GATEWAY)])
def test_a_gateway_speaks_for_itself_and_for_the_controllers_behind_it(host, gateway):
    assert gateway_of(PLAN, HOSTS[host]).id == gateway


def test_nobody_speaks_for_other_hosts_or_for_a_controller_behind_nothing():
    assert gateway_of(PLAN, HOSTS["borealis/ingest/broker-1"]) is None
    alone = dataclasses.replace(
        PLAN, assets=tuple(row for row in PLAN.assets if row.id != "borealis/tromso/plc-1")
    )
    assert gateway_of(alone, HOSTS[PLC]) is None
    assert PLC not in {row.host for row in wiring(alone)}


def test_a_controller_answers_where_the_conduit_from_its_gateway_says():
    assert polled_port(PLAN, HOSTS[GATEWAY], HOSTS[PLC], 1) == 502
    without = dataclasses.replace(PLAN, conduits=())
    assert polled_port(without, HOSTS[GATEWAY], HOSTS[PLC], 1) == 1

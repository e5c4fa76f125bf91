"""The handlers of sim keep the contract of the actions, on machines and on bare hosts."""

from copy import deepcopy
from pathlib import Path

import pytest
from action_contract import NETWORK, SERVICES, cases, hold, reach
from incident_contract import FLOWS, INCIDENTS, uphold

from bulkhead.blueprint import expand, load
from bulkhead.drill import Done, NotObserved, Refused
from bulkhead.drill.actions import Publish, Query
from bulkhead.drill.flows import Hold
from bulkhead.drill.incidents import Telemetry
from bulkhead.environments import sim as program
from bulkhead.environments.actions import sim
from bulkhead.environments.actions.sim_world import World
from bulkhead.environments.filters import planned_filters

EXAMPLE = Path(__file__).parents[3] / "examples" / "estate.yaml"


@pytest.fixture(scope="module")
def plan():
    return expand(load(EXAMPLE))


@pytest.fixture(scope="module")
def deployed(plan):
    return program.deployed(plan)


@pytest.fixture(scope="module")
def filters(plan, deployed):
    return planned_filters(plan, deployed)


@pytest.fixture
def bare(plan, deployed):
    return World(plan, deployed, {}, services=False)


@pytest.fixture
def machines(plan, deployed, filters):
    return World(plan, deployed, deepcopy(filters))


@cases(NETWORK)
def test_bare_hosts_keep_the_contract(bare, case):
    hold(case, sim.of(bare))


@cases(NETWORK + SERVICES)
def test_machines_keep_the_contract(machines, case):
    hold(case, sim.of(machines))


def test_a_host_whose_filter_is_flushed_is_stopped_by_the_next_layer(machines):
    way = reach("borealis/ingest/ingest-1", "borealis/ingest/broker-1", 22)
    assert machines.attempt(way) == Refused(layer="host-egress")
    flushed = {name: row for name, row in machines.filters.items() if name != way.source}
    assert World(machines.plan, machines.deployed, flushed).attempt(way) == Refused(
        layer="group-egress"
    )


def test_services_of_bare_hosts_are_lacking_and_say_so(bare):
    environment = sim.of(bare)
    assert environment.missing(frozenset({Publish, Query})) == [Publish, Query]
    assert "no broker" in environment.why(Publish)


@pytest.mark.parametrize("topic", ["", "a/#", "spBv1.0/acme/DCMD/acme.lyon.ai.gw-1/x", "$SYS/x"])
def test_nobody_writes_what_is_no_topic_of_his(machines, topic):
    message = Publish("acme/lyon/ai/gw-1", "acme/ingest/broker-1", "public", topic)
    assert machines.attempt(message) == Refused(layer="broker-acl")


def test_a_gateway_writes_its_own_data_and_ingest_its_commands(machines):
    own = "spBv1.0/acme/NDATA/acme.lyon.ai.gw-1"
    gateway = Publish("acme/lyon/ai/gw-1", "acme/ingest/broker-1", "public", own)
    command = "spBv1.0/acme/NCMD/acme.lyon.ai.gw-1"
    ingest = Publish("acme/ingest/ingest-1", "acme/ingest/broker-1", "private", command)
    assert [machines.attempt(action) for action in (gateway, ingest)] == [Done(), Done()]


def test_what_is_no_attempt_is_not_observed(machines):
    from bulkhead.drill.actions import Neighbours

    assert isinstance(machines.attempt(Neighbours("acme/ingest/ingest-1")), NotObserved)


@cases(INCIDENTS + FLOWS)
def test_machines_keep_the_contract_of_incidents(machines, plan, case):
    uphold(case, sim.of(machines), plan)


def test_incidents_are_nothing_for_bare_hosts_and_they_say_so(bare):
    environment = sim.of(bare)
    assert environment.missing(frozenset({Telemetry, Hold})) == [Telemetry]
    assert "no broker" in environment.why(Telemetry)

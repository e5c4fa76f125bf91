"""Plans that attacks are tried on."""

import re
from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.environments import sim as program
from bulkhead.environments.actions import sim
from bulkhead.environments.actions.sim_world import World
from bulkhead.environments.filters import planned_filters

LOW = "{FR1: 1, FR2: 1, FR3: 1, FR4: 1, FR5: 0, FR6: 1, FR7: 1}"
EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"


@pytest.fixture(scope="session")
def example_plan():
    """One flat tenant, one segmented."""
    return expand(load(EXAMPLE))


@pytest.fixture(scope="session")
def flat_plan(tmp_path_factory):
    """The example with both tenants on the flat tier, and targets that it can carry."""
    text = EXAMPLE.read_text().replace("tier: segmented", "tier: flat")
    assert text.count("tier: flat") == 2
    path = tmp_path_factory.mktemp("flat") / "estate.yaml"
    path.write_text(re.sub(r"\{FR1: 2, FR2: 2, FR3: 2, FR4: 2, FR5: 2, .*\}", LOW, text))
    return expand(load(path))


@pytest.fixture(scope="session")
def modelled(example_plan):
    """Makes an environment of sim for the example, each with a world of its own."""
    deployed = program.deployed(example_plan)
    filters = planned_filters(example_plan, deployed)
    return lambda: sim.of(World(example_plan, deployed, filters))

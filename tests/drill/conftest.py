"""The plan whose people are asked and whose production is disturbed."""

from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load


@pytest.fixture(scope="session")
def plan():
    """The example: acme on the flat tier, borealis on the segmented one."""
    return expand(load(Path(__file__).parents[2] / "examples" / "estate.yaml"))

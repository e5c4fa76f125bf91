"""What a claim says of a flow of which no packet told."""

from pathlib import Path
from types import SimpleNamespace

from spec_reading import read_specs

from bulkhead.blueprint import expand, load
from bulkhead.environments.claim import claim
from bulkhead.network.deployed import Verdict
from infra.specs.project import specs

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"


def test_a_flow_that_could_not_be_tried_is_told_with_its_reason():
    plan = expand(load(EXAMPLE))

    def nothing_leaves(flows):
        silent = Verdict("not observed")
        return {flow: SimpleNamespace(verdict=silent, evidence="no free port") for flow in flows}

    found = claim(plan, read_specs(specs(plan, standins=True)), nothing_leaves, seed=1)
    assert found.differences
    assert {row.because for row in found.differences} == {("no free port",)}

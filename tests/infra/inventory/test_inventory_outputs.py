"""Stack outputs against the API: they agree, or the host that differs is named."""

import dataclasses
import json
from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.environments import sim
from bulkhead.errors import BulkheadError
from infra.inventory.outputs import Told, agree, from_state

EXAMPLE = Path(__file__).parents[3] / "examples" / "estate.yaml"
HOST = "borealis/ingest/broker-1"


@pytest.fixture(scope="module")
def deployed():
    return sim.deployed(expand(load(EXAMPLE)))


@pytest.fixture
def outputs(deployed):
    return {
        row.host: Told(instance=row.instance, address=row.address, public=row.public)
        for row in deployed.interfaces
    }


def test_what_agrees_is_accepted_and_so_are_stacks_that_say_nothing(deployed, outputs):
    agree(outputs, deployed)
    agree({}, deployed)


@pytest.mark.parametrize(
    "change", [{"instance": "i-0"}, {"address": "10.9.9.9"}, {"public": "203.0.113.99"}]
)
def test_a_difference_names_the_host_and_both_values(deployed, outputs, change):
    outputs[HOST] = dataclasses.replace(outputs[HOST], **change)
    with pytest.raises(BulkheadError) as error:
        agree(outputs, deployed)
    (problem,) = error.value.problems
    assert problem.where == HOST
    assert next(iter(change.values())) in problem.what


def test_a_host_that_only_one_side_has_is_named(deployed, outputs):
    del outputs[HOST]
    outputs["nobody/knows/it"] = Told("i-0", "10.0.0.1", None)
    with pytest.raises(BulkheadError) as error:
        agree(outputs, deployed)
    assert {row.where for row in error.value.problems} == {HOST, "nobody/knows/it"}


def test_outputs_are_read_from_the_engines_files_and_a_torn_one_says_nothing(tmp_path):
    folder = tmp_path / ".pulumi" / "stacks" / "bulkhead"
    folder.mkdir(parents=True)
    stack = {
        "type": "pulumi:pulumi:Stack",
        "outputs": {"hosts": {"a/b/c-1": "i-1"}, "addresses": {"a/b/c-1": "10.0.0.1"}},
    }
    state = {"checkpoint": {"latest": {"resources": [stack]}}}
    (folder / "a.json").write_text(json.dumps(state))
    (folder / "torn.json").write_text('{"checkpoint"')
    assert from_state(tmp_path) == {"a/b/c-1": Told("i-1", "10.0.0.1", None)}

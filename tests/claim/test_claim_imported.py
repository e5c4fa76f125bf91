"""Whatever stands: its import intends exactly what the model computes, but what nobody answers."""

from dataclasses import replace

import pytest
from estates import random_deployed
from random_estates import random_plan
from spec_reading import read_specs

from bulkhead.blueprint import expand
from bulkhead.blueprint.loading import loads_imported
from bulkhead.environments.claim import claim
from bulkhead.network.importing import About, Files, Labels, estate_file
from bulkhead.network.importing.ways import unanswered
from bulkhead.network.reach import reach
from infra.specs.project import specs

ABOUT = About("found", "eu-central-1", "2026-11-26")


def brought_in(deployed):
    """The plan of the file that is made of a deployment without any tags."""
    things = [*deployed.vpcs, *deployed.subnets, *deployed.interfaces]
    ids = [row.instance if hasattr(row, "instance") else row.id for row in things]
    labels = Labels({}, {identity: {} for identity in ids})
    return expand(loads_imported(estate_file(ABOUT, deployed, labels, Files()), "found.yaml"))


@pytest.mark.parametrize("seed", range(12))
def test_an_estate_of_ours_that_is_imported_intends_what_its_blueprint_did_but_for_diodes(seed):
    deployed = read_specs(specs(random_plan(seed), standins=True))
    assert_only_the_unanswered_is_left_out(deployed, seed)


@pytest.mark.parametrize("seed", range(25))
def test_of_a_network_that_nobody_intended_only_what_nobody_answers_is_left_out(seed):
    deployed = random_deployed(seed, hosts=7)
    numbered = tuple(replace(row, account="111111111111") for row in deployed.vpcs)
    assert_only_the_unanswered_is_left_out(replace(deployed, vpcs=numbered), seed)


def assert_only_the_unanswered_is_left_out(deployed, seed):
    found = claim(brought_in(deployed), deployed, None, seed=seed)
    lost = {(a, b, path, services) for a, b, path, services in unanswered(reach(deployed))}
    told = {(d.source, d.target, d.path, d.services) for d in found.differences}
    assert told == lost
    assert {row.computed for row in found.differences} <= {"one-way"}


def test_some_of_these_networks_have_ways_that_nobody_answers():
    counts = [len(list(unanswered(reach(random_deployed(seed, hosts=7))))) for seed in range(25)]
    assert 0 < sum(map(bool, counts)) < 25

"""Single changes of a deployment's private paths: each is found, and its layer is named."""

from dataclasses import replace

import pytest
from private_estate import private_plan
from spec_reading import read_specs

from bulkhead.environments.claim import claim
from infra.specs.project import specs

INGEST, BASTION = "borealis/ingest/ingest-1", "shared/admin/bastion-1"
ENDPOINT = "borealis/ingest/endpoint-s3"
PLANE, SPOKES = "shared/transit/plane", "shared/transit/spokes"


@pytest.fixture(scope="module")
def plan():
    return private_plan()


@pytest.fixture(scope="module")
def clean(plan):
    return read_specs(specs(plan, standins=True))


def found(plan, deployed):
    return {
        (row.kind, row.source, row.target, row.layer)
        for row in claim(plan, deployed, None, seed=1).differences
    }


def changed(deployed, kind, name, /, **fields):
    rows = getattr(deployed, kind)
    assert name in {row.name for row in rows}
    kept = tuple(replace(row, **fields) if row.name == name else row for row in rows)
    return replace(deployed, **{kind: kept})


def test_the_clean_deployment_is_as_intended(plan, clean):
    assert found(plan, clean) == set()


def test_withdrawn_acceptance_is_found_at_the_endpoint(plan, clean):
    less = changed(clean, "endpoints", ENDPOINT, accepted=False)
    assert found(plan, less) == {("closed", INGEST, ENDPOINT, "endpoint")}


def test_an_endpoint_in_another_group_is_found_at_the_group(plan, clean):
    less = changed(clean, "endpoints", ENDPOINT, groups=("borealis/ingest/broker",))
    told = found(plan, less)
    assert ("closed", INGEST, ENDPOINT, "group-egress") in told


def test_an_attachment_in_the_other_table_is_found_at_the_route(plan, clean):
    moved = changed(clean, "attachments", "shared/admin/transit", table=SPOKES)
    assert ("closed", BASTION, INGEST, "route") in found(plan, moved)


def test_a_route_that_the_planes_table_lacks_is_found_at_the_route(plan, clean):
    (table,) = [row for row in clean.transit_tables if row.name == PLANE]
    kept = tuple(row for row in table.routes if row.target != "borealis/ingest/transit")
    assert len(kept) == len(table.routes) - 1
    less = changed(clean, "transit_tables", PLANE, routes=kept)
    assert ("closed", BASTION, INGEST, "route") in found(plan, less)


def test_a_route_that_the_spokes_table_lacks_is_found_on_the_way_back(plan, clean):
    less = changed(clean, "transit_tables", SPOKES, routes=())
    assert ("closed", BASTION, INGEST, "reply-route") in found(plan, less)


def test_a_spokes_route_to_another_tenant_alone_opens_nothing(plan, clean):
    """Each spoke's own table has no way there, and the groups admit nobody."""
    (table,) = [row for row in clean.transit_tables if row.name == PLANE]
    more = changed(clean, "transit_tables", SPOKES, routes=table.routes)
    assert not [row for row in found(plan, more) if row[0] == "opened"]

"""What production loses while a host is away."""

from dataclasses import replace

import pytest

from bulkhead.drill.actions import Disturbance
from bulkhead.drill.loss import losses, unseen

MILL, LATHE = "acme/lyon/mill-1", "acme/lyon/lathe-1"


def told(plan, *disturbances):
    rows = losses(plan, [Disturbance(*one) for one in disturbances])
    return [(row.tenant, row.function, row.loses, row.tolerable, row.verdict) for row in rows]


@pytest.mark.parametrize(
    ("host", "machines"),
    [
        ("acme/lyon/ai/gw-1", (LATHE, MILL)),
        ("acme/lyon/ot/plc-1", (MILL,)),
        ("acme/ingest/broker-1", (LATHE, MILL)),
        ("acme/storage/historian-1", (LATHE, MILL)),
    ],
)
def test_a_host_stands_for_the_machines_whose_readings_pass_through_it(plan, host, machines):
    [row, *_] = losses(plan, [Disturbance(host, 60)])
    assert row.machines == machines
    assert unseen(plan, "acme", host) == machines
    assert unseen(plan, "borealis", host) != machines


def test_every_essential_function_is_weighed_against_what_it_tolerates(plan):
    assert told(plan, ("acme/ingest/broker-1", 900)) == [
        ("acme", "coolant alarm", 900, 900, "within"),
        ("acme", "spindle condition monitoring", 900, 86400, "within"),
    ]
    assert told(plan, ("acme/ingest/broker-1", 901))[0][-1] == "exceeded"


def test_losses_of_one_tenant_add_up(plan):
    once = told(plan, ("borealis/ingest/broker-1", 200))
    twice = told(plan, ("borealis/ingest/broker-1", 200), ("borealis/tromso/ai/gw-1", 200))
    assert [row[-1] for row in once] == ["within", "within"]
    assert [row[2:] for row in twice] == [(400, 28800, "within"), (400, 300, "exceeded")]


def test_a_shared_host_and_one_that_nobody_knows_stand_for_all_tenants(plan):
    for host in ("shared/egress/proxy-1", "no/such/host"):
        assert {row[0] for row in told(plan, (host, 1))} == {"acme", "borealis"}


def test_beyond_what_is_tolerable_the_fail_mode_is_said(plan):
    rows = losses(plan, [Disturbance("shared/egress/proxy-1", 100_000)])
    said = {row.tenant: str(row) for row in rows}
    assert "its production stops (fail mode close)" in said["acme"]
    assert "its machines run alone, unseen (fail mode island)" in said["borealis"]


def test_a_tenant_that_states_no_function_tolerates_nothing(plan):
    bare = replace(plan, tenants=tuple(replace(one, functions=()) for one in plan.tenants))
    [row] = losses(bare, [Disturbance("acme/ingest/broker-1", 1)])
    assert (row.function, row.tolerable, row.verdict) == ("view of its machines", 0, "exceeded")


def test_who_disturbs_nothing_loses_nothing(plan):
    assert losses(plan, []) == ()

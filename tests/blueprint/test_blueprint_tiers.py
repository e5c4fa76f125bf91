"""What each tier places where, and what of the shared plane it has for itself."""

import pytest
from blueprint_cases import estate_of, planned, tenant, text_of

from bulkhead.blueprint.quotas import acl_entries
from bulkhead.blueprint.tiers import tiers
from bulkhead.plan import SHARED, home

NAMES = ("acl", "dedicated", "flat", "mesh", "segmented")


@pytest.fixture(scope="module")
def plan():
    """Two tenants on each tier, `acl-1` to `segmented-2`."""
    rows = [
        tenant(f"{tier}-{number}", tier, 2 + 2 * index + number)
        for index, tier in enumerate(NAMES)
        for number in (1, 2)
    ]
    return planned(text_of(estate_of(*rows)))


def rows_of(rows, tenant):
    return [row for row in rows if home(row.id) == tenant]


def networks(plan, tenant):
    """The networks of a tenant's hosted hosts."""
    standins = {row.id for row in plan.networks if row.standin}
    lies = {row.id: row.network for row in plan.subnets}
    return {lies[row.subnet] for row in rows_of(plan.hosts, tenant)} - standins


def test_there_are_five_tiers_and_each_says_what_it_does_not_protect():
    assert tuple(tiers()) == NAMES
    for tier in tiers().values():
        assert len(tier.capability) == 7
        assert tier.unprotected


def test_tenants_meet_in_a_network_on_the_flat_and_the_acl_tier_alone(plan):
    shared = {tier: networks(plan, f"{tier}-1") & networks(plan, f"{tier}-2") for tier in NAMES}
    met = {tier: found for tier, found in shared.items() if found}
    assert met == {"flat": {"shared/flat"}, "acl": {"shared/acl"}}


def test_on_the_acl_tier_each_zone_has_a_subnet_and_each_role_a_group_of_its_own(plan):
    subnets = rows_of(plan.subnets, "acl-1")
    assert {row.id for row in subnets if row.network == "shared/acl"} == {
        "acl-1/ingest",
        "acl-1/processing",
        "acl-1/storage",
    }
    assert {row.stack for row in rows_of(plan.groups, "acl-1")} == {"acl-1"}


def test_an_acl_of_the_acl_tier_names_subnets_and_never_the_whole_pool(plan):
    from infra.specs import specs

    (network,) = [
        row for row in specs(plan, standins=True)[SHARED].networks if row.id == "shared/acl"
    ]
    prefixes = {entry.cidr for row in network.subnets for entry in row.acl}
    assert plan.pool not in prefixes
    counted = acl_entries(plan)
    for row in network.subnets:
        inward = sum(not entry.egress for entry in row.acl)
        assert counted[f"inbound of subnet {row.id}"] == inward


def test_nothing_but_the_control_path_joins_a_dedicated_tenant_to_the_shared_plane(plan):
    for name in ("dedicated-1", "dedicated-2"):
        own = {row.id for row in rows_of(plan.groups, name)}
        for conduit in plan.conduits:
            for here, there in (
                (conduit.sources, conduit.targets),
                (conduit.targets, conduit.sources),
            ):
                if own & set(here):
                    outside = set(there) - own
                    assert outside in (set(), {"shared/admin/bastion"}), conduit
                    assert not outside or conduit.mediator == "admin.bastion"


def test_a_dedicated_tenant_has_one_account_with_its_own_way_out_and_log_store(plan):
    own = [row for row in rows_of(plan.networks, "dedicated-1") if not row.standin]
    assert {row.account for row in own} == {"dedicated-1"}
    assert {row.id for row in own} == {
        f"dedicated-1/{kind}" for kind in ("ingest", "processing", "storage", "egress", "audit")
    }
    assert {row.id for row in plan.hosts} >= {
        "dedicated-1/egress/proxy-1",
        "dedicated-1/audit/logstore-1",
    }


def test_a_mesh_tenant_audits_in_an_account_that_no_bastion_enters(plan):
    accounts = {row.id: row.account for row in plan.networks}
    assert accounts["mesh-1/audit"] == "mesh-1.audit"
    into = [row for row in plan.conduits if "mesh-1/audit/logstore" in row.targets]
    assert [row.id for row in into] == ["mesh-1/events"]
    assert {home(group) for group in into[0].sources} == {"mesh-1"}


def test_hosted_hosts_of_a_mesh_alone_stand_behind_a_sidecar_with_a_workload_identity(plan):
    behind = {row.id for row in plan.hosts if row.sidecar}
    assert {name.partition("-")[0] for name in behind} == {"mesh"}
    assert {row.role for row in rows_of(plan.hosts, "mesh-1") if row.sidecar} == {
        "broker",
        "ingest",
        "inference",
        "historian",
    }
    known = {row.spiffe for row in plan.identities if row.spiffe}
    assert "spiffe://example/mesh-1/ingest/broker" in known
    assert {row.partition("//")[2].split("/")[1] for row in known} == {"mesh-1", "mesh-2"}


def test_the_shared_plane_keeps_its_own_events_whatever_tiers_its_tenants_are_on():
    plan = planned(text_of(estate_of(tenant("solo", "dedicated", 2))))
    assert {row.id for row in plan.conduits if row.stack == SHARED} == {
        "shared/admin.bastion--audit.logstore/tcp-22",
        "shared/admin.bastion--audit.logstore/tcp-6514",
        "shared/admin.bastion--egress.proxy/tcp-22",
        "shared/egress.proxy--audit.logstore/tcp-6514",
    }

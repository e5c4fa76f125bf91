"""Who has an account where: by a tenant's grant, for its time; in sealed zones nobody."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.environments import entering
from bulkhead.errors import WrongInput
from infra.inventory.accounts import accounts, may_enter, sealed
from infra.inventory.site import Entry
from infra.ssh.reaches import Reach
from infra.ssh.room import Room

EXAMPLES = Path(__file__).parents[3] / "examples"
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def tiers():
    """Two tenants on each tier."""
    return expand(load(EXAMPLES / "tiers.yaml"))


def of_zone(plan, kind, tier):
    ids = {row.id for row in plan.tenants if row.tier == tier}
    found = [row for row in plan.hosts if row.tenant in ids and row.zone.endswith(f"/{kind}")]
    assert found
    return found


def test_nobody_has_an_account_on_a_mesh_tenants_audit_hosts(tiers):
    for host in of_zone(tiers, "audit", "mesh"):
        assert accounts(tiers, host, TODAY) == []
        assert list(may_enter(tiers, host, TODAY)) == []


def test_a_dedicated_tenants_audit_zone_is_not_sealed(tiers):
    assert not any(sealed(tiers, host) for host in of_zone(tiers, "audit", "dedicated"))


def test_only_audit_zones_of_the_mesh_are_sealed(tiers):
    mesh = {row.id for row in tiers.tenants if row.tier == "mesh"}
    assert {row.id for row in tiers.zones if row.sealed} == {f"{name}/audit" for name in mesh}


def test_no_conduit_of_the_bastion_leads_into_a_sealed_zone(tiers):
    zones = {row.id for row in tiers.zones if row.sealed}
    groups = {row.group for row in tiers.hosts if row.zone in zones}
    into = [row for row in tiers.conduits if groups & set(row.targets)]
    assert into
    assert not [row.id for row in into if "shared/admin/bastion" in row.sources]


@pytest.mark.parametrize(
    "enter",
    [
        lambda entry, host: entering.visit(entry, host, None),
        lambda entry, host: entering.visit(entry, host, "olga"),
        lambda entry, host: entering.execute(entry, host, ["true"]),
    ],
    ids=["ssh", "ssh-as", "exec"],
)
def test_the_command_enters_no_sealed_host_and_says_why(tiers, enter, tmp_path):
    host = of_zone(tiers, "audit", "mesh")[0].id
    entry = entry_into(tiers, tmp_path, host)
    with pytest.raises(WrongInput) as refused:
        enter(entry, host)
    (problem,) = refused.value.problems
    assert problem.where == host
    assert "sealed" in problem.what
    assert f"bulkhead logs {host}" in problem.remedy


def entry_into(plan, state, *hosts):
    rows = tuple(
        Reach(
            host=host,
            name=host.replace("/", "."),
            address="10.0.0.1",
            instance="i-1",
            account="1",
            via=None,
            namespace=None,
        )
        for host in hosts
    )
    return Entry(room=Room(state), trust=state, plan=plan, hosts=rows, entrance=None)


@pytest.fixture(scope="module")
def example():
    return expand(load(EXAMPLES / "estate.yaml"))


def names(plan, host, day):
    row = next(one for one in plan.hosts if one.id == host)
    return [account["name"] for account in accounts(plan, row, day)]


BROKER = "borealis/ingest/broker-1"


def test_without_a_grant_nobody_of_the_provider_has_an_account_at_a_tenant(example):
    alone = replace(example, entries=())
    assert names(alone, BROKER, TODAY) == []
    assert names(alone, "shared/admin/bastion-1", TODAY) == ["olga", "sven"]


def test_a_grant_opens_its_own_tenants_hosts_and_no_others(example):
    alone = replace(example, entries=tuple(r for r in example.entries if r.tenant == "borealis"))
    assert names(alone, BROKER, TODAY) == ["olga", "sven"]
    assert names(alone, "acme/ingest/broker-1", TODAY) == []


def test_a_grant_gives_its_accounts_from_its_first_day_to_its_last(example):
    days = [date(2026, 3, 8), date(2026, 3, 9), date(2027, 12, 31), date(2028, 1, 1)]
    assert [len(names(example, BROKER, day)) for day in days] == [0, 2, 2, 0]


def test_a_grant_gives_nothing_in_a_sealed_zone_or_on_site(tiers):
    granted = {row.tenant for row in tiers.entries}
    host = of_zone(tiers, "audit", "mesh")[0]
    assert host.tenant in granted
    assert accounts(tiers, host, TODAY) == []
    gateway = of_zone(tiers, "ai", "mesh")[0]
    people = {row.id: row.tenant for row in tiers.people}
    told = [row["principals"][0].replace(".", "/", 1) for row in accounts(tiers, gateway, TODAY)]
    assert {people[name] for name in told} == {gateway.tenant}

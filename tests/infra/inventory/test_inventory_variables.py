"""Host variables of the example. BULKHEAD_WRITE_GOLDEN=1 rewrites the golden file."""

import dataclasses
import json
import os
from datetime import date
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
import yaml

from bulkhead.blueprint import expand, load
from bulkhead.environments import sim
from bulkhead.network.intent import intent
from bulkhead.plan import Allowance, Conduit, Plan, Service, canonical
from bulkhead.plan.restored import restored
from infra.inventory.accounts import accounts
from infra.inventory.variables import EVERYWHERE, ROLES, Options, configure_digest, inventory

HERE = Path(__file__).parent
GOLDEN = HERE / "golden" / "example-inventory.json"
EXAMPLE = HERE.parents[2] / "examples" / "estate.yaml"
OPTIONS = Options(
    trust_directory="/state/trust",
    ssh_user_ca="ssh-ed25519 AAAA users",
    steers_clock=False,
    today=date(2026, 11, 22),
    sources={"": "shared", "baseline": "1", "timesync": "1", "broker": "1"},
)
MOVING = ("plan_digest", "configure_digest")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return expand(load(EXAMPLE))


@pytest.fixture(scope="module")
def deployed(plan):
    return sim.deployed(plan)


@pytest.fixture(scope="module")
def hosts(plan, deployed):
    return inventory(plan, deployed, OPTIONS).hosts


def test_the_examples_variables_are_the_golden_ones(plan, deployed):
    made = inventory(plan, deployed, OPTIONS)
    found = {
        "groups": {name: list(members) for name, members in made.groups.items()},
        "hosts": {
            host: {name: value for name, value in row.items() if name not in MOVING}
            for host, row in made.hosts.items()
        },
    }
    if os.environ.get("BULKHEAD_WRITE_GOLDEN"):
        text = json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False)
        GOLDEN.write_text(text + "\n")
    assert found == json.loads(GOLDEN.read_text())


def test_a_plan_comes_back_from_its_canonical_form(plan):
    assert restored(canonical(plan)) == plan


def allows(rules, address: str, protocol: str, port: int) -> bool:
    return any(
        rule["protocol"] in (protocol, "any")
        and rule["first"] <= port <= rule["last"]
        and any(IPv4Address(address) in IPv4Network(peer) for peer in rule["peers"])
        for rule in rules
    )


def test_every_intended_flow_passes_both_hosts_own_filters_and_no_other_tcp_port_of_it(
    plan, deployed, hosts
):
    """The oracle is the intent, flow by flow, by the address that each end sees."""
    wanted = intent(plan)
    places = {row.host: row for row in deployed.interfaces}
    ports = sorted({row.service.first for row in plan.conduits} | {1})
    names = {host.id: host.id.replace("/", ".") for host in plan.hosts}
    for source in names:
        for target in names.keys() - {source}:
            for path in wanted.paths(source, target):
                one, other = places[source], places[target]
                seen = one.public if path == "public" else one.address
                aimed = other.public if path == "public" else other.address
                if seen is None or aimed is None:
                    continue
                for port in ports:
                    egress = hosts[names[source]]["baseline_firewall"]["egress"]
                    ingress = hosts[names[target]]["baseline_firewall"]["ingress"]
                    passes = allows(egress, aimed, "tcp", port) and allows(
                        ingress, seen, "tcp", port
                    )
                    intended = wanted.allowed(source, target, path).contains(6, port)
                    assert passes == intended, (source, target, path, port)


def test_by_the_public_path_both_ends_name_public_addresses(hosts):
    broker = hosts["borealis.ingest.broker-1"]["baseline_firewall"]["ingress"]
    telemetry = next(rule for rule in broker if rule["conduit"] == "borealis/telemetry")
    assert telemetry["peers"] == ["198.51.100.20/32"]
    gateway = hosts["borealis.tromso.ai.gw-1"]
    assert gateway["gateway_broker"]["address"].startswith("203.0.113.")
    egress = gateway["baseline_firewall"]["egress"]
    assert [f"{gateway['gateway_broker']['address']}/32"] in [rule["peers"] for rule in egress]


def test_another_tenants_host_in_a_shared_group_changes_no_tenants_host(plan, deployed):
    """A flat tenant's new host is inside the subnet that others name already."""
    before = inventory(plan, deployed, OPTIONS).hosts
    first = next(host for host in plan.hosts if host.id == "acme/ingest/ingest-1")
    second = dataclasses.replace(
        first, id="carla/ingest/ingest-1", stack="carla", tenant="carla", address="10.1.1.144"
    )
    more = dataclasses.replace(plan, hosts=(*plan.hosts, second))
    after = inventory(more, deployed, OPTIONS).hosts
    for host in before:
        assert before[host]["baseline_firewall"] == after[host]["baseline_firewall"], host
    changed = {
        host
        for host in before
        if before[host]["configure_digest"] != after[host]["configure_digest"]
    }
    # Who serves the estate by name must know the new one; no tenant's host does.
    assert {host.partition(".")[0] for host in changed} == {"shared"}


def test_a_conduit_changes_the_digests_of_the_hosts_it_joins_alone(plan, deployed):
    before = inventory(plan, deployed, OPTIONS).hosts
    extra = Conduit(
        id="borealis/extra",
        stack="borealis",
        sources=("borealis/ingest/ingest",),
        targets=("borealis/ingest/broker",),
        service=Service(protocol="tcp", first=9999, last=9999),
        path="private",
        authentication="none",
        mediator="none",
        reason="a test",
        zones=(("borealis/ingest",), ("borealis/ingest",)),
    )
    more = dataclasses.replace(plan, conduits=(*plan.conduits, extra))
    after = inventory(more, deployed, OPTIONS).hosts
    changed = {
        host
        for host in before
        if before[host]["configure_digest"] != after[host]["configure_digest"]
    }
    assert changed == {"borealis.ingest.broker-1", "borealis.ingest.ingest-1"}


def test_a_roles_new_task_asks_that_roles_hosts_again_and_no_other(hosts):
    changed = {**OPTIONS.sources, "broker": "2"}
    for name, row in hosts.items():
        variables = {key: value for key, value in row.items() if key != "configure_digest"}
        again = configure_digest(row["role"], variables, changed)
        assert (again != row["configure_digest"]) == (row["role"] == "broker"), name


def test_an_account_without_stand_ins_still_admits_the_customers_gateway(plan, deployed):
    """In an account the plant's hosts are the customer's own: no host, but an address."""
    here = tuple(row for row in deployed.interfaces if "/ai/" not in row.host)
    found = inventory(plan, dataclasses.replace(deployed, interfaces=here), OPTIONS)
    assert "borealis.tromso.ai.gw-1" not in found.hosts
    broker = found.hosts["borealis.ingest.broker-1"]
    assert "198.51.100.20/32" in str(broker["baseline_firewall"])
    assert "borealis.tromso.ai.gw-1" in str(broker["broker_tenants"])


def test_a_host_that_does_not_run_is_not_in_the_inventory(plan, deployed):
    stopped = tuple(
        dataclasses.replace(row, running=row.host != "acme/ingest/broker-1")
        for row in deployed.interfaces
    )
    found = inventory(plan, dataclasses.replace(deployed, interfaces=stopped), OPTIONS)
    assert "acme.ingest.broker-1" not in found.hosts
    assert len(found.hosts) == len(plan.hosts) - 1


def test_nobody_of_one_tenant_has_an_account_at_another_or_at_the_provider(plan):
    for host in plan.hosts:
        owner = host.tenant if "/ai/" in host.id or "/ot/" in host.id else "shared"
        for account in accounts(plan, host, OPTIONS.today):
            assert [row.partition(".")[0] for row in account["principals"]] == [owner], host.id


def test_a_vendor_has_no_standing_account_and_an_auditor_no_right(plan):
    rows = {
        (host.id, account["name"]): account["sudo"]
        for host in plan.hosts
        for account in accounts(plan, host, OPTIONS.today)
    }
    assert not [name for _, name in rows if name == "vera"]
    assert rows["acme/lyon/ai/gw-1", "paul"] == "none"
    assert rows["acme/lyon/ai/gw-1", "marc"] == "observe"
    assert rows["shared/audit/logstore-1", "olga"] == "all"


def taken(role: str, variables) -> list[str]:
    """What a role's own argument_specs says against these variables, as Ansible would say it."""
    from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

    path = HERE.parents[2] / "roles" / role / "meta" / "argument_specs.yml"
    options = yaml.safe_load(path.read_text())["argument_specs"]["main"]["options"]
    given = {name: variables[name] for name in options if name in variables}
    return list(ArgumentSpecValidator(options).validate(given).error_messages)


def test_the_roles_take_what_the_inventory_gives(hosts):
    for name, row in hosts.items():
        for role in (*EVERYWHERE, *ROLES.get(row["role"], ())):
            assert taken(role, row) == [], (name, role)


def test_a_role_refuses_a_variable_of_another_shape(hosts):
    row = hosts["acme.ingest.broker-1"]
    assert taken("baseline", {**row, "baseline_firewall": {"ingress": [{"conduit": "x"}]}})
    assert taken("broker", {**row, "broker_tenants": [{"tenant": "acme"}]})


def test_a_proxy_is_told_the_listed_names_and_each_client_the_hosts_of_its_conduits(plan, deployed):
    entry = Allowance(
        id="acme/egress/updates.example",
        tenant="acme",
        kind="egress",
        value="updates.example",
        owner="shared/olga",
        reason="signatures",
        expires="2027-01-31",
    )
    other = dataclasses.replace(entry, id="acme/gateway/x", kind="gateway", value="198.51.100.9/32")
    listed = dataclasses.replace(plan, allowances=(entry, other))
    options = dataclasses.replace(OPTIONS, resolvers=("198.51.100.53",))
    told = inventory(listed, deployed, options).hosts["shared.egress.proxy-1"]
    assert [row["value"] for row in told["proxy_allowances"]] == ["updates.example"]
    assert told["proxy_resolvers"] == ["198.51.100.53"]
    clients = {row["name"]: row for row in told["proxy_clients"]}
    assert "borealis.storage.historian-1" in clients["borealis.ingest.ingest-1"]["targets"]
    assert "acme.storage.historian-1" not in clients["borealis.ingest.ingest-1"]["targets"]
    assert "shared.admin.bastion-1" not in clients
    assert clients["acme.ingest.broker-1"]["authority"] == "acme/workload"


def test_a_host_asks_the_proxy_for_names_where_a_conduit_leads_to_it_and_else_nobody(
    plan, deployed
):
    hosts = inventory(plan, deployed, OPTIONS).hosts
    proxy = hosts["shared.egress.proxy-1"]["proxy_address"]
    assert hosts["acme.ingest.broker-1"]["baseline_resolvers"] == [proxy]
    assert hosts["shared.admin.bastion-1"]["baseline_resolvers"] == []

"""Sidecars' variables: a port's identities are those of its conduits; clients go through."""

from pathlib import Path

import pytest
import yaml

from bulkhead.blueprint import expand, load
from bulkhead.environments import sim
from bulkhead.wire.certificates import spiffe_id
from infra.inventory.variables import EVERYWHERE, Options, configure_digest, inventory

PROJECT = Path(__file__).parents[3]
OPTIONS = Options(
    trust_directory="/state/trust", ssh_user_ca="ssh-ed25519 AAAA", steers_clock=False, sources={}
)
BROKER, HISTORIAN = "borealis.ingest.broker-1", "borealis.storage.historian-1"
INGEST = "borealis.ingest.ingest-1"


@pytest.fixture(scope="module")
def plan(tmp_path_factory):
    """The example, its segmented tenant on the mesh."""
    text = (PROJECT / "examples" / "estate.yaml").read_text()
    path = tmp_path_factory.mktemp("mesh") / "estate.yaml"
    path.write_text(text.replace("tier: segmented", "tier: mesh"))
    return expand(load(path))


@pytest.fixture(scope="module")
def hosts(plan):
    return inventory(plan, sim.deployed(plan), OPTIONS).hosts


def identities(plan, *workloads):
    return [spiffe_id(plan.estate, f"borealis/{name}") for name in workloads]


def test_a_port_lets_in_the_identities_of_its_conduits_and_devices_by_address(plan, hosts):
    [way] = hosts[BROKER]["sidecar_inbound"]
    assert way["port"] == 8883
    assert way["allowed"] == identities(plan, "ingest/ingest", "processing/inference")
    gateways = [row for row in plan.hosts if row.role == "gateway" and row.tenant == "borealis"]
    assert way["devices"] == sorted(f"{row.public}/32" for row in gateways)
    [way] = hosts[HISTORIAN]["sidecar_inbound"]
    assert (way["port"], way["devices"]) == (5432, [])


def test_services_of_the_mesh_listen_on_loopback_and_their_clients_ask_there(plan, hosts):
    assert hosts[BROKER]["broker_listen"] == "127.0.0.1"
    assert hosts[HISTORIAN]["historian_listen"] == "127.0.0.1"
    assert hosts[HISTORIAN]["historian_peers"] == ["127.0.0.1/32"]
    asked = [hosts[INGEST][f"ingest_{name}"] for name in ("broker", "historian")]
    out = hosts[INGEST]["sidecar_outbound"]
    assert [(row["address"], row["port"], row["name"]) for row in asked] == [
        (row["listen"], row["port"], row["name"]) for row in out
    ]
    assert len({row["listen"] for row in out}) == 2
    assert [row["identity"] for row in out] == identities(
        plan, "ingest/broker", "storage/historian"
    )


def test_an_identity_is_the_plans_own(plan, hosts):
    said = {row.id: row.spiffe for row in plan.identities if row.spiffe}
    found = {
        f"{host['zone']}/{host['role']}": host["sidecar_identity"]
        for host in hosts.values()
        if "sidecar_identity" in host
    }
    assert found
    assert found.items() <= said.items()


def test_a_host_without_a_sidecar_has_none_of_it(plan, hosts):
    others = {host.id.replace("/", ".") for host in plan.hosts if not host.sidecar}
    assert others
    assert not any(name.startswith("sidecar") for one in others for name in hosts[one])
    assert "broker_listen" not in hosts["acme.ingest.broker-1"]


def test_every_variable_is_one_that_the_role_knows(hosts):
    text = (PROJECT / "roles" / "sidecar" / "meta" / "argument_specs.yml").read_text()
    options = yaml.safe_load(text)["argument_specs"]["main"]["options"]
    said = {name for name in hosts[BROKER] if name.startswith("sidecar_")}
    needed = {name for name, row in options.items() if row.get("required")}
    assert said <= set(options)
    assert needed <= set(hosts[BROKER])


def test_a_change_of_the_role_configures_the_mesh_again_and_nobody_else(hosts):
    def digests(name):
        sources = ({}, {"sidecar": "changed"})
        return {configure_digest(hosts[name]["role"], hosts[name], row) for row in sources}

    assert "sidecar" not in EVERYWHERE
    assert len(digests(BROKER)) == 2
    assert len(digests("acme.ingest.broker-1")) == 1


def test_events_go_to_the_tenants_own_log_store_which_its_own_authority_vouches_for(hosts):
    found = hosts[BROKER]["baseline_events"]
    assert (found["name"], found["authority"]) == (
        "borealis.audit.logstore-1", "borealis/workload"
    )  # fmt: skip
    assert "authority" not in hosts["acme.ingest.broker-1"]["baseline_events"]

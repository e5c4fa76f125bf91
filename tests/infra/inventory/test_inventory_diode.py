"""What hosts at both ends of a diode are told, and that their services take it."""

import json
from pathlib import Path

import jinja2
import pytest
from blueprint_cases import estate_of, planned, tenant, text_of
from spec_reading import read_specs

from bulkhead.blueprint.diode import PORT
from bulkhead.plan import canonical
from bulkhead.plan.restored import restored
from bulkhead.services.plc.config import Peer, load
from infra.inventory.variables import Options, inventory
from infra.specs.project import specs

TEMPLATES = Path(__file__).parents[3] / "roles"
OPTIONS = Options(
    trust_directory="/state/trust", ssh_user_ca="users", steers_clock=False, sources={"": "shared"}
)


@pytest.fixture(scope="module")
def plan():
    acme = tenant("acme", "segmented", 3, sites=(1, 2))
    acme["sites"][0]["conduit"] = "diode"
    return planned(text_of(estate_of(acme)))


@pytest.fixture(scope="module")
def hosts(plan):
    deployed = read_specs(specs(plan, standins=True))
    return inventory(plan, deployed, OPTIONS).hosts


def rendered(role, variables):
    """The role's template with a host's variables, as ansible fills it in."""
    text = (TEMPLATES / role / "templates" / f"{role}.toml.j2").read_text()
    made = jinja2.Environment(trim_blocks=True, undefined=jinja2.StrictUndefined)
    made.filters["to_json"] = json.dumps
    return made.from_string(text).render({"plc_diode": [], **variables})


def test_a_controller_behind_a_diode_sends_to_its_gateway_and_the_other_is_polled(hosts):
    sent = hosts["acme.s1.ot.plc-1"]["plc_diode"]
    assert sent == [{"address": "10.3.129.10", "port": PORT}]
    assert "plc_diode" not in hosts["acme.s2.ot.plc-1"]
    taken = hosts["acme.s1.ai.gw-1"]["gateway_controllers"]
    asked = hosts["acme.s2.ai.gw-1"]["gateway_controllers"]
    assert taken == [{"id": "plc-1", "address": "10.3.128.10", "port": PORT, "diode": True}]
    assert asked == [{"id": "plc-1", "address": "10.3.144.10", "port": 502}]


@pytest.mark.parametrize(
    ("site", "peers"), [(1, (Peer(address="10.3.129.10", port=PORT),)), (2, ())]
)
def test_the_controllers_service_takes_its_file(hosts, tmp_path, site, peers):
    file = tmp_path / "plc.toml"
    file.write_text(rendered("plc", hosts[f"acme.s{site}.ot.plc-1"]))
    assert load(file).diode == peers


def test_the_hosts_own_filters_let_the_datagrams_out_and_in_and_nothing_back(hosts):
    plc = hosts["acme.s1.ot.plc-1"]["baseline_firewall"]
    gateway = hosts["acme.s1.ai.gw-1"]["baseline_firewall"]
    assert plc["ingress"] == []
    assert [(row["conduit"], row["protocol"], row["first"]) for row in plc["egress"]] == [
        ("acme/s1/diode", "udp", PORT)
    ]
    told = [row["peers"] for row in gateway["ingress"] if row["conduit"] == "acme/s1/diode"]
    assert told == [["10.3.128.10/32"]]


def test_a_plan_with_a_diode_is_read_back_as_it_was(plan):
    assert restored(canonical(plan)) == plan

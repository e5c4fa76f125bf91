"""Random estates, and deployments odder than any estate, on bare namespaces with real packets."""

from dataclasses import fields, replace

import pytest
from estates import random_deployed
from plans import plan_of
from random_estates import random_plan
from spec_reading import read_specs

from bulkhead.environments.claim import claim
from bulkhead.network.compare import compare
from bulkhead.network.deployed import INTERNET_ADDRESS, Deployed
from bulkhead.network.intent import intent
from bulkhead.network.reach import reach
from bulkhead.network.sample import sample
from bulkhead.plan import INTERNET
from infra.lab.fabric import Fabric, namespace, remove
from infra.lab.probe import Vantage, observe
from infra.specs.project import specs

LAB = "c1a105"
ESTATES = range(100)
ODD = range(12)


@pytest.fixture(scope="module")
def fabric():
    remove(LAB)
    made = Fabric(LAB)
    made.open()
    yield made
    made.close()
    assert remove(LAB) == []


def vantages(deployed):
    rows = [
        Vantage(
            host=row.host,
            namespace=namespace(LAB, row.instance),
            address=row.address,
            public=row.public,
        )
        for row in deployed.ends
        if row.running
    ]
    outside = Vantage(
        host=INTERNET,
        namespace=namespace(LAB, INTERNET),
        address=INTERNET_ADDRESS,
        public=INTERNET_ADDRESS,
    )
    return {row.host: row for row in [*rows, outside]}


def with_cloud_ids(deployed: Deployed) -> Deployed:
    """Names as ids do for the model; the kernel wants ids such as the cloud gives."""
    tables = {item.name: getattr(deployed, item.name) for item in fields(Deployed)}
    plain = {
        kind: {row.id: f"{kind[:3]}-{number:08x}" for number, row in enumerate(rows)}
        for kind, rows in tables.items()
    }
    refers = {
        "vpc": "vpcs",
        "subnet": "subnets",
        "route_table": "route_tables",
        "acl": "acls",
        "group": "groups",
        "groups": "groups",
        "requester": "vpcs",
        "accepter": "vpcs",
        "instance": "interfaces",
        "gateway": "transits",
        "table": "transit_tables",
    }
    links = {row.interface: f"eni-{n:08x}" for n, row in enumerate(deployed.endpoints)}
    hops = plain["peerings"] | plain["gateways"] | plain["transits"] | plain["attachments"]

    def told(row, kind):
        values = {item.name: getattr(row, item.name) for item in fields(row)}
        if kind:
            values["id"] = plain[kind][row.id]
        for name, value in values.items():
            if name in refers and isinstance(value, str):
                values[name] = plain[refers[name]][value]
            elif name == "groups":
                values[name] = tuple(plain["groups"][each] for each in value)
            elif name in ("rules", "routes"):
                values[name] = tuple(told(each, None) for each in value)
            elif name == "interface":
                values[name] = links[value]
            elif name == "target":
                values[name] = hops.get(value, value)
        return replace(row, **values)

    return Deployed(
        **{kind: tuple(told(row, kind) for row in rows) for kind, rows in tables.items()}
    )


@pytest.mark.parametrize("seed", ESTATES)
def test_a_random_estate_does_on_packets_what_it_intends(fabric, seed):
    plan = random_plan(seed)
    deployed = with_cloud_ids(read_specs(specs(plan, standins=True)))
    fabric.apply(deployed)

    def send(flows):
        return observe(flows, vantages(deployed), namespace(LAB, "fabric"))

    found = claim(plan, deployed, send, seed=seed)
    assert not [str(row) for row in found.differences]
    one_way = {"one-way"} if any(row.oneway for row in plan.conduits) else set()
    outcomes = {verdict.outcome for verdict in found.observed.values()}
    assert outcomes == {"answered", "refused"} | one_way


@pytest.mark.parametrize("seed", ODD)
def test_packets_do_what_the_model_computes_of_a_deployment_that_nobody_intended(fabric, seed):
    """Black holes, several groups a host, denials in any order, half-open ways."""
    deployed = random_deployed(seed, hosts=7)
    fabric.apply(deployed)
    computed, nothing = reach(deployed), intent(plan_of(networks=(), hosts=(), conduits=()))
    flows = sample(nothing, computed, seed)
    seen = observe(flows, vantages(deployed), namespace(LAB, "fabric"))
    observed = {flow: row.verdict for flow, row in seen.items()}
    found = compare(nothing, computed, observed, flows)
    apart = [str(row) for row in found if row.kind in ("model-vs-packets", "not observed")]
    assert not apart
    assert len(observed) == len(flows) > 50


def test_the_odd_deployments_let_something_through_and_stop_something():
    nothing = intent(plan_of(networks=(), hosts=(), conduits=()))
    outcomes = set()
    for seed in ODD:
        computed = reach(random_deployed(seed, hosts=7))
        outcomes |= {computed.outcome(flow) for flow in sample(nothing, computed, seed)}
    assert outcomes == {"answered", "one-way", "refused"}

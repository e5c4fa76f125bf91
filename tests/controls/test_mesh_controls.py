"""The mesh's controls on an estate that has one: clean passes, sabotage flips, silence is none."""

import copy
from dataclasses import replace
from functools import cache

import pytest
from told_estate import clean, plan

from bulkhead.controls.catalogue import CONTROLS, control
from bulkhead.controls.catalogue.mesh_authorisation import SERVED
from bulkhead.controls.facts import Meeting, Sidecars, Unknown
from bulkhead.controls.running import verified
from bulkhead.environments.sabotaging import changed
from bulkhead.network.mesh import Inbound, Sidecar
from bulkhead.wire.certificates import spiffe_id

TENANT, HISTORIAN = "borealis", "borealis/storage/historian-1"
BROKER = "borealis/ingest/broker-1"
AUTHORISATION, BYPASS = map(control, ("mesh-authorisation", "mesh-bypass"))
WORKLOADS = {
    "broker": ("ingest/ingest", "processing/inference"),
    "historian": ("ingest/ingest", "processing/inference"),
}
PORTS = {"broker": 8883, "historian": 5432}


def named(workload):
    return spiffe_id(plan().estate, f"{TENANT}/{workload}")


@cache
def meshed():
    """Facts of the example estate, one tenant of which stands behind sidecars."""
    facts = clean()
    hosts = tuple(
        replace(host, sidecar=host.tenant == TENANT and "/ai" not in host.zone)
        for host in plan().hosts
    )
    told = copy.deepcopy(facts.told)
    for host in hosts:
        if host.sidecar:
            rows = [row for row in told[host.id]["sockets"]["ok"] if row["port"] in (22, 9999)]
            if host.role in SERVED:
                rows.append(socket(host.address, PORTS[host.role]))
            told[host.id]["sockets"]["ok"] = rows
    served = [host for host in hosts if host.sidecar and host.role in SERVED]
    return replace(
        facts,
        plan=replace(plan(), hosts=hosts),
        told=told,
        sidecars={host.id: told_of(host) for host in served},
    )


def socket(address, port, process="haproxy"):
    return {"protocol": "tcp", "address": address, "port": port, "process": process}


def told_of(host):
    listed = frozenset(map(named, WORKLOADS[host.role]))
    port = PORTS[host.role]
    way = Inbound(
        port=port, address=host.address, asked=True, verified=True,
        listed=listed, denied=frozenset(), devices=(),
    )  # fmt: skip
    own = named(f"{host.zone.rpartition('/')[2]}/{host.role}")
    return Sidecars(
        read=Sidecar({port: way}),
        meetings=(
            met(host.id, own, port, False, "refused (it hung up)"),
            met(f"{TENANT}/ingest/ingest-1", named("ingest/ingest"), port, True, "answered"),
        ),
    )


def met(asker, identity, port, admitted, said):
    return Meeting(asker=asker, identity=identity, port=port, admitted=admitted, said=said)


def judged(row, facts):
    return {found.subject: found for found in row.result(facts).observations}


def with_way(host, **changes):
    """The facts with a host's sidecar read as changed."""
    facts = meshed()
    found = facts.sidecars[host]
    [(port, way)] = found.read.inbound.items()
    read = replace(found, read=Sidecar({port: replace(way, **changes)}))
    return replace(facts, sidecars={**facts.sidecars, host: read})


def with_meetings(host, **changes):
    facts = meshed()
    found = facts.sidecars[host]
    rows = tuple(replace(row, **changes) for row in found.meetings)
    return replace(facts, sidecars={**facts.sidecars, host: replace(found, meetings=rows)})


@pytest.mark.parametrize("row", [AUTHORISATION, BYPASS], ids=lambda row: row.id)
def test_a_mesh_in_order_passes(row):
    found = judged(row, meshed())
    assert {one.verdict for one in found.values()} == {"pass"}
    assert {HISTORIAN, BROKER} <= set(found)


def test_a_map_that_is_asked_no_more_flips_exactly_the_declared_finding():
    before = verified(CONTROLS, meshed(), "test")
    after = verified(CONTROLS, with_way(HISTORIAN, listed=None), "test")
    assert changed(before, after) == dict.fromkeys(flips(AUTHORISATION), "fail")


def test_a_service_beside_the_sidecar_flips_exactly_the_declared_findings():
    facts = meshed()
    told = copy.deepcopy(facts.told)
    told[HISTORIAN]["sockets"]["ok"].append(socket("0.0.0.0", 5433, "python3"))
    flipped = changed(
        verified(CONTROLS, facts, "test"), verified(CONTROLS, replace(facts, told=told), "test")
    )
    assert flipped == dict.fromkeys(flips(BYPASS), "fail")


def flips(row):
    assert [step.host for step in row.sabotage.steps(meshed().plan)] == [HISTORIAN]
    return row.sabotage.flips(meshed().plan)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verified": False}, "not verified"),
        ({"listed": frozenset()}, "though a conduit names it"),
        (
            {"listed": frozenset(map(named, (*WORKLOADS["broker"], "storage/historian")))},
            "borealis/storage/historian is let in",
        ),
    ],
)
def test_a_sidecar_that_is_configured_otherwise_fails_with_the_reason(changes, words):
    found = judged(AUTHORISATION, with_way(BROKER, **changes))
    assert found[BROKER].verdict == "fail"
    assert words in found[BROKER].because
    assert found[HISTORIAN].verdict == "pass"


@pytest.mark.parametrize(("admitted", "words"), [(True, "came in"), (False, "was not let in")])
def test_what_a_real_handshake_shows_is_believed_whatever_is_configured(admitted, words):
    found = judged(AUTHORISATION, with_meetings(BROKER, admitted=admitted))
    assert found[BROKER].verdict == "fail"
    assert words in found[BROKER].because


@pytest.mark.parametrize(
    "sidecars",
    [
        Unknown("the wire was cut"),
        Sidecars(read=Unknown("the wire was cut"), meetings=()),
        Sidecars(
            read=Sidecar(),
            meetings=(met("a", "b", 1, Unknown("the wire was cut"), ""),),
        ),
        Sidecars(read=Sidecar(), meetings=()),
    ],
)
def test_what_cannot_be_read_or_tried_is_never_a_pass(sidecars):
    facts = replace(meshed(), sidecars={**meshed().sidecars, BROKER: sidecars})
    assert judged(AUTHORISATION, facts)[BROKER].verdict == "not observed"


def test_a_host_that_does_not_tell_its_sockets_is_not_observed():
    facts = meshed()
    told = copy.deepcopy(facts.told)
    told[HISTORIAN]["sockets"] = {"error": "PermissionError: not today"}
    assert judged(BYPASS, replace(facts, told=told))[HISTORIAN].verdict == "not observed"


def test_a_sidecar_that_does_not_listen_fails():
    facts = meshed()
    told = copy.deepcopy(facts.told)
    told[BROKER]["sockets"]["ok"] = []
    assert judged(BYPASS, replace(facts, told=told))[BROKER].verdict == "fail"

"""A diode: intent, model and their difference say `one-way`, and every way back is named."""

from dataclasses import replace

import oracle
import pytest
from blueprint_cases import estate_of, planned, tenant, text_of
from spec_reading import read_specs

from bulkhead.blueprint.diode import PORT
from bulkhead.blueprint.specification import requirements
from bulkhead.environments.claim import claim
from bulkhead.evidence.topology.ways import ways
from bulkhead.network.deployed import ALL, AclEntry, Flow
from bulkhead.network.intent import intent
from bulkhead.network.sample import sample
from infra.specs.project import specs

PLC, GATEWAY = "acme/s1/ot/plc-1", "acme/s1/ai/gw-1"
OUT = Flow(PLC, GATEWAY, "private", "udp", PORT)
BACK = Flow(GATEWAY, PLC, "private", "udp", PORT)
OT, AI = "acme/s1/ot", "acme/s1/ai"
CIDRS = {OT: "10.3.128.0/24", AI: "10.3.129.0/24"}


def estate(kind="diode"):
    """A segmented tenant of two plants; the first has a diode."""
    acme = tenant("acme", "segmented", 3, sites=(1, 2))
    acme["sites"][0]["conduit"] = kind
    plan = planned(text_of(estate_of(acme)))
    return plan, read_specs(specs(plan, standins=True))


def allowing(deployed, zone, *, egress, peer, protocol=ALL, first=0, last=65535, number=1):
    """The deployment with one more entry in the network ACL of a zone's subnet."""
    subnet = next(row for row in deployed.subnets if row.name == zone)
    entry = AclEntry(
        number=number,
        egress=egress,
        allow=True,
        protocol=protocol,
        cidr=CIDRS[peer],
        first=first,
        last=last,
    )
    acls = tuple(
        replace(row, entries=(entry, *row.entries)) if row.id == subnet.acl else row
        for row in deployed.acls
    )
    return replace(deployed, acls=acls)


def test_a_diode_is_intended_and_computed_one_way_and_that_is_no_difference():
    plan, deployed = estate()
    found = claim(plan, deployed, None, seed=1)
    assert not [str(row) for row in found.differences]
    assert found.intended.outcome(OUT) == found.computed.outcome(OUT) == "one-way"
    assert found.intended.outcome(BACK) == found.computed.outcome(BACK) == "refused"
    assert oracle.verdict(deployed, PLC, GATEWAY, "private", 17, PORT)[0] == "one-way"
    assert OUT in sample(found.intended, found.computed, 1)


def test_nothing_at_all_enters_ot_behind_a_diode():
    """Not by any protocol and from anywhere: its network ACL has no entry that lets anything in."""
    plan, deployed = estate()
    computed = claim(plan, deployed, None, seed=1).computed
    assert not [
        (source, path)
        for source in computed.hosts
        for path in computed.paths(source, PLC)
        if computed.delivered(source, PLC, path)
    ]
    acl = next(row.acl for row in deployed.subnets if row.name == OT)
    entries = next(row.entries for row in deployed.acls if row.id == acl)
    assert {entry.egress for entry in entries if entry.allow} == {True}


def test_the_other_plant_of_the_tenant_keeps_its_firewall_and_its_polling():
    plan, deployed = estate()
    found = claim(plan, deployed, None, seed=1)
    other = Flow("acme/s2/ai/gw-1", "acme/s2/ot/plc-1", "private", "tcp", 502)
    mine = Flow(GATEWAY, PLC, "private", "tcp", 502)
    assert found.computed.outcome(other) == "answered"
    assert found.computed.outcome(mine) == "refused"
    assert [row.id for row in plan.conduits if row.oneway] == ["acme/s1/diode"]


def test_entries_that_let_answers_through_are_found_and_named():
    """The sabotage takes both ends: one subnet lets the answer out, the other lets it in."""
    plan, deployed = estate()
    half = allowing(deployed, OT, egress=False, peer=AI)
    assert not claim(plan, half, None, seed=1).differences, "the other end still holds"
    both = allowing(half, AI, egress=True, peer=OT)
    found = claim(plan, both, None, seed=1).differences
    assert [(row.kind, row.says) for row in found] == [
        ("opened", "intended one-way, computed answered")
    ]
    assert found[0].conduits == ("acme/s1/diode",)
    assert "acme/s1/ai entry 1 allows all to 10.3.128.0/24" in str(found[0])
    assert "acme/s1/ot entry 1 allows all from 10.3.129.0/24" in str(found[0])


@pytest.mark.parametrize(
    ("zone", "egress", "layer"),
    [(OT, True, "acl-egress"), (AI, False, "acl-ingress")],
)
def test_a_diode_that_lets_nothing_out_is_a_difference_too(zone, egress, layer):
    plan, deployed = estate()
    subnet = next(row for row in deployed.subnets if row.name == zone)
    acls = tuple(
        replace(row, entries=tuple(e for e in row.entries if e.egress != egress))
        if row.id == subnet.acl
        else row
        for row in deployed.acls
    )
    found = [
        row
        for row in claim(plan, replace(deployed, acls=acls), None, seed=1).differences
        if row.source == PLC
    ]
    assert [(row.kind, row.says, row.layer) for row in found] == [
        ("closed", "intended one-way, computed refused", layer)
    ]
    assert found[0].conduits == ("acme/s1/diode",)


def test_a_way_back_by_a_rule_of_its_own_is_opened():
    """Nobody intended it, so that it is no diode's answer but a hole: ot is entered."""
    plan, deployed = estate()
    holed = allowing(allowing(deployed, OT, egress=False, peer=AI), AI, egress=True, peer=OT)
    plc = next(row for row in holed.interfaces if row.host == PLC)
    gateway = next(row for row in holed.interfaces if row.host == GATEWAY)
    groups = tuple(
        replace(row, rules=(*row.rules, _rule(row, plc, gateway)))
        if row.id in (*plc.groups, *gateway.groups)
        else row
        for row in holed.groups
    )
    found = claim(plan, replace(holed, groups=groups), None, seed=1).differences
    assert ("opened", GATEWAY, PLC) in {(row.kind, row.source, row.target) for row in found}


def _rule(group, plc, gateway):
    from bulkhead.network.deployed import GroupRule

    inward = group.id in plc.groups
    other = gateway if inward else plc
    return GroupRule(
        id=f"sgr-{group.id}",
        egress=not inward,
        protocol=6,
        first=502,
        last=502,
        cidr=f"{other.address}/32",
    )


def test_who_carries_certificates_behind_a_diode_and_when_is_in_the_plan():
    plan, _ = estate()
    behind = next(row for row in plan.identities if row.id == PLC)
    other = next(row for row in plan.identities if row.id == "acme/s2/ot/plc-1")
    assert "by hand, 60 days after issue" in behind.rotation
    assert behind.owner in behind.rotation
    assert behind.lifetime == 90 * 86400
    assert other.rotation == "that of acme/s2/ai/gw-1"


def test_the_plan_says_where_tls_begins_and_what_a_software_filter_is_not():
    plan, _ = estate()
    diode = next(row for row in plan.conduits if row.oneway)
    assert "TLS begins at ai.gateway" in diode.reason
    assert "no evidence of a hardware diode" in diode.reason


def test_the_specification_and_the_picture_say_that_it_is_one_way():
    plan, _ = estate()
    text = requirements(plan)
    assert "private, one way" in text
    assert "by hand, 60 days after issue" in text
    drawn = [row for row in ways(plan).inside["acme"] if row.source == OT]
    assert [row.services for row in drawn] == [("udp 17017 one way",)]
    assert "TLS begins beyond it" in drawn[0].title


def test_a_firewall_is_what_a_site_has_unless_it_says_otherwise():
    plan, _ = estate("firewall")
    assert not [row for row in plan.conduits if row.oneway]
    assert not intent(plan).diodes

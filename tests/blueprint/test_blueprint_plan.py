"""What a blueprint expands to: stable addresses, no overlap, no rule twice, the same bytes."""

import json
import os
import subprocess
import sys
from dataclasses import fields
from ipaddress import IPv4Address, IPv4Network
from itertools import combinations, product
from pathlib import Path

import pytest
from blueprint_cases import EXAMPLE, data, edited, estate_of, planned, refused, tenant, text_of
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.blueprint import quotas
from bulkhead.plan import SHARED, canonical, digest
from infra.specs.acls import entries

GOLDEN = Path(__file__).parent / "golden" / "example-plan.json"
"""Rewritten by `python tests/blueprint/golden/rewrite.py` and by nothing else."""


def test_the_example_gives_the_golden_plan(example_plan):
    golden = json.loads(GOLDEN.read_text("utf-8"))
    assert json.loads(canonical(example_plan)) == golden["plan"]
    assert digest(example_plan) == golden["digest"]


@pytest.mark.parametrize(
    ("seed", "zone"), [("0", "UTC"), ("1", "Pacific/Kiritimati"), ("4242", "America/Adak")]
)
def test_a_fresh_interpreter_gives_the_same_bytes(example_plan, tmp_path, seed, zone):
    code = (
        "import sys; from datetime import date; from bulkhead.blueprint import expand, load\n"
        "from bulkhead.plan import canonical\n"
        f"sys.stdout.buffer.write(canonical(expand(load({str(EXAMPLE)!r}, date(2027, 5, 1)))))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C", "PATH": os.environ["PATH"]},
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert run.stdout == canonical(example_plan)


def test_the_order_of_tenants_and_people_and_conduits_changes_nothing(example_plan):
    turned = data()
    turned["tenants"].reverse()
    turned["conduits"].reverse()
    for one in turned["tenants"]:
        one["people"].reverse()
        one["sites"][0]["machines"].reverse()
    assert canonical(planned(text_of(turned))) == canonical(example_plan)


def test_all_sequences_are_sorted_by_id_and_ids_are_unique(example_plan):
    for field in fields(example_plan):
        rows = getattr(example_plan, field.name)
        if isinstance(rows, tuple):
            ids = [row.id for row in rows]
            assert ids == sorted(set(ids)), field.name


def test_every_reference_of_the_plan_leads_somewhere(example_plan):
    plan = example_plan
    ids = {
        name: {row.id for row in getattr(plan, name)}
        for name in ("networks", "subnets", "zones", "groups", "hosts", "people")
    }
    assert {subnet.network for subnet in plan.subnets} <= ids["networks"]
    assert {group.network for group in plan.groups} <= ids["networks"]
    assert {zone.subnet for zone in plan.zones} <= ids["subnets"]
    assert {host.zone for host in plan.hosts} <= ids["zones"]
    assert {host.group for host in plan.hosts} == ids["groups"]
    assert {asset.behind for asset in plan.assets} <= ids["hosts"]
    assert {one.owner for one in plan.identities} <= ids["people"]
    assert {zone.approval.by for zone in plan.zones} <= ids["people"]
    assert {one.authority for one in plan.tenants} <= ids["people"]
    for conduit in plan.conduits:
        assert {*conduit.sources, *conduit.targets} <= ids["groups"]
        assert {*conduit.zones[0], *conduit.zones[1]} <= ids["zones"]


def _flows(plan):
    for conduit in plan.conduits:
        for source, target in product(conduit.sources, conduit.targets):
            yield source, target, conduit.service, conduit.path


def _check(plan):
    """What must hold for every plan."""
    for one, other in combinations([IPv4Network(row.cidr) for row in plan.networks], 2):
        assert not one.overlaps(other)
    for one, other in combinations([IPv4Network(row.cidr) for row in plan.subnets], 2):
        assert not one.overlaps(other)
    networks = {row.id: IPv4Network(row.cidr) for row in plan.networks}
    subnets = {row.id: IPv4Network(row.cidr) for row in plan.subnets}
    assert all(subnets[row.id].subnet_of(networks[row.network]) for row in plan.subnets)
    assert len({host.address for host in plan.hosts}) == len(plan.hosts)
    for host in plan.hosts:
        subnet = subnets[host.subnet]
        kept = {subnet.network_address + n for n in range(4)} | {subnet.broadcast_address}
        assert IPv4Address(host.address) in subnet
        assert IPv4Address(host.address) not in kept
    flows = list(_flows(plan))
    assert len(flows) == len(set(flows))
    _check_peerings(plan)


def _check_peerings(plan):
    network = {group.id: group.network for group in plan.groups}
    needed = {
        frozenset((network[source], network[target]))
        for source, target, _, path in _flows(plan)
        if path == "private" and network[source] != network[target]
    }
    found = [frozenset((row.requester, row.accepter)) for row in plan.peerings]
    assert sorted(map(sorted, found)) == sorted(map(sorted, needed))
    stacks = {row.id: row.stack for row in plan.networks}
    for row in plan.peerings:
        assert row.stack == stacks[row.requester]
        assert row.stack != SHARED or stacks[row.accepter] == SHARED


def test_the_example_holds_what_every_plan_must(example_plan):
    _check(example_plan)


TENANTS = st.lists(
    st.tuples(
        st.integers(2, 255),
        st.sampled_from(["flat", "segmented"]),
        st.sets(st.integers(1, 8), min_size=1, max_size=3),
        st.integers(0, 14),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda one: one[0],
)


def _tenants(drawn):
    return [
        tenant(f"t{block}", tier, block, sorted(sites), extra)
        for block, tier, sites, extra in drawn
    ]


@settings(max_examples=25)
@given(TENANTS)
def test_no_estate_overlaps_or_says_a_rule_twice(drawn):
    _check(planned(text_of(estate_of(*_tenants(drawn)))))


@settings(max_examples=25)
@given(TENANTS, st.randoms(use_true_random=False))
def test_adding_removing_or_reordering_tenants_moves_nothing_of_the_others(drawn, random):
    tenants = _tenants(drawn)
    everything = planned(text_of(estate_of(*tenants)))
    kept = random.sample(tenants, random.randint(1, len(tenants)))
    some = planned(text_of(estate_of(*kept)))
    for table in ("networks", "subnets", "hosts", "groups"):
        whole = {row.id: row for row in getattr(everything, table)}
        assert all(whole[row.id] == row for row in getattr(some, table))


ROLES = {
    "ingest": ["broker", "ingest"],
    "processing": ["inference"],
    "storage": ["historian"],
    "admin": ["bastion"],
    "egress": ["proxy"],
    "audit": ["logstore"],
    "ai": ["gateway"],
    "ot": ["plc"],
}


def _oracle(estate):
    """The declared flows between groups, told naively: one tenant, one role, one site at a time."""
    flows = set()
    for one in estate["tenants"]:
        if one["tier"] == "flat":
            flows.add(("shared/flat", "shared/flat", "any", 0, "private"))
        for way in estate["conduits"]:
            for source, target in product(_ends(way["from"]), _ends(way["to"])):
                for near, far in product(_groups(one, source), _groups(one, target)):
                    apart = {near.split("/")[1], far.split("/")[1]} & {"s1", "s2", "s3"}
                    flat = near == far == "shared/flat"
                    if len(apart) < 2 and not flat:
                        path = way.get("path", "private")
                        flows.add((near, far, way["protocol"], way["port"], path))
    return flows


def _ends(said):
    for endpoint in [said] if isinstance(said, str) else said:
        kind, _, role = endpoint.partition(".")
        yield from ((kind, one) for one in ([role] if role else ROLES[kind]))


def _groups(one, end):
    kind, role = end
    if kind in ("admin", "egress", "audit"):
        return [f"shared/{kind}/{role}"]
    if kind in ("ai", "ot"):
        return [f"{one['id']}/{site['id']}/{kind}/{role}" for site in one["sites"]]
    return ["shared/flat" if one["tier"] == "flat" else f"{one['id']}/{kind}/{role}"]


HERE = ["ingest", "processing", "storage", "egress", "audit", "ingest.broker", "ingest.ingest"]


@settings(max_examples=40)
@given(
    st.lists(st.sampled_from(["flat", "segmented"]), min_size=1, max_size=4),
    st.lists(st.sampled_from([*HERE, "admin"]), min_size=1, max_size=4),
    st.lists(st.sampled_from(HERE), min_size=1, max_size=4),
)
def test_the_plan_allows_exactly_what_is_declared(kinds, sources, targets):
    drawn = [tenant(f"t{n}", tier, n, (1, 3)) for n, tier in enumerate(kinds, 2)]
    estate = estate_of(*drawn, entries_per_acl=40)
    mediator = next(_ends(targets))
    extra = {
        "name": "extra",
        "from": sources,
        "to": targets,
        "protocol": "tcp",
        "port": 7000,
        "authenticate": "mtls",
        "mediator": ".".join(mediator),
        "reason": "a test",
    }
    estate["conduits"].append(extra)
    plan = planned(text_of(estate))
    _check(plan)
    found = {(s, t, v.protocol, v.first, path) for s, t, v, path in _flows(plan)}
    assert found == _oracle(estate)


@settings(max_examples=15)
@given(st.sampled_from(["flat", "segmented"]), st.integers(0, 13))
def test_adding_a_host_moves_no_other(tier, extra):
    before = planned(text_of(estate_of(tenant("one", tier, 9, (1,), extra))))
    after = planned(text_of(estate_of(tenant("one", tier, 9, (1, 2), extra + 1))))
    assert set(before.hosts) < set(after.hosts)


def test_two_flat_tenants_say_no_rule_of_the_shared_group_twice():
    plan = planned(text_of(estate_of(tenant("a", "flat", 5), tenant("b", "flat", 6))))
    _check(plan)
    shared = [row for row in plan.conduits if row.stack == SHARED]
    one = planned(text_of(estate_of(tenant("a", "flat", 5))))
    assert [row.id for row in shared] == [row.id for row in one.conduits if row.stack == SHARED]
    inside = next(row for row in plan.conduits if row.id == "shared/flat/any")
    assert inside.service.protocol == "any"
    assert inside.mediator == "none: tier flat"
    assert {zone.split("/")[0] for zone in inside.zones[0]} == {"a", "b"}


def test_a_segmented_tenant_alone_makes_no_flat_network():
    plan = planned(text_of(estate_of(tenant("a", "segmented", 5))))
    assert not [row.id for row in plan.networks if "flat" in row.id]


def test_a_gateway_polls_the_controllers_of_its_own_site_alone():
    plan = planned(text_of(estate_of(tenant("a", "segmented", 5, (1, 2)))))
    polls = {row.sources: row.targets for row in plan.conduits if row.service.first == 502}
    assert polls == {
        ("a/s1/ai/gateway",): ("a/s1/ot/plc",),
        ("a/s2/ai/gateway",): ("a/s2/ot/plc",),
    }


def test_a_tenants_own_conduit_is_nobody_elses():
    extra = (
        "    conduits:\n"
        "      - {name: test, from: admin.bastion, to: storage, protocol: tcp, port: 5432,\n"
        "         authenticate: mtls, mediator: storage.historian, reason: test}\n"
    )
    plan = planned(edited(("    block: 3\n", "    block: 3\n" + extra)))
    found = [
        row
        for row in plan.conduits
        if row.service.first == 5432 and "shared/admin/bastion" in row.sources
    ]
    assert [(row.id, row.stack, row.targets) for row in found] == [
        ("borealis/test", "borealis", ("borealis/storage/historian",))
    ]


def test_the_entries_counted_are_those_that_the_program_writes(example_plan):
    real = {row.id for row in example_plan.networks if not row.standin}
    counted = quotas.acl_entries(example_plan)
    for subnet in (row for row in example_plan.subnets if row.network in real):
        written = entries(example_plan, subnet)
        for egress, said in ((True, "outbound"), (False, "inbound")):
            count = sum(1 for entry in written if entry.egress == egress)
            assert counted[f"{said} of subnet {subnet.id}"] == count


@pytest.mark.parametrize(
    ("granted", "says"),
    [
        ({"vpcs_per_region": 5}, "account platform would need 6 VPCs per Region"),
        ({"elastic_ips": 1}, "account platform would need 2 Elastic IP addresses"),
        ({"peerings_per_vpc": 5}, "network shared/admin would need 6 active VPC peering"),
        ({"rules_per_group": 15}, "inbound of shared/egress/proxy would need 16 inbound"),
        ({"routes_per_table": 6}, "subnet shared/admin would need 7 routes"),
        ({"entries_per_acl": 7}, "outbound of subnet borealis/ingest would need 8 entries"),
    ],
)
def test_a_plan_beyond_a_quota_is_refused_and_one_within_is_not(granted, says):
    old = "quotas: {vpcs_per_region: 20, elastic_ips: 20}"
    room = {"vpcs_per_region": 20, "elastic_ips": 20}
    peered = ("\nshared:\n", "\nshared:\n  management: peering\n")
    ((key, limit),) = granted.items()
    problems = refused(edited((old, f"quotas: {json.dumps(room | granted)}"), peered))
    assert any(problem.what.startswith(says) for problem in problems), problems
    assert all(f"{{{key}: " in problem.remedy for problem in problems)
    planned(edited((old, f"quotas: {json.dumps(room | {key: limit + 1})}"), peered))


def test_more_peerings_than_aws_grants_ask_for_another_design():
    tenants = [tenant(f"t{block}", "segmented", block) for block in range(2, 44)]
    problems = refused(text_of(estate_of(*tenants)))
    assert any("AWS grants 125 at most: use a transit gateway" in one.remedy for one in problems)


def test_a_granted_quota_beyond_what_aws_grants_is_refused():
    text = text_of(estate_of(tenant("a", "flat", 5), peerings_per_vpc=126))
    assert "more than AWS grants" in refused(text)[0].what


def _zone(plan, name):
    return next(zone for zone in plan.zones if zone.id == name)


def test_a_site_overrides_its_tenant_and_a_tenant_the_estate():
    estate = data()
    one = estate["tenants"][1]
    strong = {f"FR{number}": 4 for number in range(1, 8)}
    one["zones"] = {"ot": {"target": strong, "reason": "furnaces"}}
    one["sites"][0]["zones"] = {
        "ot": {"reason": "this furnace", "approval": {"by": "odd", "date": "2026-05-05"}},
        "ai": {
            "consequence": {"safety": "high", "production": "low", "confidentiality": "low"},
            "reason": "next to the furnace",
        },
    }
    before, plan = planned(EXAMPLE.read_text("utf-8")), planned(text_of(estate))
    zone = _zone(plan, "borealis/tromso/ot")
    assert zone.target == (4, 4, 4, 4, 4, 4, 4)
    assert zone.reason == "this furnace"
    assert (zone.approval.by, zone.approval.on) == ("borealis/odd", "2026-05-05")
    assert dict(_zone(plan, "borealis/tromso/ai").consequence)["safety"] == "high"
    changed = {"borealis/tromso/ot", "borealis/tromso/ai"}
    assert [z for z in plan.zones if z.id not in changed] == [
        z for z in before.zones if z.id not in changed
    ]


def test_several_exceptions_for_a_zone_end_with_the_first():
    estate = data()
    first = estate["tenants"][0]["exceptions"][0]
    second = first | {"zones": ["ingest"], "covers": ["FR7"], "owner": "ines"}
    estate["tenants"][0]["exceptions"] = [first, second | {"expires": "2027-01-31"}]
    plan = planned(text_of(estate))
    ingest, storage = _zone(plan, "acme/ingest").exception, _zone(plan, "acme/storage").exception
    assert (ingest.expires, ingest.owner) == ("2027-01-31", "acme/ines")
    assert storage.expires == "2028-12-31"
    assert "FR5: " in ingest.reason
    assert "FR7: " in ingest.reason
    assert _zone(plan, "borealis/ingest").exception is None


def test_of_several_people_in_a_role_the_first_of_the_escalation_owns():
    estate = data()
    people = estate["tenants"][0]["people"]
    people[0]["roles"] = ["engineer", "operator"]
    plan = planned(text_of(estate))
    owners = {one.id: one.owner for one in plan.identities}
    assert owners["acme/lyon/ai/gw-1"] == "acme/marc"
    assert owners["acme/ingest/broker"] == "shared/olga"
    assert owners["borealis/lars"] == "borealis/ingrid"


def test_a_legacy_controller_has_no_credential_of_its_own(example_plan):
    found = {one.id: one for one in example_plan.identities}["acme/lyon/ot/plc-1"]
    assert found.revocation == "revoke acme/lyon/ai/gw-1"
    assert found.scope.startswith("none of its own")

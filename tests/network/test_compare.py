"""Intent against the model and packets: agreement says nothing, a difference says all."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from plans import conduit_of, deployed_of, host_of, network_of, plan_of, plans

from bulkhead.network.compare import compare, sample
from bulkhead.network.deployed import AclEntry, Flow, GroupRule, Verdict
from bulkhead.network.intent import intent
from bulkhead.network.ports import Ports
from bulkhead.network.reach import reach

SSH = Flow("gateway", "bastion", "private", "tcp", 22)
MQTT = Flow("gateway", "broker", "private", "tcp", 8883)


@pytest.fixture
def plan():
    return plan_of(
        networks=[network_of("edge", 0), network_of("core", 1)],
        hosts=[
            host_of("gateway", "edge", address="10.0.0.10"),
            host_of("broker", "core", address="10.1.0.10"),
            host_of("bastion", "core", subnet=1, group="core/admin", address="10.1.1.10"),
        ],
        conduits=[
            conduit_of("ingest", "edge/group", "core/group", "tcp", 8883, 8883),
            conduit_of("admin", "core/group", "core/admin", "tcp", 22, 22),
        ],
        peerings=[],
    )


@pytest.fixture
def peered(plan):
    from bulkhead.plan.tables import Peering

    link = Peering(id="edge--core", stack="test", requester="edge", accepter="core")
    return replace(plan, peerings=(link,))


def with_rule(deployed, group, rule):
    groups = [replace(g, rules=(*g.rules, rule)) if g.id == group else g for g in deployed.groups]
    return replace(deployed, groups=tuple(groups))


def rule_of(identity, *, egress=False, first=22, last=22, cidr="0.0.0.0/0"):
    return GroupRule(id=identity, egress=egress, protocol=6, first=first, last=last, cidr=cidr)


def differences(plan, deployed, **more):
    return compare(intent(plan), reach(deployed), **more)


@settings(max_examples=150)
@given(plans())
def test_a_plan_deployed_as_it_says_differs_in_nothing(plan):
    assert differences(plan, deployed_of(plan)) == ()


def test_an_opened_path_is_found_and_its_rules_are_named(peered):
    deployed = with_rule(deployed_of(peered), "core/admin", rule_of("sgr-new"))
    deployed = with_rule(deployed, "edge/group", rule_of("sgr-out", egress=True))
    (found,) = differences(peered, deployed)
    assert (found.kind, found.source, found.target) == ("opened", "gateway", "bastion")
    assert found.services == Ports.of(6, 22, 22)
    assert str(found) == (
        "gateway -> bastion tcp 22 (private): intended refused, computed answered: "
        "core/admin rule sgr-new admits tcp 22 from 0.0.0.0/0; "
        "edge/group rule sgr-out lets out tcp 22 to 0.0.0.0/0"
    )


def test_a_wide_rule_is_found_over_all_of_its_ports_not_only_those_tried(peered):
    wide = rule_of("sgr-wide", first=1, last=40000)
    deployed = with_rule(deployed_of(peered), "core/admin", wide)
    deployed = with_rule(deployed, "core/group", rule_of("out", egress=True, first=0, last=65535))
    (found,) = differences(peered, deployed)
    assert found.services == Ports.of(6, 1, 40000) - Ports.of(6, 22, 22)


def test_a_closed_path_names_the_layer_the_rule_and_the_conduit(peered):
    deployed = deployed_of(peered)
    deny = AclEntry(
        number=10, egress=False, allow=False, protocol=6, cidr="10.0.0.0/8", first=0, last=65535
    )
    acls = [replace(a, entries=(deny, *a.entries)) if a.vpc == "core" else a for a in deployed.acls]
    found = differences(peered, replace(deployed, acls=tuple(acls)))
    assert [(f.kind, f.source, f.layer, f.computed) for f in found] == [
        ("closed", "broker", "acl-ingress", "refused"),
        ("closed", "gateway", "acl-ingress", "refused"),
    ]
    assert str(found[1]) == (
        "gateway -> broker tcp 8883 (private): intended answered, computed refused: "
        "acl-core entry 10 denies tcp 0-65535 from 10.0.0.0/8; declared by ingest"
    )


def test_a_missing_peering_closes_the_conduit_at_the_route(plan):
    (found,) = differences(plan, deployed_of(plan))
    assert (found.kind, found.layer) == ("closed", "route")
    assert found.because == ("no route to 10.1.0.10 in rtb-edge",)


def test_a_request_that_arrives_unintended_is_opened_even_without_an_answer(peered):
    deployed = with_rule(deployed_of(peered), "core/admin", rule_of("in"))
    deployed = with_rule(deployed, "edge/group", rule_of("out", egress=True))
    tables = [
        replace(t, routes=tuple(r for r in t.routes if r.target == "local"))
        if t.vpc == "core"
        else t
        for t in deployed.route_tables
    ]
    found = differences(peered, replace(deployed, route_tables=tuple(tables)))
    assert [(f.kind, f.target, f.computed) for f in found] == [
        ("opened", "bastion", "one-way"),
        ("closed", "broker", "one-way"),
    ]
    assert found[1].layer == "reply-route"


def test_hosts_that_are_missing_or_unplanned_are_named_once(peered):
    deployed = deployed_of(peered)
    (broker,) = [item for item in deployed.interfaces if item.host == "broker"]
    others = [item for item in deployed.interfaces if item.host != "broker"]
    stranger = replace(broker, id="eni-x", instance="i-x", host="stranger", groups=())
    found = differences(peered, replace(deployed, interfaces=(*others, stranger)))
    assert [(f.kind, f.source) for f in found] == [
        ("missing host", "broker"),
        ("unplanned host", "stranger"),
    ]


def test_packets_that_disagree_with_the_model_name_both_layers(peered):
    observed = {SSH: Verdict("answered"), MQTT: Verdict("refused", "acl-ingress", ("dropped",))}
    found = differences(peered, deployed_of(peered), observed=observed)
    assert [(f.kind, f.flow) for f in found] == [
        ("model-vs-packets", SSH),
        ("model-vs-packets", MQTT),
    ]
    assert str(found[0]) == (
        "gateway -> bastion tcp 22 (private): intended refused, computed refused, observed "
        "answered: model: refused at group-egress (no egress rule of edge/group lets out tcp 22 "
        "to 10.1.1.10); packets: answered"
    )
    assert found[1].layer == "acl-ingress"
    assert "packets: refused at acl-ingress (dropped)" in str(found[1])


def test_what_was_to_be_tried_and_was_not_is_not_observed(peered):
    flows = (SSH, MQTT)
    silent = {SSH: Verdict("not observed", None, ("no listener",))}
    found = differences(peered, deployed_of(peered), observed=silent, flows=flows)
    assert [(f.kind, f.flow, f.because) for f in found] == [
        ("not observed", SSH, ("no listener",)),
        ("not observed", MQTT, ("it was not tried",)),
    ]


def test_packets_that_agree_add_nothing_and_stand_beside_what_differs(peered):
    deployed = with_rule(deployed_of(peered), "core/admin", rule_of("sgr-new"))
    deployed = with_rule(deployed, "edge/group", rule_of("sgr-out", egress=True))
    observed = {SSH: Verdict("answered"), MQTT: Verdict("answered")}
    (found,) = differences(peered, deployed, observed=observed)
    assert (found.kind, found.observed) == ("opened", "answered")
    assert "computed answered, observed answered" in str(found)


def test_flows_to_try_are_the_edges_of_what_is_allowed_and_one_at_random(peered):
    flows = sample(intent(peered), reach(deployed_of(peered)), seed=1)
    ports = ports_of(flows, MQTT, "tcp")
    (random,) = ports - {8882, 8883, 8884, 22}
    assert 1 <= random < 32768
    assert len(ports_of(flows, MQTT, "udp")) == 1
    assert ports_of(flows, MQTT, "icmp") == {0}


def test_the_ports_that_an_estate_uses_are_tried_between_every_two_hosts(peered):
    """Those are what a mistake opens."""
    flows = sample(intent(peered), reach(deployed_of(peered)), seed=1)
    assert {22, 8883} < ports_of(flows, SSH, "tcp")
    assert len(ports_of(flows, SSH, "tcp")) == 3


def ports_of(flows, like, protocol):
    ends = (like.source, like.target, like.path)
    return {
        f.port for f in flows if (f.source, f.target, f.path) == ends and f.protocol == protocol
    }


def test_flows_to_try_are_in_order_and_depend_on_the_seed_alone(peered):
    meant, computed = intent(peered), reach(deployed_of(peered))
    assert sample(meant, computed, 1) == sample(meant, computed, 1) != sample(meant, computed, 2)
    assert list(sample(meant, computed, 1)) == sorted(sample(meant, computed, 1))


def test_another_host_changes_no_other_pairs_flows(peered):
    more = host_of("other", "core", address="10.1.0.99")
    wider = replace(peered, hosts=(*peered.hosts, more))
    before = set(sample(intent(peered), reach(deployed_of(peered)), 3))
    after = set(sample(intent(wider), reach(deployed_of(wider)), 3))
    assert before <= after


def test_where_everything_is_allowed_a_handful_is_tried():
    plan = plan_of(
        networks=[network_of("flat", 0)],
        hosts=[host_of(n, "flat", address=f"10.0.0.{i}") for i, n in enumerate("ab", 10)],
        conduits=[conduit_of("open", "flat/group", "flat/group", "any")],
    )
    flows = sample(intent(plan), reach(deployed_of(plan)), 1)
    tcp = ports_of(flows, Flow("a", "b", "private", "tcp"), "tcp")
    assert {22, 443, 8883} < tcp
    assert len(tcp) == 4

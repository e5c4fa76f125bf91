"""Hosts' own filters in the model: what they stop, who is named, and what is found gone."""

from dataclasses import replace

import pytest
from plans import conduit_of, deployed_of, host_of, network_of, plan_of

from bulkhead.network.compare import compare
from bulkhead.network.deployed import AclEntry, Flow, GroupRule, Verdict
from bulkhead.network.filters import FilterRule, HostFilter, Opening, Unread, planned
from bulkhead.network.intent import intent
from bulkhead.network.ports import Ports
from bulkhead.network.reach import reach
from bulkhead.plan.tables import Peering

GATEWAY, BROKER, BASTION = "10.0.0.10", "10.1.0.10", "10.1.1.10"
MQTT = Flow("gateway", "broker", "private", "tcp", 8883)
SSH = Flow("gateway", "bastion", "private", "tcp", 22)


@pytest.fixture
def plan():
    found = plan_of(
        networks=[network_of("edge", 0), network_of("core", 1)],
        hosts=[
            host_of("gateway", "edge", address=GATEWAY),
            host_of("broker", "core", address=BROKER),
            host_of("bastion", "core", subnet=1, group="core/admin", address=BASTION),
        ],
        conduits=[
            conduit_of("ingest", "edge/group", "core/group", "tcp", 8883, 8883),
            conduit_of("admin", "core/group", "core/admin", "tcp", 22, 22),
        ],
        peerings=[],
    )
    link = Peering(id="edge--core", stack="test", requester="edge", accepter="core")
    return replace(found, peerings=(link,))


def opening(conduit, port, *peers):
    cidrs = tuple(f"{peer}/32" for peer in peers)
    return Opening(conduit=conduit, protocol="tcp", first=port, last=port, peers=cidrs)


@pytest.fixture
def filters():
    return {
        "gateway": planned([], [opening("ingest", 8883, BROKER)]),
        "broker": planned([opening("ingest", 8883, GATEWAY)], [opening("admin", 22, BASTION)]),
        "bastion": planned([opening("admin", 22, BROKER)], []),
    }


def changed(filters, host, hook, change):
    """The filters with `change` made to one chain of one host; None takes the chain away."""
    found = [change(c) if c.hook == hook else c for c in filters[host].chains]
    return {**filters, host: HostFilter(tuple(chain for chain in found if chain))}


def without(comment):
    return lambda chain: replace(
        chain, rules=tuple(rule for rule in chain.rules if rule.comment != comment)
    )


def flushed(chain):
    return replace(chain, rules=())


def opened(deployed, group, port=22, cidr="0.0.0.0/0"):
    rules = [
        GroupRule(id=f"new-{way}", egress=way, protocol=6, first=port, last=port, cidr=cidr)
        for way in (False, True)
    ]
    groups = [replace(g, rules=(*g.rules, *rules)) if g.id in group else g for g in deployed.groups]
    return replace(deployed, groups=tuple(groups))


def differences(plan, deployed, filters, **more):
    return compare(intent(plan), reach(deployed, filters), **more)


def test_the_planned_filters_change_nothing_that_is_intended(plan, filters):
    assert differences(plan, deployed_of(plan), filters, planned=filters) == ()


def test_an_answer_names_the_conduit_of_both_hosts_rules(plan, filters):
    found = reach(deployed_of(plan), filters).explain(MQTT)
    assert found.outcome == "answered"
    said = "; ".join(found.because)
    assert (
        "rule 'ingest' of gateway's own filter (inet bulkhead output) accepts tcp 8883 to 10.1.0.10"
    ) in said
    assert (
        "rule 'ingest' of broker's own filter (inet bulkhead input) accepts tcp 8883 from 10.0.0.10"
    ) in said


@pytest.mark.parametrize(
    ("host", "hook", "layer"),
    [("gateway", "output", "host-egress"), ("broker", "input", "host-ingress")],
)
def test_a_rule_that_is_gone_stops_its_conduit_at_its_hosts_layer(plan, filters, host, hook, layer):
    less = changed(filters, host, hook, without("ingest"))
    found = reach(deployed_of(plan), less).explain(MQTT)
    assert (found.outcome, found.layer) == ("refused", layer)
    assert found.because[0].startswith(f"no rule of {host}'s own filter (inet bulkhead {hook})")
    closed, missing = sorted(
        differences(plan, deployed_of(plan), less, planned=filters), key=lambda d: d.kind
    )
    assert (closed.kind, closed.layer, closed.conduits) == ("closed", layer, ("ingest",))
    assert (missing.kind, missing.source, missing.layer) == ("host rule missing", host, layer)
    assert missing.conduits == ("ingest",)
    assert f"lacks: accept tcp 8883 with {BROKER if host == 'gateway' else GATEWAY}/32" in str(
        missing
    )


@pytest.mark.parametrize(
    ("host", "hook", "layer"),
    [("broker", "output", "reply-host-egress"), ("gateway", "input", "reply-host-ingress")],
)
def test_replies_pass_by_a_rule_of_known_flows_and_not_without(plan, filters, host, hook, layer):
    less = changed(filters, host, hook, flushed)
    found = reach(deployed_of(plan), less).explain(MQTT)
    assert (found.outcome, found.layer) == ("one-way", layer)
    assert reach(deployed_of(plan), filters).outcome(MQTT) == "answered"


def test_an_accept_ends_its_own_chain_alone(plan, filters):
    """Another table may still drop what the first one accepts."""
    chain = filters["broker"].chains[0]
    drop = replace(chain, table="ip other", priority=10, policy="accept")
    drop = replace(drop, rules=(FilterRule(verdict="drop", services=Ports.of(6, 8883, 8883)),))
    more = {**filters, "broker": HostFilter((*filters["broker"].chains, drop))}
    found = reach(deployed_of(plan), more).explain(MQTT)
    assert (found.outcome, found.layer) == ("refused", "host-ingress")
    assert found.because == (
        "a rule of broker's own filter (ip other input) drops tcp 8883 from 10.0.0.10",
    )


def test_the_first_verdict_of_a_chain_decides(plan, filters):
    drop = FilterRule(verdict="drop", peers=("10.0.0.0/16",))

    def first(chain):
        return replace(chain, rules=(drop, *chain.rules))

    def last(chain):
        return replace(chain, rules=(*chain.rules, drop))

    outcomes = [
        reach(deployed_of(plan), changed(filters, "broker", "input", way)).outcome(MQTT)
        for way in (first, last)
    ]
    assert outcomes == ["refused", "answered"]


def test_what_the_network_lets_through_and_a_host_still_stops_is_weakened(plan, filters):
    deployed = opened(deployed_of(plan), {"core/admin", "edge/group"}, cidr="10.0.0.0/8")
    found = differences(plan, deployed, filters, planned=filters)
    assert {row.kind for row in found} == {"weakened"}
    (row,) = [row for row in found if (row.source, row.target) == ("gateway", "bastion")]
    assert (row.layer, row.services) == ("host-egress", Ports.of(6, 22, 22))
    assert (row.intended, row.computed) == ("refused", "refused")
    assert "core/admin rule new-False admits tcp 22 from 10.0.0.0/8" in row.because
    assert row.because[-1].startswith("no rule of gateway's own filter")


def test_without_filters_the_same_opening_is_open(plan):
    deployed = opened(deployed_of(plan), {"core/admin", "edge/group"}, cidr="10.0.0.0/8")
    assert {row.kind for row in differences(plan, deployed, {})} == {"opened"}


def test_what_both_walls_let_through_is_open_and_names_the_rules_of_both(plan, filters):
    deployed = opened(deployed_of(plan), {"core/admin", "edge/group"}, cidr="10.0.0.0/8")
    wide = FilterRule(verdict="accept", services=Ports.of(6, 22, 22), comment="by hand")

    def added(chain):
        return replace(chain, rules=(wide, *chain.rules))

    for host, hook in (("gateway", "output"), ("bastion", "input")):
        filters = changed(filters, host, hook, added)
    found = differences(plan, deployed, filters)
    (row,) = [row for row in found if (row.source, row.target) == ("gateway", "bastion")]
    assert row.kind == "opened"
    assert "rule 'by hand' of bastion's own filter" in str(row)
    assert "rule 'by hand' of gateway's own filter" in str(row)


def test_a_filter_that_is_gone_is_found_although_every_flow_fares_as_intended(plan, filters):
    """The groups still stop all that it stopped: one of two walls is gone all the same."""
    bare = {**filters, "broker": HostFilter()}
    (found,) = differences(plan, deployed_of(plan), bare, planned=filters)
    assert (found.kind, found.source, found.layer) == ("no host filter", "broker", "host-ingress")
    assert str(found) == (
        "broker: no host filter at host-ingress: no packet filter stands on broker, although 2 of "
        "the other hosts have one"
    )


def test_a_rule_that_somebody_added_is_found_although_it_opens_nothing(plan, filters):
    wide = FilterRule(verdict="accept", services=Ports.of(6, 23, 23))

    def added(chain):
        return replace(chain, rules=(*chain.rules, wide))

    less = changed(filters, "bastion", "input", added)
    (found,) = differences(plan, deployed_of(plan), less, planned=filters)
    assert (found.kind, found.source) == ("host rule added", "bastion")
    assert found.because == ("its own filter (inet bulkhead input) has, unplanned: accept tcp 23",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda chain: replace(chain, policy="accept"),
            "the policy of inet bulkhead input is accept",
        ),
        (lambda chain: replace(chain, priority=5), "the priority of inet bulkhead input is 5"),
        (lambda chain: replace(chain, rules=chain.rules[::-1]), "in another order than planned"),
        (lambda chain: replace(chain, table="inet x"), "the chain inet bulkhead input is missing"),
        (lambda _chain: None, "the chain inet bulkhead input is missing"),
    ],
)
def test_a_filter_changed_in_any_other_way_is_found(plan, filters, change, words):
    other = changed(filters, "bastion", "input", change)
    found = differences(plan, deployed_of(plan), other, planned=filters)
    assert words in " | ".join(map(str, found if len(found) == 1 else found[:9]))
    assert {row.kind for row in found} >= {"host filter changed"}
    assert {row.source for row in found if row.kind == "host filter changed"} == {"bastion"}


def test_a_rule_that_stands_once_less_than_planned_is_missing(plan, filters):
    rule = FilterRule(verdict="accept", services=Ports.of(6, 22, 22), comment="twice")
    twice = changed(filters, "broker", "input", lambda c: replace(c, rules=(*c.rules, rule, rule)))
    once = changed(filters, "broker", "input", lambda c: replace(c, rules=(*c.rules, rule)))
    found = differences(plan, deployed_of(plan), once, planned=twice)
    assert [(row.kind, row.conduits) for row in found] == [("host rule missing", ("twice",))]


UNREAD = Unread("host, nftables, rule 7: it says jump, which is not modelled")


def test_a_host_whose_rules_are_not_known_is_no_pass_and_is_named_once(plan, filters):
    unknown = {**filters, "broker": UNREAD}
    computed = reach(deployed_of(plan), unknown)
    assert computed.outcome(MQTT) == computed.explain(MQTT).outcome == "not observed"
    (found,) = differences(plan, deployed_of(plan), unknown, planned=filters)
    assert (found.kind, found.source) == ("not observed", "broker")
    assert str(found) == (
        f"broker: not observed: the packet filter of broker could not be read: {UNREAD.because}"
    )


def test_what_the_network_stops_is_refused_whatever_an_unknown_host_would_do(plan, filters):
    computed = reach(deployed_of(plan), {**filters, "bastion": UNREAD, "gateway": HostFilter()})
    assert computed.explain(SSH).layer == "group-egress"
    assert computed.outcome(SSH) == "refused"


def test_a_reply_that_the_network_stops_says_nothing_of_an_unknown_host(plan, filters):
    """Whether the request came so far is not known."""
    deployed = deployed_of(plan)
    deny = AclEntry(
        number=1, egress=True, allow=False, protocol=6, cidr="10.0.0.0/8", first=0, last=65535
    )
    acls = [replace(a, entries=(deny, *a.entries)) if a.vpc == "core" else a for a in deployed.acls]
    computed = reach(replace(deployed, acls=tuple(acls)), {**filters, "broker": UNREAD})
    assert computed.explain(MQTT).outcome == computed.outcome(MQTT) == "not observed"


@pytest.mark.parametrize(
    ("seen", "kinds"),
    [
        ({MQTT: "answered", SSH: "refused"}, {"not observed"}),
        ({MQTT: "refused"}, {"not observed", "model-vs-packets"}),
        ({SSH: "answered"}, {"not observed", "model-vs-packets"}),
    ],
)
def test_packets_are_held_to_the_intent_where_the_model_does_not_know(plan, filters, seen, kinds):
    unknown = {**filters, "broker": UNREAD, "bastion": UNREAD, "gateway": UNREAD}
    observed = {flow: Verdict(outcome) for flow, outcome in seen.items()}
    found = differences(plan, deployed_of(plan), unknown, observed=observed)
    assert {row.kind for row in found} == kinds


def test_on_the_public_path_each_filter_sees_the_others_public_address():
    plan = plan_of(
        networks=[network_of("edge", 0, public=True), network_of("core", 1, public=True)],
        hosts=[
            host_of("gateway", "edge", address=GATEWAY, public="198.51.100.1"),
            host_of("broker", "core", address=BROKER, public="198.51.100.2"),
        ],
        conduits=[
            conduit_of("ingest", "edge/group", "core/group", "tcp", 8883, 8883, path="public")
        ],
    )
    flow = replace(MQTT, path="public")
    outside = {
        "gateway": planned([], [opening("ingest", 8883, "198.51.100.2")]),
        "broker": planned([opening("ingest", 8883, "198.51.100.1")], []),
    }
    inside = {
        "gateway": planned([], [opening("ingest", 8883, "198.51.100.2")]),
        "broker": planned([opening("ingest", 8883, GATEWAY)], []),
    }
    deployed = deployed_of(plan)
    assert reach(deployed, outside).explain(flow).outcome == "answered"
    assert reach(deployed, inside).explain(flow).layer == "host-ingress"

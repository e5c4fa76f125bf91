"""`reach` against the packet walker, on deployments of every kind."""

from itertools import product
from random import Random

import oracle
import pytest
from estates import deployments, random_deployed
from host_tables import random_filters
from hypothesis import given, settings
from hypothesis import strategies as st

from bulkhead.network.deployed import Flow
from bulkhead.network.ports import Ports
from bulkhead.network.reach import reach

NONE = {}
WORDS = {1: "icmp", 6: "tcp", 17: "udp"}


def services_of(deployed, filters, random, count):
    """Services at the edges that rules draw, and beside them: where answers change."""
    rules = [rule for group in deployed.groups for rule in group.rules]
    rules += [entry for acl in deployed.acls for entry in acl.entries]
    edges = {(6, 22), (17, 53), (1, 2048), (1, 0), (47, 0), (0, 0), (255, 65535)}
    for rule in rules:
        for protocol in (1, 6, 17) if rule.protocol == -1 else (rule.protocol,):
            for port in (rule.first - 1, rule.first, rule.last, rule.last + 1):
                edges.add((protocol, port))
    for filtered in filters.values():
        for rule in (rule for chain in filtered.chains for rule in chain.rules):
            for span in rule.services:
                if span.protocol >= 0:
                    edges |= {(span.protocol, span.first - 1), (span.protocol, span.last)}
    found = sorted((p, port) for p, port in edges if 0 <= port <= 65535)
    return random.sample(found, min(count, len(found)))


def check(deployed, random, count, filters=NONE):
    computed = reach(deployed, filters)
    for source, target in product(computed.hosts, repeat=2):
        for path in computed.paths(source, target):
            delivered = computed.delivered(source, target, path)
            answered = computed.answered(source, target, path)
            for protocol, port in services_of(deployed, filters, random, count):
                told = oracle.verdict(deployed, source, target, path, protocol, port, filters)
                where = (source, target, path, protocol, port, told)
                assert delivered.contains(protocol, port) == (told[0] != "refused"), where
                assert answered.contains(protocol, port) == (told[0] == "answered"), where
                if protocol in (6, 17) or (protocol, port) == (1, 2048):
                    number = 0 if protocol == 1 else port
                    flow = Flow(source, target, path, WORDS[protocol], number)
                    found = computed.explain(flow)
                    assert (found.outcome, found.layer) == told, where
                    assert computed.outcome(flow) == told[0]
                    assert found.because
                    assert all(found.because)
                if told[0] == "refused":
                    (stop,) = computed.stops(source, target, path, Ports.of(protocol, port, port))
                    assert stop.layer == told[1]


@settings(max_examples=500)
@given(deployments(hosts=4), st.randoms(use_true_random=False))
def test_reach_agrees_with_the_packet_walker_on_whatever_the_tables_can_hold(deployed, random):
    check(deployed, random, 6)


@pytest.mark.parametrize("seed", range(30))
def test_reach_agrees_with_the_packet_walker_on_lifelike_deployments(seed):
    check(random_deployed(seed, hosts=6), Random(seed), 12)


@settings(max_examples=200)
@given(deployments(hosts=4), st.randoms(use_true_random=False))
def test_hosts_own_filters_agree_with_the_packet_walker(deployed, random):
    check(deployed, random, 6, random_filters(random, deployed))


@pytest.mark.parametrize("seed", range(20))
def test_hosts_own_filters_agree_on_lifelike_deployments(seed):
    deployed = random_deployed(seed, hosts=5)
    check(deployed, Random(seed), 8, random_filters(Random(seed), deployed))


def test_the_seeded_deployments_are_the_same_every_time():
    assert random_deployed(7) == random_deployed(7) != random_deployed(8)


def test_random_deployments_meet_every_outcome_and_every_layer():
    met = set()
    for seed in range(120):
        deployed = random_deployed(seed, hosts=5, lifelike=seed % 2 == 0)
        filters = random_filters(Random(seed), deployed) if seed % 3 == 0 else {}
        computed = reach(deployed, filters)
        for source, target in product(computed.hosts, repeat=2):
            for path in computed.paths(source, target):
                for flow in (
                    Flow(source, target, path, "tcp", 22),
                    Flow(source, target, path, "udp", 53),
                    Flow(source, target, path, "icmp"),
                ):
                    found = computed.explain(flow)
                    met.add((found.outcome, found.layer))
    assert {layer for _, layer in met} == {
        None,
        "host-egress",
        "host-ingress",
        "reply-host-egress",
        "reply-host-ingress",
        "host",
        "endpoint",
        "route",
        "acl-egress",
        "acl-ingress",
        "group-egress",
        "group-ingress",
        "reply-route",
        "reply-acl-egress",
        "reply-acl-ingress",
    }

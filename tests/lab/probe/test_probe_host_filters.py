"""Hosts' own filters met by real packets: where each says it stopped one, and what is silence."""

import os
import socket
import time
from contextlib import contextmanager
from dataclasses import replace
from itertools import permutations
from random import Random

import pytest
from host_tables import random_filter, text_of
from tiny_deployed import ADDRESSES, DEPLOYED
from tiny_topology import DROP, FABRIC, forward, load_rules, sh, topology

from bulkhead.environments.filters import read_filters, within
from bulkhead.network.deployed import Flow
from bulkhead.network.filters import FilterRule, HostFilter, Opening, Unread, planned
from bulkhead.network.reach import reach
from infra.lab.probe import inside, observe

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
]
EVERY = [("tcp", 1883), ("udp", 5353), ("icmp", 0)]
KNOWN = "ct state established,related accept; iif lo accept;"
OWN = "ct state established,related accept; oif lo accept;"


@pytest.fixture(scope="module")
def hosts():
    with topology(3) as made:
        yield made


@pytest.fixture(autouse=True)
def _open_everywhere(hosts):
    load_rules(forward("ct state new,established accept"))
    yield
    for vantage in hosts.values():
        nft(vantage, "flush ruleset")


def nft(vantage, text):
    sh("ip", "netns", "exec", vantage.namespace, "nft", "-f", "-", stdin=text)


def filtered(vantage, *, into="", out="", policy="drop"):
    """A host's filter in the shape that the role gives it; only named directions have a chain."""
    chains = ""
    if into:
        head = f"type filter hook input priority 0; policy {policy};"
        chains += f"chain input {{\n{head}\n{into}\n}}\n"
    if out:
        head = f"type filter hook output priority 0; policy {policy};"
        chains += f"chain output {{\n{head}\n{out}\n}}\n"
    nft(vantage, f"table inet bulkhead {{\n{chains}}}")


def log(layer):
    return f'log group 62 prefix "{layer}"'


def flows(*pairs):
    return [Flow(a, b, "private", proto, port) for a, b in pairs for proto, port in EVERY]


def outcomes(found):
    return {(o.verdict.outcome, o.verdict.layer) for o in found.values()}


def words(found):
    return " | ".join(o.evidence for o in found.values())


@pytest.mark.parametrize("host", ["h1", "h2"])
def test_what_a_filter_accepts_is_answered(hosts, host):
    rules = "tcp dport 1883 accept; udp dport 5353 accept; icmp type echo-request accept;"
    filtered(hosts[host], into=KNOWN + rules, out=OWN + rules)
    assert outcomes(observe(flows(("h1", "h2"), ("h2", "h1")), hosts, FABRIC)) == {
        ("answered", None)
    }


@pytest.mark.parametrize(("host", "layer"), [("h1", "host-egress"), ("h2", "host-ingress")])
def test_a_hosts_own_denial_is_its_own_word_and_needs_no_waiting(hosts, host, layer):
    own = {"into": KNOWN + log("host-ingress")} if host == "h2" else {}
    filtered(hosts[host], **own or {"out": OWN + log("host-egress")})
    began = time.monotonic()
    found = observe(flows(("h1", "h2")), hosts, FABRIC, patience=20)
    assert time.monotonic() - began < 5
    assert outcomes(found) == {("refused", layer)}
    assert f"dropped at {layer} by {host}'s own filter" in words(found)


def test_the_first_layer_that_stops_a_packet_is_the_one_that_is_named(hosts):
    filtered(hosts["h2"], into=KNOWN + log("host-ingress"))
    load_rules(forward("udp dport 5353 " + DROP.format("group-ingress")))
    filtered(
        hosts["h1"], out=OWN + "tcp dport 1883 accept; udp dport 5353 accept;" + log("host-egress")
    )
    found = observe(flows(("h1", "h2")), hosts, FABRIC)
    assert {f.protocol: o.verdict.layer for f, o in found.items()} == {
        "tcp": "host-ingress",
        "udp": "group-ingress",
        "icmp": "host-egress",
    }


@pytest.mark.parametrize(
    ("host", "chain", "layer"),
    [("h2", "out", "reply-host-egress"), ("h1", "into", "reply-host-ingress")],
)
def test_a_reply_that_a_host_drops_is_one_way_at_its_layer(hosts, host, chain, layer):
    lo = f"{'oif' if chain == 'out' else 'iif'} lo accept;"
    prefix = layer.removeprefix("reply-")
    filtered(
        hosts[host], **{chain: f"{lo} ct state established {log(prefix)} drop"}, policy="accept"
    )
    found = observe(flows(("h1", "h2")), hosts, FABRIC, patience=20)
    assert outcomes(found) == {("one-way", layer)}
    assert f"{host}'s own filter" in words(found)


@pytest.mark.parametrize("logged", [True, False])
def test_a_connection_whose_next_packets_are_dropped_is_one_way(hosts, logged):
    """The handshake's first packet is new, and what follows it is of a known flow."""
    said = log("host-ingress") if logged else ""
    rules = f"iif lo accept; ct state new accept; ct state established {said} drop"
    filtered(hosts["h2"], into=rules)
    flow = Flow("h1", "h2", "private", "tcp", 1883)
    found = observe([flow], hosts, FABRIC, patience=0.3)
    assert outcomes(found) == {("one-way", "host-ingress" if logged else None)}
    told = reach(DEPLOYED, read(hosts)).explain(flow)
    assert (told.outcome, told.layer) == ("one-way", "host-ingress")


def test_an_echo_reply_that_is_dropped_is_not_taken_for_a_request(hosts):
    """Both ways at once: to the log, h2's reply and h2's request differ in their type alone."""
    drop = f"oif lo accept; icmp type echo-reply {log('host-egress')} drop"
    filtered(hosts["h2"], out=drop, policy="accept")
    one, other = Flow("h1", "h2", "private", "icmp"), Flow("h2", "h1", "private", "icmp")
    found = observe([one, other], hosts, FABRIC)
    assert found[one].verdict.layer == "reply-host-egress"
    assert found[other].verdict.outcome == "answered"


def test_an_unlogged_egress_drop_is_refused_by_the_hosts_own_kernel(hosts):
    filtered(hosts["h1"], out=OWN)
    found = observe(flows(("h1", "h2")), hosts, FABRIC, patience=0.2)
    assert {o.verdict.outcome for o in found.values()} == {"refused"}
    told = {f.protocol: o for f, o in found.items()}
    for protocol in ("udp", "icmp"):
        assert told[protocol].verdict.layer == "host-egress"
        assert "EPERM" in told[protocol].evidence


@contextmanager
def service(vantage, kind, address="", family=socket.AF_INET, port=None):
    """A service of the host's own that answers nothing a prober says."""
    with inside(vantage.namespace):
        sock = socket.socket(family, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((address, port or (1883 if kind == socket.SOCK_STREAM else 5353)))
    if kind == socket.SOCK_STREAM:
        sock.listen(16)
    with sock:
        yield sock


def test_what_a_filter_logs_and_lets_pass_is_answered(hosts):
    """A policy turned to accept: the log still says what it says, and packets say otherwise."""
    filtered(hosts["h1"], out=OWN + log("host-egress"), policy="accept")
    filtered(hosts["h2"], into=KNOWN + log("host-ingress"), policy="accept")
    found = observe(flows(("h1", "h2"), ("h2", "h3")), hosts, FABRIC)
    assert outcomes(found) == {("answered", None)}


def test_a_log_before_the_packet_went_out_is_not_taken_for_a_drop_that_came_later(hosts):
    """UDP and ICMP: the kernel let it out, so its own filter did not keep it."""
    filtered(hosts["h1"], out=OWN + log("host-egress"), policy="accept")
    filtered(hosts["h2"], into=KNOWN)
    found = observe(flows(("h1", "h2")), hosts, FABRIC, patience=0.2)
    told = {f.protocol: o.verdict for f, o in found.items()}
    assert {verdict.outcome for verdict in told.values()} == {"refused"}
    assert told["udp"].layer is told["icmp"].layer is None


def test_the_filter_that_logged_last_is_the_one_that_dropped(hosts):
    filtered(hosts["h1"], out=OWN + log("host-egress"), policy="accept")
    filtered(hosts["h2"], into=KNOWN + log("host-ingress"))
    found = observe(flows(("h1", "h2")), hosts, FABRIC, patience=20)
    assert outcomes(found) == {("refused", "host-ingress")}


def test_a_raw_socket_beside_a_real_service_sees_only_what_the_filter_let_in(hosts):
    """Raw sockets of AF_INET stand behind the input hook: what they saw has passed it."""
    filtered(hosts["h2"], into=KNOWN)
    with service(hosts["h2"], socket.SOCK_DGRAM):
        found = observe(flows(("h1", "h2")), hosts, FABRIC, patience=0.3)
    assert outcomes(found) == {("refused", None)}
    assert "silent for 0.9 s, listener alive" in words(found)


def test_a_hosts_own_word_outweighs_that_its_request_was_seen(hosts):
    """A second table may log and drop what a first one has let through."""
    rules = f"iif lo accept; ct state established {log('host-ingress')} drop;"
    chain = f"chain input {{\ntype filter hook input priority 300; policy accept;\n{rules}\n}}"
    nft(hosts["h1"], f"table ip late {{\n{chain}\n}}")
    with service(hosts["h2"], socket.SOCK_DGRAM):
        found = observe([Flow("h1", "h2", "private", "udp", 5353)], hosts, FABRIC)
    assert outcomes(found) == {("one-way", "reply-host-ingress")}


@pytest.mark.parametrize(
    ("family", "address"),
    [(socket.AF_INET, ""), (socket.AF_INET, "10.77.0.2"), (socket.AF_INET6, "::")],
    ids=["anywhere", "its address", "dual stack"],
)
def test_a_real_service_is_met_wherever_it_is_bound(hosts, family, address):
    with (
        service(hosts["h2"], socket.SOCK_STREAM, address, family),
        service(hosts["h2"], socket.SOCK_DGRAM, address, family),
    ):
        found = observe(flows(("h1", "h2"), ("h3", "h2")), hosts, FABRIC)
    assert outcomes(found) == {("answered", None)}
    assert "connected to the host's own service" in words(found)


def test_a_service_on_loopback_alone_is_not_in_the_way(hosts):
    with service(hosts["h2"], socket.SOCK_STREAM, "127.0.0.1"):
        found = observe(flows(("h1", "h2")), hosts, FABRIC)
    assert outcomes(found) == {("answered", None)}
    assert words(found) == "echoed | echoed | echoed"


def test_a_service_too_busy_to_take_connections_is_never_called_refused(hosts):
    """Its queue is full after three: a SYN is dropped by the host, not by a filter."""
    with service(hosts["h2"], socket.SOCK_STREAM) as sock:
        sock.listen(0)
        asked = [Flow(h, "h2", "private", "tcp", 1883) for h in ("h1", "h3")]
        found = observe(asked, hosts, FABRIC, patience=0.2)
    assert {o.verdict.outcome for o in found.values()} <= {"answered", "not observed"}


@pytest.mark.parametrize("way", ["with tcp reset", ""], ids=["reset", "unreachable"])
@pytest.mark.parametrize("logged", [True, False])
def test_a_rejection_is_not_taken_for_a_missing_listener(hosts, way, logged):
    said = log("host-ingress") if logged else ""
    protocol = "tcp dport 1883" if way else "udp dport 5353"
    filtered(hosts["h2"], into=KNOWN + f"{protocol} {said} reject {way}", policy="accept")
    found = observe(flows(("h1", "h2")), hosts, FABRIC, patience=0.3)
    told = {f.protocol: o for f, o in found.items()}["tcp" if way else "udp"]
    assert told.verdict.outcome == "refused"
    assert told.verdict.layer == ("host-ingress" if logged else None)
    if not logged:
        assert "although the listener is alive" in told.evidence


def test_a_chain_flushed_with_its_loopback_rule_proves_nothing(hosts):
    filtered(hosts["h2"], into="drop")
    found = observe(flows(("h1", "h2")), hosts, FABRIC, patience=0.2)
    assert outcomes(found) == {("not observed", None)}
    assert "no listener could be proven alive from inside h2" in words(found)


def test_a_host_whose_log_somebody_else_reads_is_silent_and_says_so(hosts):
    from infra.lab.probe.namespace import Namespaces
    from infra.lab.probe.nflog import Denials

    filtered(hosts["h2"], into=KNOWN + log("host-ingress"))
    spaces = Namespaces()
    other = Denials(spaces, hosts["h2"].namespace)
    try:
        found = observe(flows(("h1", "h2")), hosts, FABRIC, patience=0.2)
    finally:
        other.socket.close()
        spaces.close()
    assert outcomes(found) == {("refused", None)}
    assert "the log of h2 is not heard" in words(found)


# The model beside the packets ------------------------------------------------------------------


def read(hosts):
    return read_filters(hosts, lambda host, command: within(hosts[host].namespace, command))


def lifelike(filtered):
    """The host may talk to itself (else no listener could be proven alive), and logs its drops."""
    own = FilterRule(verdict="accept", loopback=True)

    def rules(chain):
        logs = chain.policy == "drop"
        return (own, *(rule for rule in chain.rules if logs or rule.log is None))

    return HostFilter(tuple(replace(chain, rules=rules(chain)) for chain in filtered.chains))


@pytest.mark.parametrize("seed", range(6))
def test_random_filters_read_from_the_kernel_compute_to_what_packets_do(hosts, seed):
    random = Random(seed)
    ends = [(address, address) for address in ADDRESSES.values()]
    meant = {h: lifelike(random_filter(random, ends, ADDRESSES[h])) for h in ("h1", "h2")}
    for host, item in meant.items():
        nft(hosts[host], text_of(item))
    told = read(hosts)
    assert told == {**meant, "h3": HostFilter()}
    model = reach(DEPLOYED, told)
    ports = [("tcp", p) for p in (21, 22, 443, 8883, 30000)] + [("udp", p) for p in (53, 22, 8884)]
    asked = [
        Flow(a, b, "private", protocol, port)
        for a, b in permutations(hosts, 2)
        for protocol, port in [*ports, ("icmp", 0)]
    ]
    found = observe(asked, hosts, FABRIC, patience=0.3)
    computed = {flow: model.explain(flow) for flow in asked}
    wrong = {
        flow: (one.verdict, computed[flow], one.evidence)
        for flow, one in found.items()
        if one.verdict.outcome != computed[flow].outcome
        or one.verdict.layer not in (None, computed[flow].layer)
    }
    assert wrong == {}


def test_the_planned_filter_loaded_by_hand_is_read_back_as_planned(hosts):
    meant = planned(
        [
            Opening(
                conduit="t/telemetry",
                protocol="tcp",
                first=8883,
                last=8883,
                peers=("10.0.0.8/32", "10.0.0.9/32"),
            )
        ],
        [
            Opening(conduit="t/any", protocol="any", first=0, last=65535, peers=("10.1.0.0/16",)),
            Opening(conduit="t/ping", protocol="icmp", first=0, last=65535, peers=("0.0.0.0/0",)),
        ],
    )
    nft(hosts["h1"], text_of(meant))
    assert read(hosts) == {"h1": meant, "h2": HostFilter(), "h3": HostFilter()}


def test_a_host_with_a_rule_beyond_the_model_is_not_known_and_says_which(hosts):
    filtered(hosts["h2"], into=KNOWN + 'tcp flags syn accept comment "syn only";')
    told = read(hosts)["h2"]
    assert isinstance(told, Unread)
    assert "h2, nftables, rule syn only of inet bulkhead input" in told.because


def test_a_host_that_cannot_be_asked_is_not_known(hosts):
    gone = {"h9": hosts["h1"].__class__(host="h9", namespace="bh-none", address="", public=None)}
    assert isinstance(read(gone)["h9"], Unread)

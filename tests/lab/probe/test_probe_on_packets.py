"""Real packets through a tiny fabric: every outcome, and what must never become a wrong one."""

import os
import resource
import socket
import threading
import time
from itertools import permutations
from pathlib import Path

import pytest
from tiny_topology import DROP, FABRIC, forward, load_rules, sh, topology

from bulkhead.errors import BulkheadError, MissingHere
from bulkhead.network.deployed import Flow
from infra.lab.probe import Vantage, connect, inside, listeners, nflog, observe, sweep
from infra.lab.probe.namespace import Namespaces

pytestmark = [
    pytest.mark.lab,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces"),
]
EVERY = [("tcp", 1883), ("udp", 5353), ("icmp", 0)]


@pytest.fixture(scope="module")
def hosts():
    with topology(3) as made:
        yield made


@pytest.fixture(autouse=True)
def _open_fabric(hosts):
    load_rules(forward("ct state new,established accept"))


def flows(*pairs, path="private"):
    return [Flow(a, b, path, proto, port) for a, b in pairs for proto, port in EVERY]


def outcomes(found):
    return {(o.verdict.outcome, o.verdict.layer) for o in found.values()}


def words(found):
    return " | ".join(o.evidence for o in found.values())


def test_what_the_fabric_forwards_is_answered_for_every_pair_and_protocol(hosts):
    asked = flows(*permutations(hosts, 2))
    found = observe(asked, hosts, FABRIC)
    assert list(found) == asked
    assert outcomes(found) == {("answered", None)}


@pytest.mark.parametrize("layer", ["route", "acl-egress", "group-ingress"])
def test_a_logged_drop_is_refused_at_its_layer_without_waiting(hosts, layer):
    load_rules(forward(DROP.format(layer)))
    began = time.monotonic()
    found = observe(flows(("h1", "h2")), hosts, FABRIC, patience=20)
    assert time.monotonic() - began < 5
    assert outcomes(found) == {("refused", layer)}
    assert f"dropped at {layer} by the fabric" in words(found)


def test_each_flow_gets_the_layer_of_its_own_drop(hosts):
    load_rules(
        forward(
            "tcp dport 1883 " + DROP.format("acl-ingress"),
            "udp dport 5353 ip daddr 10.77.0.2 " + DROP.format("group-egress"),
        )
    )
    found = observe(flows(("h1", "h2"), ("h1", "h3")), hosts, FABRIC)
    verdicts = {(f.target, f.protocol): o.verdict for f, o in found.items()}
    layers = {key: verdict.layer for key, verdict in verdicts.items() if verdict.layer}
    assert layers == {
        ("h2", "tcp"): "acl-ingress",
        ("h3", "tcp"): "acl-ingress",
        ("h2", "udp"): "group-egress",
    }
    assert all((v.outcome == "refused") == (v.layer is not None) for v in verdicts.values())


def test_a_dropped_reply_is_one_way_at_the_layer_the_log_names(hosts):
    load_rules(forward("ct direction reply " + DROP.format("reply-acl-ingress")))
    found = observe(flows(("h1", "h2")), hosts, FABRIC, patience=20)
    assert outcomes(found) == {("one-way", "reply-acl-ingress")}


def test_a_reply_dropped_in_silence_is_one_way_because_the_request_was_seen(hosts):
    load_rules(forward("ct direction reply drop"))
    found = observe(flows(("h1", "h2")), hosts, FABRIC, patience=0.3)
    assert outcomes(found) == {("one-way", None)}
    assert "arrived, no reply within 0.9 s" in words(found)


def test_a_silent_drop_is_refused_without_a_layer_and_says_so(hosts):
    load_rules(forward("ip saddr 10.77.0.1 drop"))
    found = observe(flows(("h1", "h2"), ("h3", "h2")), hosts, FABRIC, patience=0.3)
    silent = {f: o for f, o in found.items() if f.source == "h1"}
    assert outcomes(silent) == {("refused", None)}
    assert all(o.evidence == "silent for 0.9 s, listener alive" for o in silent.values())
    assert {o.verdict.outcome for f, o in found.items() if f not in silent} == {"answered"}


def test_a_host_without_a_living_listener_is_never_called_refused(hosts):
    load_rules(forward(DROP.format("group-ingress")))
    moved = Vantage(host="h2", namespace="bh-ffff01-h2", address="10.77.0.99", public=None)
    gone = Vantage(host="h3", namespace="bh-ffff01-none", address="10.77.0.3", public=None)
    found = observe(
        flows(("h1", "h2"), ("h1", "h3")), {**hosts, "h2": moved, "h3": gone}, FABRIC, patience=0.2
    )
    assert outcomes(found) == {("not observed", None)}
    assert "no listener could be proven alive from inside h2 (" in words(found)


def test_a_source_that_cannot_send_is_not_observed(hosts):
    gone = Vantage(host="h1", namespace="bh-ffff01-none", address="10.77.0.1", public=None)
    found = observe(flows(("h1", "h2")), {**hosts, "h1": gone}, FABRIC, patience=0.2)
    assert outcomes(found) == {("not observed", None)}
    assert "could not be sent" in words(found)


def test_what_cannot_be_asked_is_not_observed_with_its_reason(hosts):
    private = Vantage(host="h3", namespace="bh-ffff01-h3", address="10.77.0.3", public=None)
    asked = [
        Flow("h1", "nobody", "private", "tcp", 1),
        Flow("h1", "h1", "private", "tcp", 1),
        Flow("h1", "h3", "public", "tcp", 1),
    ]
    found = observe(asked, {**hosts, "h3": private}, FABRIC)
    assert outcomes(found) == {("not observed", None)}
    assert [o.evidence.split()[0] for o in found.values()] == ["nobody", "a", "h3"]


def _service(vantage, kind):
    with inside(vantage.namespace):
        sock = socket.socket(socket.AF_INET, kind)
    sock.bind((vantage.address, 1883 if kind == socket.SOCK_STREAM else 5353))
    if kind == socket.SOCK_STREAM:
        sock.listen()
    return sock


def test_a_real_service_is_used_as_it_is_and_udp_is_answered_beside_it(hosts):
    with _service(hosts["h2"], socket.SOCK_STREAM), _service(hosts["h2"], socket.SOCK_DGRAM) as u:
        found = observe(flows(("h1", "h2")), hosts, FABRIC)
        assert u.recv(100)
    assert outcomes(found) == {("answered", None)}
    assert "connected to the host's own service" in words(found)


def _close_after_the_proof(monkeypatch, service):
    real = sweep.Sweeper.sweep
    calls = []

    def once(self, *args, **kwargs):
        real(self, *args, **kwargs)
        if not calls:
            service.close()
        calls.append(1)

    monkeypatch.setattr(sweep.Sweeper, "sweep", once)


def test_a_service_killed_after_its_proof_is_not_observed_when_it_resets(hosts, monkeypatch):
    _close_after_the_proof(monkeypatch, _service(hosts["h2"], socket.SOCK_STREAM))
    found = observe([Flow("h1", "h2", "private", "tcp", 1883)], hosts, FABRIC)
    assert outcomes(found) == {("not observed", None)}
    assert "no listener: reset by the host" in words(found)


def test_a_service_killed_after_its_proof_is_not_called_refused_when_all_is_silent(
    hosts, monkeypatch
):
    load_rules(forward("ip saddr 10.77.0.1 drop"))
    _close_after_the_proof(monkeypatch, _service(hosts["h2"], socket.SOCK_STREAM))
    found = observe([Flow("h1", "h2", "private", "tcp", 1883)], hosts, FABRIC, patience=0.2)
    assert outcomes(found) == {("not observed", None)}
    assert "no longer alive" in words(found)


def test_an_overflowing_log_never_makes_a_wrong_verdict(hosts, monkeypatch):
    load_rules(forward("tcp dport 30000-30999 " + DROP.format("group-ingress")))
    monkeypatch.setattr(nflog, "BUFFER", 1)
    monkeypatch.setattr(sweep, "BURST", 1000)
    asked = [Flow("h1", "h2", "private", "tcp", port) for port in range(30500, 31500)]
    found = observe(asked, hosts, FABRIC, patience=0.4)
    refused = {f: o for f, o in found.items() if f.port < 31000}
    assert {o.verdict.outcome for o in refused.values()} == {"refused"}
    assert {o.verdict.layer for o in refused.values()} <= {"group-ingress", None}
    assert "a part of the fabric's log was lost" in words(refused)
    assert {o.verdict.outcome for f, o in found.items() if f not in refused} == {"answered"}


def test_a_revoked_rule_is_seen_although_connection_tracking_remembers(hosts):
    tracked = forward("ct state established accept", "accept")
    revoked = forward("ct state established accept", DROP.format("group-ingress"))
    load_rules(tracked)
    assert outcomes(observe(flows(("h1", "h2")), hosts, FABRIC)) == {("answered", None)}
    load_rules(revoked)
    found = observe(flows(("h1", "h2")), hosts, FABRIC)
    assert outcomes(found) == {("refused", "group-ingress")}


NAT = """
chain d {{ type nat hook prerouting priority dstnat;
dnat to ip daddr map {{ 198.51.100.2 : 10.77.0.2, 198.51.100.3 : 10.77.0.{} }}
}}
chain s {{ type nat hook postrouting priority srcnat;
ct status dnat snat to ip saddr map {{ 10.77.0.1 : 198.51.100.1 }}
}}
"""


def test_the_public_path_is_followed_through_address_translation(hosts):
    sh("ip", "-netns", FABRIC, "route", "replace", "198.51.100.0/24", "dev", "lo")
    load_rules(NAT.format(3) + forward("ip daddr 10.77.0.3 " + DROP.format("group-ingress")))
    both = flows(("h1", "h2"), ("h1", "h3"), path="public") + flows(("h1", "h2"), ("h1", "h3"))
    found = observe(both, hosts, FABRIC)
    by_target = {f: (o.verdict.outcome, o.verdict.layer) for f, o in found.items()}
    assert {v for f, v in by_target.items() if f.target == "h2"} == {("answered", None)}
    assert {v for f, v in by_target.items() if f.target == "h3"} == {("refused", "group-ingress")}


def test_an_answer_from_another_host_is_not_an_answer(hosts):
    load_rules(NAT.format(2) + forward())
    asked = [*flows(("h1", "h3"), path="public"), *flows(("h1", "h2"))]
    found = observe(asked, hosts, FABRIC)
    lost = {f: o for f, o in found.items() if f.path == "public"}
    assert outcomes(lost) == {("not observed", None)}
    assert {o.evidence for o in lost.values()} == {"arrived at h2 instead"}


def test_only_one_probe_at_a_time_may_read_the_fabrics_log(hosts):
    spaces = Namespaces()
    first = nflog.Denials(spaces, FABRIC)
    try:
        with pytest.raises(MissingHere, match="another reader holds it"):
            observe(flows(("h1", "h2")), hosts, FABRIC)
    finally:
        first.socket.close()
        spaces.close()


def test_a_fabric_that_is_not_there_is_named(hosts):
    with pytest.raises(MissingHere, match="bh-ffff01-nothing"):
        observe(flows(("h1", "h2")), hosts, "bh-ffff01-nothing")


def _traces():
    return (
        len(os.listdir("/proc/self/fd")),
        threading.active_count(),
        resource.getrlimit(resource.RLIMIT_NOFILE),
        Path("/proc/thread-self/ns/net").readlink(),
    )


def _interrupt(_done, _total):
    raise KeyboardInterrupt


def test_nothing_is_left_behind(hosts):
    load_rules(forward("udp dport 5353 drop", "tcp dport 1 " + DROP.format("group-egress")))
    before = _traces()
    asked = [*flows(*permutations(hosts, 2)), Flow("h1", "h2", "private", "tcp", 1)]
    observe(asked, hosts, FABRIC, patience=0.2)
    with pytest.raises(MissingHere):
        observe(asked, hosts, "bh-ffff01-nothing")
    with pytest.raises(KeyboardInterrupt):
        observe(asked, hosts, FABRIC, progress=_interrupt)
    assert _traces() == before
    for vantage in hosts.values():
        table = sh("ip", "netns", "exec", vantage.namespace, "cat", "/proc/net/tcp")
        assert " 0A " not in table, f"a listener is left in {vantage.namespace}"


def test_many_more_flows_than_the_window_are_all_settled_and_counted(hosts, monkeypatch):
    monkeypatch.setattr("infra.lab.probe.rounds.WINDOW", 100)
    monkeypatch.setattr("infra.lab.probe.rounds.LISTENERS", 250)
    load_rules(forward("udp dport 20000-20099 " + DROP.format("group-ingress")))
    asked = [
        Flow(a, b, "private", protocol, port)
        for a, b in permutations(hosts, 2)
        for protocol in ("tcp", "udp")
        for port in range(20050, 20150)
    ]
    seen = []
    found = observe(asked, hosts, FABRIC, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (len(asked), len(asked))
    for flow, observation in found.items():
        stopped = flow.protocol == "udp" and flow.port < 20100
        assert observation.verdict.outcome == ("refused" if stopped else "answered")


def test_a_held_connection_lives_until_its_path_is_cut(hosts):
    with (
        listeners([(hosts["h2"], "tcp", 9000)]),
        connect(hosts["h1"], "10.77.0.2", 9000) as live,
    ):
        for message in (b"one", b"two"):
            live.sendall(message)
            assert live.recv(10) == message
        load_rules(forward("tcp dport 9000 drop"))
        live.settimeout(0.5)
        live.sendall(b"three")
        with pytest.raises(TimeoutError):
            live.recv(10)


def test_standing_listeners_say_when_a_port_is_taken(hosts):
    with (
        _service(hosts["h2"], socket.SOCK_STREAM),
        pytest.raises(BulkheadError, match="h2: tcp 1883"),
        listeners([(hosts["h2"], "tcp", 1883)]),
    ):
        pytest.fail("the block must not start")

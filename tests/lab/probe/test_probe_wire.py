"""What the prober reads from a packet's bytes, and what it takes a report to mean. No root."""

import socket
import struct

import pytest

from bulkhead.network.deployed import Flow
from infra.lab.probe import Vantage
from infra.lab.probe.ports import FIRST, LAST, fresh_port
from infra.lab.probe.trial import Trial
from infra.lab.probe.wire import ICMP, TCP, UDP, Nonces, Wire, checksum, echo_request, read_wire

A, B = socket.inet_aton("10.0.0.1"), socket.inet_aton("10.0.0.2")
HOST = Vantage(host="a", namespace="none", address="10.0.0.1", public="203.0.113.1")
OTHER = Vantage(host="b", namespace="none", address="10.0.0.2", public="203.0.113.2")


def packet(protocol, body, fragment=0):
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, 0, fragment, 64, protocol, 0, A, B) + body


def trial(path="private", protocol="tcp", port=80):
    flow = Flow("a", "b", path, protocol, port)
    return Trial(
        flow=flow, source=HOST, target=OTHER, destination="10.0.0.2", nonce=b"", port=40000
    )


@pytest.mark.parametrize("protocol", [TCP, UDP])
def test_addresses_and_ports_are_read_and_the_reply_is_their_swap(protocol):
    wire = read_wire(packet(protocol, struct.pack("!HHI", 40000, 80, 0)))
    assert wire == Wire(protocol, A, B, 40000, 80)
    assert wire.swapped() == Wire(protocol, B, A, 80, 40000)


def test_an_echo_is_known_by_its_identifier_both_ways():
    wire = read_wire(packet(ICMP, echo_request(777, b"")))
    assert wire == Wire(ICMP, A, B, 777, 8)
    assert wire.swapped() == Wire(ICMP, B, A, 777, 0)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x60" + bytes(60),
        packet(TCP, b"\0" * 7),
        packet(UDP, b"\0" * 8, fragment=1),
        packet(ICMP, b"\x03" + b"\0" * 7),
        packet(47, b"\0" * 8),
    ],
    ids=["empty", "ipv6", "short", "later fragment", "no echo", "gre"],
)
def test_what_is_no_probe_is_not_read(data):
    assert read_wire(data) is None


@pytest.mark.parametrize("payload", [b"", b"x", b"twelve bytes"])
def test_an_echo_requests_checksum_holds(payload):
    assert checksum(echo_request(1, payload)) == 0


def test_only_this_runs_nonces_are_known():
    nonces = Nonces()
    assert nonces.index(nonces.make(70000)) == 70000
    assert nonces.index(Nonces().make(1)) is None
    assert nonces.index(nonces.make(1) + b"x") is None


def test_source_ports_do_not_repeat_and_keep_away_from_listeners():
    first = fresh_port()
    avoided = frozenset(range(first + 1, first + 4000)) & frozenset(range(FIRST, LAST + 1))
    ports = [fresh_port(avoided) for _ in range(1000)]
    assert len({first, *ports}) == 1001
    assert not avoided & set(ports)
    assert all(FIRST <= port <= LAST for port in ports)


def test_the_public_path_is_known_on_both_sides_of_each_translation():
    ends = {
        (socket.inet_ntoa(w.saddr), socket.inet_ntoa(w.daddr)) for w in trial(path="public").wires()
    }
    assert ends == {
        ("10.0.0.1", "10.0.0.2"),
        ("10.0.0.1", "203.0.113.2"),
        ("203.0.113.1", "10.0.0.2"),
        ("203.0.113.1", "203.0.113.2"),
    }
    assert len(trial().wires()) == 1


@pytest.mark.parametrize(
    ("prefix", "reply", "outcome", "layer"),
    [
        ("group-ingress", False, "refused", "group-ingress"),
        ("reply-acl-egress", True, "one-way", "reply-acl-egress"),
        ("acl-egress", True, "one-way", "reply-acl-egress"),
        ("host", True, "one-way", "host"),
        ("somebody-elses", False, "refused", None),
    ],
)
def test_a_report_is_read_by_the_packet_and_its_prefix(prefix, reply, outcome, layer):
    tried = trial()
    tried.denied(prefix, reply=reply)
    assert (tried.observation.verdict.outcome, tried.observation.verdict.layer) == (outcome, layer)
    assert prefix in tried.observation.evidence


def test_an_echo_alone_is_no_answer_until_the_target_saw_the_request():
    tried = trial(protocol="udp")
    tried.echoed = True
    tried.judge()
    assert tried.observation is None
    assert tried.give_up(alive=True, log_lost=False).verdict.outcome == "not observed"
    tried.arrived = "b"
    tried.judge()
    assert tried.observation.verdict.outcome == "answered"

"""A diode on real packets: telemetry arrives; no answer, error or other packet comes back."""

import socket

import pytest
from test_claim_diode import AI, BACK, GATEWAY, OT, OUT, PLC, allowing, estate
from test_claim_random import LAB, fabric, vantages, with_cloud_ids

from bulkhead.blueprint.diode import PORT
from bulkhead.environments.claim import claim
from bulkhead.network.deployed import Flow
from infra.lab.fabric import kernel, namespace
from infra.lab.probe import observe

__all__ = ["fabric"]
BOUND = 1.0


@pytest.fixture(scope="module")
def diode():
    """The plan, what is deployed for it, and the same with a hole in both network ACLs."""
    plan, deployed = estate()
    half = allowing(deployed, OT, egress=False, peer=AI)
    return plan, with_cloud_ids(deployed), with_cloud_ids(allowing(half, AI, egress=True, peer=OT))


def send(deployed):
    return lambda flows: observe(flows, vantages(deployed), namespace(LAB, "fabric"))


def test_intent_model_and_packets_agree_that_it_is_one_way(fabric, diode):
    plan, deployed, _ = diode
    fabric.apply(deployed)
    found = claim(plan, deployed, send(deployed), seed=6)
    assert not [str(row) for row in found.differences]
    assert found.observed[OUT].outcome == "one-way"
    assert found.observed[OUT].layer == "reply-acl-egress"
    assert {verdict.outcome for verdict in found.observed.values()} == {
        "answered",
        "one-way",
        "refused",
    }


def test_what_lets_answers_through_is_seen_on_packets_and_named(fabric, diode):
    plan, deployed, holed = diode
    fabric.apply(holed)
    found = claim(plan, holed, send(holed), seed=6).differences
    assert [row.says for row in found] == ["intended one-way, computed answered, observed answered"]
    assert "(acme/s1/ai) entry 1 allows all to" in str(found[0])
    assert "(acme/s1/ot) entry 1 allows all from" in str(found[0])
    fabric.apply(deployed)
    assert not claim(plan, deployed, send(deployed), seed=6).differences


def test_nothing_the_ai_zone_sends_arrives_in_ot(fabric, diode):
    _, deployed, _ = diode
    fabric.apply(deployed)
    asked = [Flow(GATEWAY, PLC, "private", "icmp", 0), BACK]
    asked += [Flow(GATEWAY, PLC, "private", "tcp", port) for port in (22, 502, 8883)]
    asked += [Flow(GATEWAY, PLC, "private", "udp", port) for port in (53, 123, 40000)]
    seen = send(deployed)(asked)
    assert {row.verdict.outcome for row in seen.values()} == {"refused"}


def hosts(deployed):
    return {row.host: (namespace(LAB, row.instance), row.address) for row in deployed.interfaces}


def datagrams(place, address=None, port=0):
    """A UDP socket in a host's network."""

    def make():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.settimeout(BOUND)
        made.bind(("", port))
        if address:
            made.connect((address, PORT))
        return made

    return kernel.inside(place, make)


def hears(sender, receiver=None):
    """What comes back for a datagram: an answer, an error, or nothing at all."""
    sender.send(b"reading")
    if receiver is not None:
        data, peer = receiver.recvfrom(64)
        assert data == b"reading"
        receiver.sendto(b"answer", peer)
    try:
        return sender.recv(64).decode()
    except ConnectionRefusedError:
        return "error"
    except TimeoutError:
        return "nothing"


def test_no_error_message_comes_back_where_nobody_listens(fabric, diode):
    """The hole shows that there would be one: the kernel answers for a closed port."""
    _, deployed, holed = diode
    there = hosts(deployed)
    for now, heard in ((deployed, "nothing"), (holed, "error"), (deployed, "nothing")):
        fabric.apply(now)
        with datagrams(there[PLC][0], there[GATEWAY][1]) as sender:
            assert hears(sender) == heard


def test_a_flow_that_was_answered_through_a_hole_hears_nothing_once_it_is_mended(fabric, diode):
    """Network ACLs know no connections: what is tracked already is stopped as well."""
    _, deployed, holed = diode
    there = hosts(deployed)
    fabric.apply(holed)
    with (
        datagrams(there[GATEWAY][0], port=PORT) as receiver,
        datagrams(there[PLC][0], there[GATEWAY][1]) as sender,
    ):
        assert hears(sender, receiver) == "answer"
        fabric.apply(deployed)
        assert hears(sender, receiver) == "nothing"

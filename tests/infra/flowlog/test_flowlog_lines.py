"""A packet's first bytes as a line of AWS's flow logs, and whose interface it names."""

import socket
import struct

import pytest
from flowlog_packets import OUTSIDE, A, B, interface, ip

from infra.lab.fabric.skeleton import LAYERS
from infra.lab.flowlog.lines import line, owners, skipped

KNOWN = owners((interface("one", A), interface("two", B)))


def fields(prefix, packet, known=KNOWN):
    return line(prefix, packet, 1700000000, known).rstrip("\n").split(" ")


def test_a_line_has_the_fields_of_awss_default_format_in_its_order_and_the_layer():
    packet = ip(6, A, B, struct.pack("!HH", 40000, 443), length=60)
    assert line("accept", packet, 1700000000, KNOWN) == (
        "2 111111111111 eni-two 10.0.1.4 10.0.2.5 40000 443 6 1 60 "
        "1700000000 1700000000 ACCEPT OK -\n"
    )
    assert line("group-egress", packet, 1700000000, KNOWN) == (
        "2 111111111111 eni-one 10.0.1.4 10.0.2.5 40000 443 6 1 60 "
        "1700000000 1700000000 REJECT OK group-egress\n"
    )


@pytest.mark.parametrize("layer", LAYERS)
def test_every_layer_has_lines_of_fifteen_fields(layer):
    found = fields(layer, ip(17, A, B, struct.pack("!HH", 1, 53)))
    assert len(found) == 15
    assert found[12:] == ["REJECT", "OK", layer]


@pytest.mark.parametrize(
    ("prefix", "named"),
    [
        ("route", "eni-one"),
        ("acl-egress", "eni-one"),
        ("group-egress", "eni-one"),
        ("reply-route", "eni-one"),
        ("reply-acl-egress", "eni-one"),
        ("acl-ingress", "eni-two"),
        ("group-ingress", "eni-two"),
        ("reply-acl-ingress", "eni-two"),
        ("accept", "eni-two"),
        ("host", "-"),
    ],
)
def test_a_judgement_names_the_interface_it_is_about(prefix, named):
    assert fields(prefix, ip(17, A, B, bytes(4)))[2] == named


def test_what_goes_outside_is_the_senders_and_what_comes_from_there_the_receivers():
    assert fields("accept", ip(17, A, OUTSIDE, bytes(4)))[1:3] == ["111111111111", "eni-one"]
    assert fields("accept", ip(17, OUTSIDE, B, bytes(4)))[1:3] == ["111111111111", "eni-two"]
    assert fields("route", ip(17, OUTSIDE, B, bytes(4)))[1:3] == ["-", "-"]


def test_a_host_that_does_not_run_is_named_and_the_owner_of_a_forged_address_is_not():
    stopped = owners((interface("one", A), interface("two", B, running=False)))
    assert fields("host", ip(17, A, B, bytes(4)), stopped)[2] == "eni-two"
    assert fields("host", ip(17, A, OUTSIDE, bytes(4)))[1:3] == ["-", "-"]


@pytest.mark.parametrize(
    ("protocol", "body", "ports"),
    [
        (6, struct.pack("!HH", 65535, 1), ["65535", "1"]),
        (17, struct.pack("!HH", 256, 53), ["256", "53"]),
        (1, struct.pack("!BBHHH", 8, 0, 1, 2, 3), ["0", "0"]),
        (47, struct.pack("!HH", 7, 7), ["0", "0"]),
        (6, b"\x01", ["0", "0"]),
    ],
)
def test_ports_are_those_of_protocols_that_have_them(protocol, body, ports):
    found = fields("accept", ip(protocol, A, B, body))
    assert found[5:8] == [*ports, str(protocol)]


def test_ports_stand_behind_options_and_not_in_later_fragments():
    body = struct.pack("!HH", 9, 10)
    assert fields("accept", ip(6, A, B, body, options=bytes(8)))[5:7] == ["9", "10"]
    assert fields("accept", ip(6, A, B, body, fragment=185))[5:7] == ["0", "0"]


def test_what_is_no_ipv4_packet_has_no_line():
    assert line("accept", b"", 0, KNOWN) is None
    assert line("accept", b"\x60" + bytes(39), 0, KNOWN) is None


def test_every_address_reads_back():
    for text in ("0.0.0.0", "255.255.255.255", "10.20.30.40"):
        assert fields("accept", ip(17, text, text, bytes(4)))[3:5] == [text, text]
        assert socket.inet_aton(text) in owners((interface("x", text),))


def test_a_gap_says_how_many_flows_have_no_line():
    assert skipped(7, 10, 12) == "2 - - - - - - - 7 - 10 12 - SKIPDATA -\n"
    assert skipped(None, 10, 12) == "2 - - - - - - - - - 10 12 - SKIPDATA -\n"
    assert len(skipped(7, 10, 12).split()) == 15

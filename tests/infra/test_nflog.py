"""The kernel's messages, as bytes."""

import struct
import time

from infra.lab.nflog import Told, attribute, messages, told

GENERIC = bytes(4)


def message(kind, body):
    return struct.pack("=IHHII", 16 + len(body), kind, 0, 0, 0) + body + b"\0" * (-len(body) % 4)


def test_a_message_gives_number_time_prefix_and_packet():
    body = GENERIC + b"".join(
        (
            attribute(3, struct.pack("!QQ", 1700000000, 999999)),
            attribute(10, b"group-ingress\0"),
            attribute(9, b"packet!"),
            attribute(12, struct.pack("!I", 41)),
        )
    )
    assert told(body) == Told(41, 1700000000, "group-ingress", b"packet!")


def test_a_packet_without_a_time_has_the_present():
    before = int(time.time())
    assert before <= told(GENERIC + attribute(9, b"x")).at <= time.time()


def test_messages_of_one_datagram_are_taken_apart_and_a_broken_one_ends_it():
    data = message(0x400, b"first") + message(3, b"") + message(0x400, b"second!!")
    assert [kind for kind, _ in messages(data)] == [0x400, 3, 0x400]
    assert list(messages(data + bytes(16))) == list(messages(data))
    assert told(GENERIC + struct.pack("=HH", 1, 9)).packet == b""

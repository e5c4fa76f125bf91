"""What the prober puts on the wire and reads back: nonces, ICMP echo, and a packet's addresses."""

import os
import socket
import struct
from typing import NamedTuple

ICMP, TCP, UDP = socket.IPPROTO_ICMP, socket.IPPROTO_TCP, socket.IPPROTO_UDP
NUMBER = {"icmp": ICMP, "tcp": TCP, "udp": UDP}
ECHO_REPLY, UNREACHABLE, ECHO_REQUEST = 0, 3, 8
NO_SUCH_PORT = 3
"""The code of an ICMP `unreachable` that a host sends where nobody listens."""

_PORTS = struct.Struct("!HH")
_ECHO = struct.Struct("!BBHHH")


class Wire(NamedTuple):
    """A packet as a firewall tells it apart: IANA protocol, packed IPv4 addresses, ports.

    For ICMP echo `sport` is the identifier and `dport` the type: 8 asks, 0 answers.
    """

    protocol: int
    saddr: bytes
    daddr: bytes
    sport: int
    dport: int

    def swapped(self) -> "Wire":
        """The packet that answers this one."""
        if self.protocol == ICMP:
            other = ECHO_REPLY if self.dport == ECHO_REQUEST else ECHO_REQUEST
            return Wire(ICMP, self.daddr, self.saddr, self.sport, other)
        return Wire(self.protocol, self.daddr, self.saddr, self.dport, self.sport)


class Nonces:
    """12-byte payloads that only this run could have sent, each standing for one number."""

    LENGTH = 12

    def __init__(self) -> None:
        self._secret = os.urandom(8)

    def make(self, index: int) -> bytes:
        """The payload for `index` (0 to 2**32 - 1)."""
        return self._secret + index.to_bytes(4, "big")

    def index(self, payload: bytes) -> int | None:
        """The number a payload stands for; None if this run did not send it."""
        if len(payload) != self.LENGTH or payload[:8] != self._secret:
            return None
        return int.from_bytes(payload[8:], "big")


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071) of `data`."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def echo_request(identifier: int, payload: bytes) -> bytes:
    """An ICMP echo request (RFC 792), sequence number 1."""
    bare = _ECHO.pack(ECHO_REQUEST, 0, 0, identifier, 1) + payload
    return _ECHO.pack(ECHO_REQUEST, 0, checksum(bare), identifier, 1) + payload


def header_length(packet: bytes) -> int:
    """Bytes of IPv4 header at the start of `packet`."""
    return (packet[0] & 0x0F) * 4


def read_wire(packet: bytes) -> Wire | None:
    """Addresses and ports of an IPv4 packet whose first bytes these are.

    None for another IP version, a later fragment, a protocol the prober does not send, an ICMP
    message that is not an echo, or too few bytes.
    """
    if len(packet) < 28 or packet[0] >> 4 != 4 or packet[6] & 0x1F or packet[7]:
        return None
    start, protocol = header_length(packet), packet[9]
    if len(packet) < start + 8:
        return None
    if protocol == ICMP:
        if packet[start] not in (ECHO_REQUEST, ECHO_REPLY):
            return None
        sport, dport = int.from_bytes(packet[start + 4 : start + 6], "big"), packet[start]
    elif protocol in (TCP, UDP):
        sport, dport = _PORTS.unpack_from(packet, start)
    else:
        return None
    return Wire(protocol, packet[12:16], packet[16:20], sport, dport)

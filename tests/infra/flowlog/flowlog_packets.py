"""Packets and interfaces that the tests of the flow log share."""

import socket
import struct

from bulkhead.network.deployed import Interface

A, B, OUTSIDE = "10.0.1.4", "10.0.2.5", "198.51.100.250"


def ip(protocol, source, target, body, *, options=b"", fragment=0, length=None):
    """An IPv4 packet; length: what its header says, where that is not its own."""
    words = 5 + len(options) // 4
    size = length or words * 4 + len(body)
    head = struct.pack("!BBHHHBBH", 0x40 | words, 0, size, 0, fragment, 64, protocol, 0)
    return head + socket.inet_aton(source) + socket.inet_aton(target) + options + body


def interface(name, address, running=True):
    return Interface(
        id=f"eni-{name}",
        instance=f"i-{name}",
        host=name,
        account="111111111111",
        vpc="vpc-1",
        subnet="subnet-1",
        address=address,
        groups=(),
        public=None,
        running=running,
    )

"""Tracked connections of a namespace, read and ended through ctnetlink.

Attributes are linux/netfilter/nfnetlink_conntrack.h's. Only IPv4 is tracked here, because the
fabric drops everything else.
"""

import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

NETLINK_NETFILTER = 12
GET, DELETE = 0x0101, 0x0102
ERROR, DONE = 2, 3
REQUEST, ACK, DUMP = 0x1, 0x4, 0x300
TUPLE_ORIG, TUPLE_REPLY, ID = 1, 2, 12
TUPLE_IP, TUPLE_PROTO = 1, 2
V4_SRC, V4_DST = 1, 2
DST_PORT = 3
FAMILY = struct.pack("!BBH", socket.AF_INET, 0, 0)
GONE = 2  # ENOENT: it ended by itself meanwhile


@dataclass(frozen=True, slots=True)
class Connection:
    """One tracked connection.

    addresses: all that occur in it, translated ones too. port: the target's, 0 without ports.
    key: the raw attributes by which the kernel finds it again.
    """

    addresses: frozenset[str]
    port: int
    key: bytes


def end(address: str, other: str | None = None, port: int | None = None) -> int:
    """End the connections of `address` (with `other`, to `port`) in this thread's namespace.

    Returns how many were ended.
    """
    wanted = {address, *([other] if other else [])}
    return _end(lambda one: wanted <= one.addresses and port in (None, one.port))


def end_all(addresses: Iterable[str]) -> int:
    """End every connection in which any of `addresses` occurs; how many. Reads the table once."""
    wanted = frozenset(addresses)
    return _end(lambda one: bool(wanted & one.addresses))


def _end(wanted: Callable[[Connection], bool]) -> int:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as link:
        link.bind((0, 0))
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        found = [one for one in _connections(link) if wanted(one)]
        return sum(_delete(link, one) for one in found)


def _connections(link: socket.socket) -> Iterator[Connection]:
    _send(link, GET, REQUEST | DUMP, b"")
    while True:
        for kind, body in _messages(link.recv(1 << 18)):
            if kind == DONE:
                return
            if kind == ERROR:
                raise OSError(-struct.unpack_from("=i", body)[0], "conntrack dump")
            yield _connection(body[len(FAMILY) :])


def _connection(body: bytes) -> Connection:
    attributes = dict(_attributes(body))
    ends = [dict(_attributes(attributes[kind])) for kind in (TUPLE_ORIG, TUPLE_REPLY)]
    pairs = [dict(_attributes(one[TUPLE_IP])) for one in ends]
    ports = dict(_attributes(ends[0][TUPLE_PROTO]))
    key = b"".join(
        _attribute(kind | nested, attributes[kind])
        for kind, nested in ((TUPLE_ORIG, 0x8000), (ID, 0))
    )
    return Connection(
        frozenset(socket.inet_ntoa(pair[side]) for pair in pairs for side in (V4_SRC, V4_DST)),
        struct.unpack("!H", ports[DST_PORT])[0] if DST_PORT in ports else 0,
        key,
    )


def _delete(link: socket.socket, one: Connection) -> bool:
    _send(link, DELETE, REQUEST | ACK, one.key)
    for kind, body in _messages(link.recv(1 << 16)):
        code = -struct.unpack_from("=i", body)[0] if kind == ERROR else 0
        if code not in (0, GONE):
            raise OSError(code, "conntrack delete")
        return code == 0
    return False


def _send(link: socket.socket, kind: int, flags: int, body: bytes) -> None:
    size = 16 + len(FAMILY) + len(body)
    link.send(struct.pack("=IHHII", size, kind, flags, 1, 0) + FAMILY + body)


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 16:
        size, kind = struct.unpack_from("=IH", data)
        yield kind, data[16:size]
        data = data[(size + 3) & ~3 :]


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 4:
        size, kind = struct.unpack_from("=HH", data)
        yield kind & 0x3FFF, data[4:size]
        data = data[(size + 3) & ~3 :]


def _attribute(kind: int, value: bytes) -> bytes:
    padding = b"\0" * (-len(value) % 4)
    return struct.pack("=HH", 4 + len(value), kind) + value + padding

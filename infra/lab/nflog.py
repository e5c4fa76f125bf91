"""A namespace's log group as packets with a prefix: netlink's NFLOG, without a library.

Source: Linux include/uapi/linux/netfilter/nfnetlink_log.h.
"""

import errno
import socket
import struct
import time
from collections.abc import Iterator
from typing import NamedTuple

BUFFER = 8 << 20
"""Bytes of receive buffer asked for: tens of thousands of packets that have not been read yet."""
SNAPLEN = 64
"""Bytes of each packet: the longest IPv4 header and the ports after it."""

_NETLINK_NETFILTER = 12
_PACKET, _CONFIG, _ERROR = 0x400, 0x401, 2
_REQUEST_AND_ACKNOWLEDGE = 5
_CFG_CMD, _CFG_MODE, _CFG_NLBUFSIZ, _CFG_TIMEOUT, _CFG_QTHRESH, _CFG_FLAGS = 1, 2, 3, 4, 5, 6
_BIND, _UNBIND, _COPY_PACKET, _NUMBERED = 1, 2, 2, 1
_TIMESTAMP, _PAYLOAD, _PREFIX, _SEQUENCE = 3, 9, 10, 12
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_GENERIC = struct.Struct("!BBH")
_LARGEST_MESSAGE = 1 << 17


class Told(NamedTuple):
    """One packet: the kernel's number for it (32 bits, from 0), when (Unix s), its first bytes."""

    number: int
    at: int
    prefix: str
    packet: bytes


def attribute(kind: int, value: bytes) -> bytes:
    """One netlink attribute, padded."""
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, kind) + value + b"\0" * (-length % 4)


def messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(type, body) of each netlink message in one datagram."""
    start = 0
    while start + _HEADER.size <= len(data):
        length, kind, _, _, _ = _HEADER.unpack_from(data, start)
        if length < _HEADER.size:
            return
        yield kind, data[start + _HEADER.size : start + length]
        start += length + 3 & ~3


def told(body: bytes) -> Told:
    """What one message says; what it does not say is 0 or empty, the time then the present."""
    found, start = dict[int, bytes](), _GENERIC.size
    while start + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, start)
        if length < _ATTRIBUTE.size:
            break
        found[kind] = body[start + _ATTRIBUTE.size : start + length]
        start += length + 3 & ~3
    stamp = found.get(_TIMESTAMP)
    return Told(
        int.from_bytes(found.get(_SEQUENCE, b""), "big"),
        int.from_bytes(stamp[:8], "big") if stamp else int(time.time()),
        found.get(_PREFIX, b"").rstrip(b"\0").decode("ascii", "replace"),
        found.get(_PAYLOAD, b""),
    )


class Listener:
    """One log group of the namespace that the calling thread is in; close it after use.

    delay: hundredths of a second that the kernel may hold packets back, to hand over up to
    `together` of them at once. lost: how often it said that some did not fit into the buffer.
    Raises OSError without the right, or (EBUSY, EPERM) where another reader holds the group.
    """

    def __init__(
        self, group: int, buffer: int = BUFFER, *, delay: int = 5, together: int = 128
    ) -> None:
        self._group = group
        self.lost = 0
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
        try:
            force = getattr(socket, "SO_RCVBUFFORCE", 33)
            self.socket.setsockopt(socket.SOL_SOCKET, force, buffer)
            self.socket.bind((0, 0))
            self._bind(delay, together)
        except BaseException:
            self.socket.close()
            raise

    def _bind(self, delay: int, together: int) -> None:
        self._configure(attribute(_CFG_CMD, struct.pack("B", _BIND)))
        # Packets are numbered, so that those which did not fit can be counted.
        self._configure(
            attribute(_CFG_MODE, struct.pack("!IBx", SNAPLEN, _COPY_PACKET))
            + attribute(_CFG_NLBUFSIZ, struct.pack("!I", 1 << 15))
            + attribute(_CFG_TIMEOUT, struct.pack("!I", delay))
            + attribute(_CFG_QTHRESH, struct.pack("!I", together))
            + attribute(_CFG_FLAGS, struct.pack("!H", _NUMBERED))
        )
        self.socket.setblocking(False)

    def _configure(self, attributes: bytes) -> None:
        self._send(attributes)
        for kind, body in messages(self.socket.recv(_LARGEST_MESSAGE)):
            number = -struct.unpack_from("=i", body)[0] if kind == _ERROR else 0
            if number:
                raise OSError(number, errno.errorcode.get(number, str(number)))

    def _send(self, attributes: bytes) -> None:
        body = _GENERIC.pack(0, 0, self._group) + attributes
        size = _HEADER.size + len(body)
        header = _HEADER.pack(size, _CONFIG, _REQUEST_AND_ACKNOWLEDGE, 1, 0)
        self.socket.send(header + body)

    def fileno(self) -> int:
        """For select and poll."""
        return self.socket.fileno()

    def datagram(self) -> list[Told] | None:
        """The packets of one datagram, None where none waits.

        Raises OSError, but not where packets did not fit (ENOBUFS): their numbers are missing.
        """
        while True:
            try:
                data = self.socket.recv(_LARGEST_MESSAGE)
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                self.lost += 1
                continue
            return [told(body) for kind, body in messages(data) if kind == _PACKET]

    def end(self) -> None:
        """Let the kernel hand over what it holds back and tell nothing more."""
        self._send(attribute(_CFG_CMD, struct.pack("B", _UNBIND)))

    def close(self) -> None:
        """Close the socket; the group is free."""
        self.socket.close()

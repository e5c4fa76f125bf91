"""The fabric's denials as packets report them: netlink's NFLOG, without a library.

Source: Linux include/uapi/linux/netfilter/nfnetlink_log.h.
"""

import contextlib
import errno
import socket
import struct
from collections.abc import Iterator

from bulkhead.errors import MissingHere, Problem
from infra.lab.probe.namespace import Namespaces
from infra.lab.probe.wire import Wire, read_wire

GROUP = 62
"""The log group of the fabric's drop rules. The kernel gives a group to one reader at a time."""
BUFFER = 32 << 20
"""Bytes of receive buffer asked for: some 100,000 denials that have not been read yet."""

_NETLINK_NETFILTER = 12
_SUBSYSTEM = 4
_PACKET, _CONFIG = _SUBSYSTEM << 8, _SUBSYSTEM << 8 | 1
_ERROR = 2
_REQUEST, _ACKNOWLEDGE = 1, 4
_CFG_CMD, _CFG_MODE, _CFG_NLBUFSIZ, _CFG_TIMEOUT, _CFG_QTHRESH = 1, 2, 3, 4, 5
_BIND, _COPY_PACKET = 1, 2
_ATTR_PAYLOAD, _ATTR_PREFIX = 9, 10
_HEADER = struct.Struct("=IHHII")
_ATTRIBUTE = struct.Struct("=HH")
_GENERIC = struct.Struct("!BBH")
_SNAPLEN = 64
_LARGEST_MESSAGE = 1 << 17


def _attribute(kind: int, value: bytes) -> bytes:
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, kind) + value + b"\0" * (-length % 4)


def _request(group: int, attributes: bytes) -> bytes:
    body = _GENERIC.pack(0, 0, group) + attributes
    flags = _REQUEST | _ACKNOWLEDGE
    return _HEADER.pack(_HEADER.size + len(body), _CONFIG, flags, 1, 0) + body


def _messages(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(type, body) of each netlink message in one datagram."""
    start = 0
    while start + _HEADER.size <= len(data):
        length, kind, _, _, _ = _HEADER.unpack_from(data, start)
        if length < _HEADER.size:
            return
        yield kind, data[start + _HEADER.size : start + length]
        start += length + 3 & ~3


def _denial(body: bytes) -> tuple[str, Wire] | None:
    prefix, wire, start = "", None, _GENERIC.size
    while start + _ATTRIBUTE.size <= len(body):
        length, kind = _ATTRIBUTE.unpack_from(body, start)
        if length < _ATTRIBUTE.size:
            break
        value = body[start + _ATTRIBUTE.size : start + length]
        if kind == _ATTR_PREFIX:
            prefix = value.rstrip(b"\0").decode("ascii", "replace").strip()
        elif kind == _ATTR_PAYLOAD:
            wire = read_wire(value)
        start += length + 3 & ~3
    return None if wire is None else (prefix, wire)


class Denials:
    """The packets dropped in one namespace from now on, with the prefix of the rule that did it.

    lost: how often the kernel said that reports did not fit into the buffer. A report is proof;
    a missing report is proof of nothing.
    """

    def __init__(self, spaces: Namespaces, namespace: str, group: int = GROUP) -> None:
        """Start to listen. MissingHere without the namespace, the right, or a free log group."""
        self.lost = 0
        try:
            with spaces.excursion(namespace):
                self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER)
        except OSError as error:
            raise MissingHere(_cannot(namespace, error)) from error
        try:
            self._bind(group)
        except OSError as error:
            self.socket.close()
            taken = error.errno in (errno.EBUSY, errno.EPERM)
            problem = _taken(namespace, group) if taken else _cannot(namespace, error)
            raise MissingHere(problem) from error

    def _bind(self, group: int) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_RCVBUFFORCE", 33), BUFFER)
        self.socket.bind((0, 0))
        self._configure(group, _attribute(_CFG_CMD, struct.pack("B", _BIND)))
        mode = _attribute(_CFG_MODE, struct.pack("!IBx", _SNAPLEN, _COPY_PACKET))
        # Reports come in batches: at the latest after 10 ms (the kernel's unit), or 64 together.
        batching = (
            _attribute(_CFG_NLBUFSIZ, struct.pack("!I", 1 << 15))
            + _attribute(_CFG_TIMEOUT, struct.pack("!I", 1))
            + _attribute(_CFG_QTHRESH, struct.pack("!I", 64))
        )
        self._configure(group, mode + batching)
        self.socket.setblocking(False)

    def _configure(self, group: int, attributes: bytes) -> None:
        self.socket.send(_request(group, attributes))
        while True:
            for kind, body in _messages(self.socket.recv(_LARGEST_MESSAGE)):
                if kind == _ERROR:
                    number = -struct.unpack_from("=i", body)[0]
                    if number:
                        raise OSError(number, errno.errorcode.get(number, str(number)))
                    return

    def read(self) -> Iterator[tuple[str, Wire]]:
        """(prefix, packet) of every report that has come, without waiting."""
        with contextlib.suppress(BlockingIOError):
            while True:
                try:
                    data = self.socket.recv(_LARGEST_MESSAGE)
                except OSError as error:
                    if error.errno != errno.ENOBUFS:
                        raise
                    self.lost += 1
                    continue
                for kind, body in _messages(data):
                    if kind == _PACKET and (denial := _denial(body)) is not None:
                        yield denial


def _taken(namespace: str, group: int) -> Problem:
    return Problem(
        where=f"log group {group} in {namespace}",
        what="another reader holds it, and the kernel gives a group to one at a time",
        allowed="one probe of a lab at a time",
        remedy="wait until the other probe has ended",
    )


def _cannot(namespace: str, error: OSError) -> Problem:
    return Problem(
        where=f"network namespace {namespace}",
        what=f"its log of dropped packets cannot be read ({error})",
        allowed="root, and a lab whose fabric is up",
        remedy="run as root; see `bulkhead status --env lab`",
    )

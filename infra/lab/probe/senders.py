"""The sending ends on a host: a UDP socket, and a raw ICMP socket that also sees what arrives."""

import errno
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from typing import Protocol

from infra.lab.probe.listeners import Vantage
from infra.lab.probe.loop import READ, Loop
from infra.lab.probe.wire import (
    ECHO_REPLY,
    ECHO_REQUEST,
    UNREACHABLE,
    Wire,
    echo_request,
    header_length,
    read_wire,
)

_SOL_RAW, _ICMP_FILTER = 255, 1
_WANTED_ICMP = 1 << ECHO_REPLY | 1 << UNREACHABLE | 1 << ECHO_REQUEST
_BUFFER = 4 << 20
_RCVBUFFORCE = getattr(socket, "SO_RCVBUFFORCE", 33)
_TURN = 256


class Mailbox(Protocol):
    """Who is told what came in."""

    def arrived(self, host: str, payload: bytes) -> None:
        """A request's payload was seen at `host`."""

    def echoed(self, host: str, payload: bytes, peer: str) -> None:
        """`payload` came back to `host` from the address `peer`."""

    def unreachable(self, wire: Wire, code: int, reporter: str) -> None:
        """An ICMP `unreachable` of this code came for the packet `wire`."""


class Sender:
    """A UDP socket on `vantage` whose port is also the TCP source port and the ICMP identifier."""

    def __init__(
        self, loop: Loop, vantage: Vantage, ports: Iterable[int], mailbox: Mailbox
    ) -> None:
        """Call it inside the host's namespace. OSError if the address is not there.

        ports: source ports to try in turn, for the host itself may be using one.
        """
        self._loop, self._vantage, self._mailbox = loop, vantage, mailbox
        self._socket, self._guard, self.port = _free_pair(vantage.address, ports)
        self._socket.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, _BUFFER)
        loop.watch(self._socket, READ, lambda _: self._read())

    def close(self) -> None:
        """Give the port back."""
        self._guard.close()
        self._loop.drop(self._socket)

    def send(self, payload: bytes, address: str, port: int) -> None:
        """One datagram; a full buffer loses it, as a network would."""
        with suppress(BlockingIOError):
            self._socket.sendto(payload, (address, port))

    def _read(self) -> None:
        with suppress(OSError):
            for _ in range(_TURN):
                payload, (peer, _) = self._socket.recvfrom(2048)
                self._mailbox.echoed(self._vantage.host, payload, peer)


def _free_pair(address: str, ports: Iterable[int]) -> tuple[socket.socket, socket.socket, int]:
    """A UDP socket, a TCP socket that keeps the host's own connections off its port, the port.

    A connection of the host's own that holds the port would let no trial bind to it.
    """
    for port in ports:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            udp.bind((address, port))
            tcp.bind((address, port))
        except OSError as error:
            udp.close()
            tcp.close()
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return udp, tcp, port
    raise OSError(errno.EADDRINUSE, "no free source port")


class Tap:
    """A raw ICMP socket on a host: sends echo requests, sees requests, replies and errors."""

    def __init__(self, loop: Loop, vantage: Vantage, mailbox: Mailbox) -> None:
        """Call it inside the host's namespace. OSError without the right."""
        self._host, self._mailbox = vantage.host, mailbox
        self._socket = socket.socket(
            socket.AF_INET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_ICMP
        )
        loop.watch(self._socket, READ, lambda _: self._read())
        unwanted = struct.pack("=I", ~_WANTED_ICMP & 0xFFFFFFFF)
        self._socket.setsockopt(_SOL_RAW, _ICMP_FILTER, unwanted)
        self._socket.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, _BUFFER)
        self._socket.bind((vantage.address, 0))

    def send(self, payload: bytes, address: str, identifier: int) -> None:
        """One echo request; a full buffer loses it, as a network would."""
        with suppress(BlockingIOError):
            self._socket.sendto(echo_request(identifier, payload), (address, 0))

    def _read(self) -> None:
        with suppress(OSError):
            for _ in range(_TURN):
                packet, (peer, _) = self._socket.recvfrom(2048)
                self._sort(packet, header_length(packet), peer)

    def _sort(self, packet: bytes, start: int, peer: str) -> None:
        kind, code, body = packet[start], packet[start + 1], packet[start + 8 :]
        if kind == ECHO_REQUEST:
            self._mailbox.arrived(self._host, body)
        elif kind == ECHO_REPLY:
            self._mailbox.echoed(self._host, body, peer)
        elif kind == UNREACHABLE and (wire := read_wire(body)) is not None:
            self._mailbox.unreachable(wire, code, peer)

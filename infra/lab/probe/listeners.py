"""Listeners on hosts: TCP and UDP that echo, and raw sockets where a real service is in the way."""

import errno
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from bulkhead.errors import BulkheadError, Problem
from infra.lab.probe.loop import READ, Loop
from infra.lab.probe.namespace import Namespaces
from infra.lab.probe.wire import header_length

Arrival = Callable[[str, bytes], None]
_TURN = 64
"""Packets or connections served per socket and turn, so that no socket starves the others."""
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vantage:
    """Where a host is: its network namespace, private IPv4 address, and public one if it has one.

    host: the name that flows use. The pseudo host `internet` has the same address twice.
    """

    host: str
    namespace: str
    address: str
    public: str | None


Wanted = tuple[Vantage, Literal["tcp", "udp"], int]


def reset_on_close(sock: socket.socket) -> None:
    """Close with RST: nothing waits in TIME_WAIT, and connection trackers forget the flow."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


class Listeners:
    """Echo services on hosts' private addresses, served by a Loop.

    foreign: (host, protocol, port) that a real service holds. There TCP is left to that service,
    and UDP is answered beside it from a raw socket. failed: what could not be bound, and why.
    arrived: called with the host and the payload, for each payload that came.
    """

    def __init__(self, loop: Loop, spaces: Namespaces, arrived: Arrival) -> None:
        self._loop, self._spaces, self._arrived = loop, spaces, arrived
        self.foreign: set[tuple[str, str, int]] = set()
        self.failed: dict[tuple[str, str, int], str] = {}
        self._raw: dict[str, set[int]] = {}

    def open(self, wanted: Iterable[Wanted]) -> None:
        """Listen on each; never raises for one that cannot be: see `failed` and `foreign`."""
        with self._spaces.excursion():
            for vantage, protocol, port in wanted:
                try:
                    self._spaces.enter(vantage.namespace)
                    self._listen(vantage, protocol, port)
                except OSError as error:
                    self._explain(vantage, protocol, port, error)

    def _explain(self, vantage: Vantage, protocol: str, port: int, error: OSError) -> None:
        key = (vantage.host, protocol, port)
        if error.errno != errno.EADDRINUSE:
            self.failed[key] = str(error)
            return
        self.foreign.add(key)
        if protocol == "udp":
            self._listen_beside(vantage, port)

    def _listen(self, vantage: Vantage, protocol: str, port: int) -> None:
        kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
        sock = socket.socket(socket.AF_INET, kind | socket.SOCK_NONBLOCK)
        try:
            if protocol == "tcp":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((vantage.address, port))
            if protocol == "tcp":
                sock.listen(4096)
        except OSError:
            sock.close()
            raise
        serve = self._accept if protocol == "tcp" else self._echo_datagrams
        self._loop.watch(sock, READ, lambda _: serve(vantage.host, sock))

    def _accept(self, host: str, listener: socket.socket) -> None:
        with suppress(BlockingIOError):
            for _ in range(_TURN):
                sock, _ = listener.accept()
                sock.setblocking(False)
                self._serve(host, sock)

    def _serve(self, host: str, sock: socket.socket) -> None:
        self._loop.watch(sock, READ, lambda _: self._echo_stream(host, sock))
        self._echo_stream(host, sock)

    def _echo_stream(self, host: str, sock: socket.socket) -> None:
        try:
            if data := sock.recv(4096):
                self._arrived(host, data)
                sock.send(data)
                return
        except BlockingIOError:
            return
        except OSError:
            pass  # a reset: the other side has what it wanted
        self._loop.drop(sock)

    def _echo_datagrams(self, host: str, sock: socket.socket) -> None:
        with suppress(OSError):
            for _ in range(_TURN):
                data, peer = sock.recvfrom(2048)
                self._arrived(host, data)
                sock.sendto(data, peer)

    def _listen_beside(self, vantage: Vantage, port: int) -> None:
        """Answer from a raw socket, which sees a copy of what the real service receives."""
        if vantage.host in self._raw:
            self._raw[vantage.host].add(port)
            return
        sock = socket.socket(
            socket.AF_INET, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_UDP
        )
        sock.bind((vantage.address, 0))
        self._raw[vantage.host] = {port}
        self._loop.watch(sock, READ, lambda _: self._echo_raw(vantage, sock))

    def _echo_raw(self, vantage: Vantage, sock: socket.socket) -> None:
        with suppress(OSError):
            for _ in range(_TURN):
                packet, peer = sock.recvfrom(2048)
                start = header_length(packet)
                sport, dport = struct.unpack_from("!HH", packet, start)
                if dport not in self._raw[vantage.host]:
                    continue
                data = packet[start + 8 :]
                self._arrived(vantage.host, data)
                # Checksum 0 means "none" in UDP over IPv4.
                header = struct.pack("!HHHH", dport, sport, 8 + len(data), 0)
                sock.sendto(header + data, (peer[0], 0))


@contextmanager
def listeners(wanted: Iterable[Wanted]) -> Iterator[None]:
    """Echo on each (vantage, protocol, port) from a thread of its own until the block ends.

    A TCP connection is echoed for as long as it lives: a live flow can be held and cut.
    BulkheadError if one of them cannot be bound, or a real service is already there.
    """
    loop, spaces = Loop(), Namespaces()
    stop_here, stop_there = socket.socketpair()
    stopping = threading.Event()
    served = Listeners(loop, spaces, lambda _host, _data: None)

    def serve() -> None:
        while not stopping.is_set():
            loop.turn(-1)

    thread = threading.Thread(target=serve, name="probe-listeners", daemon=True)
    try:
        loop.watch(stop_there, READ, lambda _: stopping.set())
        served.open(wanted)
        _insist(served)
        thread.start()
        yield
    finally:
        stop_here.send(b"x")
        if thread.ident is not None:
            thread.join()
        loop.close()
        spaces.close()
        stop_here.close()


def _insist(served: Listeners) -> None:
    trouble = dict.fromkeys(served.foreign, "a service of the host's own is there")
    problems = [
        Problem(where=f"{host}: {protocol} {port}", what=f"cannot listen ({why})")
        for (host, protocol, port), why in {**trouble, **served.failed}.items()
    ]
    if problems:
        raise BulkheadError(*problems)


def connect(vantage: Vantage, address: str, port: int, *, timeout: float = 2.0) -> socket.socket:
    """A blocking TCP connection from a host; OSError if it is not made within `timeout` seconds."""
    spaces = Namespaces()
    try:
        with spaces.excursion(vantage.namespace):
            sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    finally:
        spaces.close()
    try:
        sock.settimeout(timeout)
        sock.bind((vantage.address, 0))
        sock.connect((address, port))
    except OSError:
        sock.close()
        raise
    return sock

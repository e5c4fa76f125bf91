"""The defenders' view of an attempt: which layer says that it dropped it, or that it arrived.

A UDP packet to a port where nobody listens arrives, and its sender may never hear of it: the
error is ICMP, which network ACLs stop. So the target's own kernel is asked.
"""

import selectors
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.lab.probe.namespace import Namespaces
from infra.lab.probe.nflog import Denials
from infra.lab.probe.wire import NUMBER, Wire, read_wire

if TYPE_CHECKING:
    from bulkhead.environments.actions.lab_hosts import Hosts
    from infra.lab.probe import Vantage

HOST_BUFFER = 1 << 20
_ALONE = threading.Lock()
"""Batches of a drill run beside each other, and the kernel gives a log to one reader."""
ARRIVED = "arrived"
"""Told instead of a layer: the target's own filter has let it in."""


@dataclass(slots=True)
class Sent:
    """One attempt on its way: who, to whom, and by which ports it is known on the wire."""

    source: "Vantage"
    target: "Vantage"
    protocol: str
    port: int
    own_port: int = 0

    def matches(self, wire: Wire) -> bool:
        """Whether a packet is this request, before or after its addresses were translated."""
        return (
            (wire.protocol, wire.sport, wire.dport)
            == (NUMBER[self.protocol], self.own_port, self.port)
            and socket.inet_ntoa(wire.saddr) in (self.source.address, self.source.public)
            and socket.inet_ntoa(wire.daddr) in (self.target.address, self.target.public)
        )


@dataclass(slots=True)
class Watch:
    """Reports of drops, of the fabric and of machines' own filters, matched to attempts."""

    logs: list[Denials]
    doors: list[socket.socket]
    early: list[tuple[str, Wire]] = field(default_factory=list)

    def register(self, selector: selectors.BaseSelector) -> None:
        """Be woken by new reports."""
        for log in self.logs:
            selector.register(log.socket, selectors.EVENT_READ, self)
        for door in self.doors:
            selector.register(door, selectors.EVENT_READ, self)

    def read(self, sent: Iterable[Sent]) -> Iterator[tuple[Sent, str]]:
        """(attempt, layer) of each report; what matches nothing is kept: its port may come late."""
        told = [*self.early, *(row for log in self.logs for row in log.read()), *self._arrived()]
        self.early = []
        attempts = list(sent)
        for prefix, wire in told:
            found = _of(attempts, prefix, wire)
            if found is None:
                self.early.append((prefix, wire))
            else:
                yield found

    def _arrived(self) -> Iterator[tuple[str, Wire]]:
        for door in self.doors:
            while (packet := _packet(door)) is not None:
                if (wire := read_wire(packet)) is not None:
                    yield ARRIVED, wire


def _packet(door: socket.socket) -> bytes | None:
    try:
        return door.recv(256)
    except BlockingIOError:
        return None


def _of(attempts: list[Sent], prefix: str, wire: Wire) -> tuple[Sent, str] | None:
    back = wire.swapped()
    for attempt in attempts:
        if attempt.matches(wire):
            return attempt, prefix
        if prefix != ARRIVED and attempt.matches(back):
            return attempt, prefix if prefix.startswith("reply-") else f"reply-{prefix}"
    return None


@contextmanager
def watching(hosts: "Hosts", names: Iterable[str], doors: Iterable[str]) -> Iterator[Watch]:
    """Listen to the fabric, to these machines, and to what UDP comes in at these hosts' doors.

    MissingHere if a log has another reader.
    """
    with _ALONE, closing(Namespaces()) as spaces:
        yield from _watching(hosts, names, doors, spaces)


def _watching(
    hosts: "Hosts", names: Iterable[str], doors: Iterable[str], spaces: Namespaces
) -> Iterator[Watch]:
    logs: list[Denials] = []
    raw: list[socket.socket] = []
    try:
        logs.append(Denials(spaces, hosts.fabric))
        for name in sorted(set(names) & hosts.machines):
            space = hosts.vantages[name].namespace
            logs.append(Denials(spaces, space, buffer=HOST_BUFFER))
        for name in sorted(set(doors)):
            with spaces.excursion(hosts.vantages[name].namespace):
                raw.append(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP))
            raw[-1].setblocking(False)
        yield Watch(logs, raw)
    finally:
        for door in raw:
            door.close()
        for log in logs:
            log.socket.close()

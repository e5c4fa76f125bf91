"""The denials of the fabric, and of hosts' own filters, as packets report them."""

import errno
from collections.abc import Iterator
from socket import socket

from bulkhead.errors import MissingHere, Problem
from infra.lab.nflog import Listener
from infra.lab.probe.namespace import Namespaces
from infra.lab.probe.wire import Wire, read_wire

GROUP = 62
"""The log group of the fabric's drop rules, and in their own namespaces of hosts' filters. The
kernel gives a group of a namespace to one reader at a time."""
BUFFER = 32 << 20
"""Bytes of receive buffer asked for: some 100,000 denials that have not been read yet."""


class Denials:
    """The packets dropped in one namespace from now on, with the prefix of the rule that did it.

    A report is proof; a missing report is proof of nothing.
    """

    def __init__(
        self, spaces: Namespaces, namespace: str, group: int = GROUP, buffer: int | None = None
    ) -> None:
        """Start to listen. MissingHere without the namespace, the right, or a free log group."""
        try:
            with spaces.excursion(namespace):
                self._listener = Listener(group, buffer or BUFFER, delay=1, together=64)
        except OSError as error:
            taken = error.errno in (errno.EBUSY, errno.EPERM)
            problem = _taken(namespace, group) if taken else _cannot(namespace, error)
            raise MissingHere(problem) from error

    @property
    def socket(self) -> socket:
        """To be watched, and closed at the end."""
        return self._listener.socket

    @property
    def lost(self) -> int:
        """How often the kernel said that reports did not fit into the buffer."""
        return self._listener.lost

    def read(self) -> Iterator[tuple[str, Wire]]:
        """(prefix, packet) of every report that has come, without waiting."""
        while (found := self._listener.datagram()) is not None:
            for told in found:
                wire = read_wire(told.packet)
                if wire is not None:
                    yield told.prefix.strip(), wire


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

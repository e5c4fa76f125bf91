"""Sends each scan over a diode, to gateways that cannot ask. Nothing is ever received."""

import logging
import secrets
import socket
from collections.abc import Sequence

from bulkhead.services.plc.config import Peer
from bulkhead.wire import registers
from bulkhead.wire.datagrams import COPIES, Sending

log = logging.getLogger(__name__)


class Sender:
    """UDP sockets that send alone. A gateway that is not there is no error: nobody would say."""

    def __init__(self, address: str, peers: Sequence[Peer], devices: int) -> None:
        """address: the controller's own; gateways know it by that and by the port, which is theirs.

        Raises OSError where it cannot send from there.
        """
        self._devices = devices
        self._sending = Sending(secrets.randbits(64), devices)
        self._sockets = [_connected(address, peer) for peer in peers]
        self._said = ""

    def scan(self, inputs: Sequence[int]) -> None:
        """Send what the input registers say, and the scans before it again."""
        width = registers.size(self._devices)
        image = inputs[:width]
        wanted = image[registers.SCAN]
        for data in self._sending.scan(image, list(self._before(inputs, wanted))):
            for one in self._sockets:
                self._send(one, data)

    def _before(self, inputs: Sequence[int], scan: int) -> "list[Sequence[int]]":
        """The registers of the scans before, out of the controller's memory, oldest first."""
        found: list[Sequence[int]] = []
        width = registers.size(self._devices)
        for _ in range(COPIES - 1):
            scan = scan - 1 or registers.LAST_SCAN
            start = registers.slot(scan, self._devices)
            image = inputs[start : start + width]
            if len(image) < width or image[registers.SCAN] != scan:
                break
            found.insert(0, image)
        return found

    def _send(self, one: socket.socket, data: bytes) -> None:
        try:
            one.send(data)
            said = ""
        except OSError as error:  # a full buffer, or no route: lost, and seen as such beyond
            said = f"{error}"
        if said and said != self._said:
            log.warning("cannot be sent over the diode: %s", said)
        self._said = said

    def close(self) -> None:
        """Send no more."""
        for one in self._sockets:
            one.close()


def _connected(address: str, peer: Peer) -> socket.socket:
    """A socket for one gateway; connected, so that it takes nothing from anybody else."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, peer.port))
        made.connect((peer.address, peer.port))
    except OSError:
        made.close()
        raise
    return made

"""The region's thread that ships its flow log and its journal of calls."""

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from bulkhead.network.deployed import Interface
from bulkhead.services.objectstore.client import PATIENCE, Store
from bulkhead.services.shipper.service import Shipper, Source
from bulkhead.services.shipper.spool import Spool
from infra.lab.delivery import lines
from infra.lab.delivery.target import ANCHOR, KEY, LEAF, ROOM, Target, appointed
from infra.lab.fabric import kernel
from infra.lab.region.state import FLOWS, JOURNAL

log = logging.getLogger(__name__)
LIMIT = 64 << 20
"""Bytes of the spool; the flow log keeps as much again while it is full."""
PACE = 3.0
STATUS = "status.json"


class Delivery:
    """interfaces: what is deployed now. Nothing here raises: what fails is said and tried again."""

    def __init__(self, state: Path, interfaces: Callable[[], Iterable[Interface]]) -> None:
        self._state, self._interfaces = state, interfaces
        self._owners: dict[str, str] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="delivery", daemon=True)

    def start(self) -> None:
        """Deliver from now on, once a target is appointed."""
        self._thread.start()

    def stop(self) -> None:
        """End, soon: what waits is delivered after the next start."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        shipper: Shipper | None = None
        while not self._stopping.wait(PACE):
            try:
                if appointed(self._state) is None:
                    continue
                shipper = shipper or self._shipper()
                shipper.step()
            except Exception:
                log.exception("the delivery of logs is interrupted")
                shipper = None

    def _shipper(self) -> Shipper:
        room = self._state / ROOM
        return Shipper(
            Spool(room / "spool", LIMIT),
            self._sources,
            self._opened,
            status=room / STATUS,
            say=log.warning,
        )

    def _sources(self) -> Iterator[Source]:
        target = appointed(self._state)
        if target is None:
            return
        yield Source(
            stream="flows",
            path=self._state / FLOWS,
            prefix="",
            select=lines.owned(self._known),
            parts=lines.split(target.flows),
        )
        yield Source(
            stream="api", path=self._state / JOURNAL, prefix=target.api, select=lines.calls
        )

    def _known(self) -> Mapping[str, str]:
        """Owners of interfaces, of those that are gone too: their flows are still to come."""
        self._owners |= lines.tenants(self._interfaces())
        return self._owners

    def _opened(self) -> Store:
        target, room = appointed(self._state), self._state / ROOM
        if target is None:
            raise OSError("no store is appointed")
        tls = ssl.create_default_context(cafile=str(room / ANCHOR))
        tls.minimum_version = ssl.TLSVersion.TLSv1_3
        tls.load_cert_chain(room / LEAF, room / KEY)
        way = _way(target)
        return Store("127.0.0.1", target.port, name=target.name, tls=tls, connect=way)


def _way(target: Target) -> Callable[[], socket.socket]:
    """From within the host that stores: a socket stays where it was made."""
    address = ("127.0.0.1", target.port)
    return lambda: kernel.inside(
        target.namespace, lambda: socket.create_connection(address, PATIENCE)
    )

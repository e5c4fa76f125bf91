"""The region's life: claim the state, drop everything, replay, load, serve, end in order."""

import hashlib
import logging
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bulkhead.errors import Problem, WrongInput
from bulkhead.network.deployed import Interface
from infra.lab.api.accounts import root
from infra.lab.api.client import inside
from infra.lab.api.enforcement import Enforcement, Enforcer, NetworkReader
from infra.lab.api.gate import Gate
from infra.lab.api.hosts import Hosts
from infra.lab.api.journal import Journal
from infra.lab.api.replay import replay
from infra.lab.api.world import World
from infra.lab.delivery import Delivery
from infra.lab.region import state as files
from infra.lab.region.control import Control
from infra.lab.region.server import Server

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """state: the state directory (absolute). port: 0 for the last one used, else any free one."""

    state: Path
    region: str
    port: int = 0


class Region:
    """A region in this process. `open` brings it to where it serves; `run` serves until ended."""

    def __init__(self, options: Options, enforcer: Enforcer, hosts: Hosts | None = None) -> None:
        self._options, self._enforcer, self._hosts = options, enforcer, hosts
        self._ended = threading.Event()
        self._lock: int | None = None

    def open(self) -> files.RegionInfo:
        """Claim, drop, replay, load, listen. Raises BulkheadError; nothing is forwarded then."""
        state = self._options.state
        self._lock = files.claim(state)
        (state / files.INFO).unlink(missing_ok=True)
        self._enforcer.open()
        secret = files.secret(state)
        known = self._known()
        world = World(seed=_seed(secret), region=self._options.region)
        self._journal = Journal(state / files.JOURNAL)
        replay(world, self._journal)
        reader = NetworkReader(inside(world.ask, self._options.region), world.accounts)
        enforcement = Enforcement(reader, self._enforcer)
        self.gate = Gate(world, self._journal, enforcement, secret, self._hosts)
        self.gate.enforcement.refresh()
        self._server = Server(self.gate, self._options.port, known.get("port", 0))
        self._control = Control(state, self.gate)
        self._delivery = Delivery(state, self._interfaces)
        files.write(state / files.LAB, known | {"port": self._server.port})
        return self._info(root(secret).access_key)

    def _known(self) -> dict[str, Any]:
        """lab.json; a lab keeps the region that it was made with."""
        known = files.read(self._options.state / files.LAB) or {"region": self._options.region}
        if known["region"] != self._options.region:
            raise WrongInput(
                Problem(
                    str(self._options.state),
                    f"this lab is region {known['region']}, not {self._options.region}",
                    allowed=known["region"],
                    remedy="ask for that region, or choose another state directory with --state",
                )
            )
        return known

    def _interfaces(self) -> tuple[Interface, ...]:
        deployed = self.gate.enforcement.deployed
        return deployed.interfaces if deployed else ()

    def _info(self, access_key: str) -> files.RegionInfo:
        pid, started = files.holder(self._options.state) or (0, 0)
        return files.RegionInfo(
            pid=pid,
            started=started,
            endpoint=self._server.endpoint,
            lab=files.lab_id(self._options.state),
            region=self._options.region,
            state=str(self._options.state),
            access_key=access_key,
        )

    def run(self, ready: Callable[[], None]) -> None:
        """Serve until SIGTERM, SIGINT or `end`. ready: called once when requests are answered."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ended.set())
        self._server.start()
        self._control.start()
        self._delivery.start()
        ready()
        self._ended.wait()
        self.close()

    def end(self) -> None:
        """Make `run` return."""
        self._ended.set()

    def close(self) -> None:
        """Answer nobody any more, then drop all packets, then let go of files."""
        self._server.stop()
        self._control.stop()
        self._delivery.stop()
        with self.gate.lock:
            self._enforcer.close()
            self._journal.close()
        (self._options.state / files.INFO).unlink(missing_ok=True)
        log.info("ended")


def _seed(secret: bytes) -> str:
    return hashlib.sha256(b"seed" + secret).hexdigest()

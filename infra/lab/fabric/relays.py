"""What answers behind an endpoint in the lab: a relay between two hosts' networks.

AWS's side of a service is no part of what is deployed, so the lab has a table of its own: which
role's hosts stand for a service, and where. A service that nobody stands for here has its
endpoint, with its address and rules, and connections to it are refused.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from select import select

from bulkhead.network.deployed import Deployed, Endpoint, Interface
from infra.lab.fabric.client import WorkerFailed

HTTPS = 443
"""The port at which AWS's interface endpoints answer."""
STANDS_FOR = {"s3": ("logstore", 9000)}
"""Service -> the role whose first running host stands for it in the lab, and its port."""
BOUND = 20.0
"""Seconds in which the relay has to say that it listens."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Relay:
    """Listens at `address` in the network of `consumer`, and connects inside that of `server`.

    consumer, server: instance ids. The server's side can open nothing back: each connection is
    two, and the one towards the consumer is begun by the consumer.
    """

    consumer: str
    address: str
    port: int
    server: str
    to: str
    to_port: int


def relays(deployed: Deployed) -> tuple[Relay, ...]:
    """The relays of a deployment: one for each accepted endpoint that something stands for."""
    return tuple(sorted(_relays(deployed)))


def _relays(deployed: Deployed) -> Iterator[Relay]:
    for endpoint in deployed.endpoints:
        if not endpoint.accepted or _short(endpoint) not in STANDS_FOR:
            continue
        role, port = STANDS_FOR[_short(endpoint)]
        if (server := _first(deployed, role)) is not None:
            yield Relay(
                consumer=endpoint.id,
                address=endpoint.address,
                port=HTTPS,
                server=server.instance,
                to=server.address,
                to_port=port,
            )


def _short(endpoint: Endpoint) -> str:
    return endpoint.service.rsplit(".", 1)[-1]


def _first(deployed: Deployed, role: str) -> Interface | None:
    """The first running host of a role; its name ends in `ROLE-NUMBER`."""
    found = [
        one
        for one in deployed.interfaces
        if one.running and one.host.rsplit("/", 1)[-1].rpartition("-")[0] == role
    ]
    return min(found, key=lambda one: one.host, default=None)


class Relays:
    """The process that relays, and what it was last told. It ends with whoever started it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._told: tuple[Relay, ...] = ()

    def follow(self, wanted: tuple[Relay, ...], prefix: str) -> None:
        """Relay exactly these; on return they listen. WorkerFailed where they do not.

        prefix: of the lab's namespaces.
        """
        alive = self._process is not None and self._process.poll() is None
        if wanted == self._told and (alive or not wanted):
            return
        if not alive:
            self._begin()
        rows = [asdict(one) for one in wanted]
        self._ask(json.dumps({"prefix": prefix, "relays": rows}))
        self._told = wanted

    def _begin(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "infra.lab.fabric.relaying"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def _ask(self, request: str) -> None:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise WorkerFailed("there is no relay")
        try:
            print(request, file=process.stdin, flush=True)
            heard = select([process.stdout], [], [], BOUND)[0]
            said = process.stdout.readline() if heard else ""
        except OSError as error:
            raise WorkerFailed(f"the relay is gone: {error}") from error
        if said.strip() != "listening":
            self.end()
            raise WorkerFailed(f"the relay does not listen: {said.strip() or 'no answer'}")

    def end(self) -> None:
        """End the process, and with it every connection that it carries."""
        process, self._process, self._told = self._process, None, ()
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()

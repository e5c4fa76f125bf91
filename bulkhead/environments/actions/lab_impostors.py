"""Copied credentials at work in the lab. The key never leaves the gateway's host.

The copy is a file of the gateway's account on the gateway's own host. Whoever uses it is a process
on that host, in the network of the host from which it is to come: for brokers and networks no
different from a thief there, and the key is in nobody else's hands. A process that loses its
standard input ends, so that none outlives the command that began it.
"""

import json
import os
import select
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bulkhead.drill.incidents import (
    EXPIRED,
    REVOKED,
    UNKNOWN,
    Copy,
    Discard,
    Handshake,
    Impersonate,
    Impostor,
    TakenOver,
    Withdraw,
)
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, Refused
from bulkhead.environments.actions.lab_attempts import reached
from bulkhead.environments.actions.lab_certificates import TLS
from bulkhead.environments.actions.lab_hosts import Errand, Hosts, Said
from bulkhead.network.deployed import Flow
from bulkhead.plan.tables import Path
from bulkhead.wire.certificates import dotted
from infra.inventory.roles import PORTS

ROOM = "/run/bulkhead-copied"
PATIENCE = 5.0
LOOK = 0.3
COPY = """
set -eu
umask 077
mkdir -p "$1"
cp -p "$2" "$1/pem"; cp -p "$3" "$1/key"
chown --reference="$3" "$1" "$1/pem" "$1/key"
"""
ALERTS = {
    "CERTIFICATE_EXPIRED": EXPIRED,
    "CERTIFICATE_REVOKED": REVOKED,
    "UNKNOWN_CA": UNKNOWN,
}
"""Layers by the end of OpenSSL's name for the broker's alert."""
TAKEN = "already connected, closing old connection"
"""Mosquitto's words when one session ends another of its name."""
Key = tuple[str, str, str]


@dataclass(slots=True)
class Running:
    """An errand that goes on. over: what it last said, once it ended."""

    errand: Errand
    rest: bytes = b""
    over: Said | None = None

    def hear(self, timeout: float) -> list[Said]:
        """What it says within `timeout` (s); nothing more once it is over."""
        if self.over is not None or not select.select([self.errand.out], [], [], timeout)[0]:
            return []
        data = os.read(self.errand.out.fileno(), 1 << 16)
        *lines, self.rest = (self.rest + data).split(b"\n")
        heard: list[Said] = [json.loads(line) for line in lines]
        ended = [row for row in heard if row["said"] == "over"]
        if ended or not data:
            self.over = ended[-1] if ended else {"layer": "broken", "reason": "it ended"}
        return heard


@dataclass(frozen=True, slots=True)
class Impostors:
    """Handshakes, and sessions in another's name, of one run."""

    hosts: Hosts
    running: dict[Key, Running] = field(default_factory=dict)

    def handshake(self, action: Handshake) -> Outcome:
        """The network first; then the broker, as the source's service."""
        met = self._met(action.source, action.target, action.path)
        if not isinstance(met, Done):
            return met
        role = self.hosts.planned(action.source).role
        pair = _copied() if action.stolen else (f"{TLS}/{role}.pem", f"{TLS}/{role}.key")
        job = self._job(action.source, action.target, action.path, pair)
        errand = Errand(self.hosts, action.source, "handshake", [job], PATIENCE)
        [said] = errand.all(timeout=3 * PATIENCE)
        return _outcome(said)

    def copy(self, action: Copy) -> Outcome:
        """On the gateway's own host, for its service's account alone."""
        role = self.hosts.planned(action.source).role
        files = [ROOM, f"{TLS}/{role}.pem", f"{TLS}/{role}.key"]
        self.hosts.run(action.source, ["sh", "-c", COPY, "sh", *files])
        return Done()

    def discard(self, action: Discard) -> Outcome:
        """Nothing of it stays on the host."""
        self.hosts.run(action.source, ["rm", "-rf", ROOM])
        return Done()

    def impersonate(self, action: Impersonate) -> Outcome:
        """The network first; then a session that is kept."""
        met = self._met(action.source, action.target, action.path)
        if not isinstance(met, Done):
            return met
        since = time.time()
        job = self._job(action.source, action.target, action.path, _copied(), action.identity)
        running = Running(
            Errand(self.hosts, action.identity, "impersonate", [job], PATIENCE, action.source)
        )
        key = (action.source, action.target, action.identity)
        self._end(self.running.pop(key, None))
        end = time.monotonic() + 3 * PATIENCE
        while running.over is None and time.monotonic() < end:
            if any(row["said"] == "granted" for row in running.hear(LOOK)):
                self.running[key] = running
                return Done(facts=(("since", f"{since:.3f}"),))
        self._end(running)
        return _outcome(running.over or {"layer": "broken", "reason": "no session in time"})

    def withdraw(self, action: Withdraw) -> Outcome:
        """Its standard input is closed."""
        self._end(self.running.pop((action.source, action.target, action.identity), None))
        return Done()

    def impostor(self, action: Impostor) -> Outcome:
        """It ends by itself once it is refused."""
        running = self.running.get((action.source, action.target, action.identity))
        if running is None:
            return NotObserved(reason="no such session was begun")
        end = time.monotonic() + action.bound
        while running.over is None and time.monotonic() < end:
            running.hear(LOOK)
        return Done() if running.over else NotObserved(reason="it comes back again and again")

    def taken_over(self, action: TakenOver) -> Outcome:
        """Of the broker's journal."""
        tenant = self.hosts.planned(action.target).tenant
        asked = ["journalctl", "-q", "-u", f"mosquitto@{tenant}.service", "-o", "cat"]
        words = f"Client {dotted(action.source)} {TAKEN}"
        end = time.monotonic() + action.bound
        while time.monotonic() < end:
            said = self.hosts.run(action.target, [*asked, f"--since=@{int(action.since)}"])
            if count := said.count(words):
                return Done(facts=(("times", str(count)),))
            time.sleep(LOOK)
        return NotObserved(reason=f"the log says it of no session within {action.bound:g} s")

    def _met(self, source: str, target: str, path: Path) -> Outcome:
        [found] = reached(self.hosts, source, [self._flow(source, target, path)])
        return found

    def _flow(self, source: str, target: str, path: Path) -> Flow:
        return Flow(source, target, path, "tcp", PORTS["broker"])

    def _job(
        self, source: str, target: str, path: Path, pair: Sequence[str], name: str = ""
    ) -> Said:
        flow = self._flow(source, target, path)
        return {
            "id": 0,
            "certificate": pair[0],
            "key": pair[1],
            "address": self.hosts.destination(flow),
            "port": flow.port,
            "name": dotted(name or source),
        }

    def _end(self, running: Running | None) -> None:
        if running is not None:
            running.errand.close()


def _copied() -> tuple[str, str]:
    return f"{ROOM}/pem", f"{ROOM}/key"


def _outcome(said: Said) -> Outcome:
    """What the script said, with the broker's alert as the layer."""
    layer, reason = said["layer"], said.get("reason", "")
    if not layer:
        return Done()
    if layer == "broken":
        return NotObserved(reason=reason)
    found = next((word for alert, word in ALERTS.items() if reason.endswith(alert)), layer)
    return Refused(layer=found, reason=reason)

"""The plant in the lab: its values go onto the wires of real gateways and controllers.

From there everything is the product's own way: a controller's registers, its gateway's polls, the
broker, ingest, the historian. `arrived` reads there what came of it.
"""

import json
import os
import selectors
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, cast

from bulkhead.environments.actions.lab_hosts import Hosts
from bulkhead.errors import BulkheadError, MissingHere, Problem, WrongInput
from bulkhead.plan import Plan
from bulkhead.wire import field
from bulkhead.wire.certificates import dotted
from bulkhead.wire.metrics import Malformed
from infra.inventory.field import Wired, wiring

Reading = tuple[str, str, str, float]
"""(site, device, signal, value in the signal's unit). A device is a gateway's, one spindle
(`mill-1.spindle-001`), or a machine (`mill-1`), whose value is then that of each spindle."""
INTERVALS = (0.5, field.STALE_S / 2)
"""Least and most seconds between two scans: a gateway must see each, and none may seem the last."""
PATIENCE = 2.0
"""Seconds that a host has to take a scan; beyond that it did not."""

MOST_OWED = 20
"""Answers that a host may owe; with more it is asked anew, by another relay."""


@dataclass(frozen=True, slots=True)
class Fed:
    """What became of one scan. put: values by host that took them; refused: why others did not.

    unknown: (site, device) that no host is wired to. told: what controllers told their machines
    by then, by host, where they said it.
    """

    put: Mapping[str, int]
    refused: Mapping[str, str]
    unknown: tuple[tuple[str, str], ...]
    told: Mapping[str, field.Outputs]


class Feeder:
    """The wires of all gateways and controllers of a lab, held until closed; a context.

    MissingHere where its hosts are bare, WrongInput where its plan wires nothing. Closing takes
    the wires off, so that gateways know that nobody feeds them any more; so does being killed.
    """

    def __init__(self, hosts: Hosts) -> None:
        self._routes = _routes(hosts.plan)
        roles = {row.id: row.role for row in hosts.plan.hosts}
        ends = sorted({row.host for rows in self._routes.values() for row in rows})
        if not ends:
            raise WrongInput(Problem(hosts.plan.estate, "no machine is wired to any host"))
        if not hosts.machines:
            raise MissingHere(
                Problem(
                    where=str(hosts.state),
                    what="the hosts of this lab are bare: nothing there reads wires",
                    remedy="bulkhead down, then bulkhead up ESTATE --env lab --hosts machines",
                )
            )
        self._relays = {host: _Relay(hosts, host, roles[host]) for host in ends}

    def __enter__(self) -> "Feeder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def feed(self, readings: Iterable[Reading]) -> Fed:
        """Put one scan on all wires at once. What has no reading is a dead wire."""
        scans: dict[str, dict[str, dict[str, float]]] = {host: {} for host in self._relays}
        unknown = set()
        for site, device, signal, value in readings:
            if not (ends := self._routes.get((site, device), [])):
                unknown.add((site, device))
            for end in ends:
                scans[end.host].setdefault(end.device, {})[signal] = value
        refused = self._send({host: field.encode(scan) for host, scan in scans.items()})
        put = {
            host: sum(map(len, scan.values()))
            for host, scan in scans.items()
            if host not in refused
        }
        told = {host: relay.told for host, relay in self._relays.items() if relay.told}
        return Fed(put, refused, tuple(sorted(unknown)), told)

    def close(self) -> None:
        """Take the wires off; every relay ends."""
        for relay in self._relays.values():
            relay.let_go()
        for relay in self._relays.values():
            relay.close()

    def _send(self, scans: Mapping[str, bytes]) -> dict[str, str]:
        refused = {}
        end = time.monotonic() + PATIENCE
        for host, scan in scans.items():
            if why := self._relays[host].put(scan):
                refused[host] = why
        for host in scans.keys() - refused.keys():
            if why := self._relays[host].answer(end):
                refused[host] = why
        return refused


def drive(
    hosts: Hosts, scans: Iterable[Sequence[Reading]], *, interval: float = 1.0
) -> Iterator[Fed]:
    """Put one scan on the wires each `interval` seconds, as long as there are any.

    One that comes too late makes those after it later, so that none is put on in a hurry and
    missed. WrongInput for an interval that gateways would not follow.
    """
    check_interval(interval)
    with Feeder(hosts) as feeder:
        due = time.monotonic()
        for scan in scans:
            time.sleep(max(0.0, due - time.monotonic()))
            due = max(due, time.monotonic() - interval / 10) + interval
            yield feeder.feed(scan)


def check_interval(interval: float) -> None:
    """WrongInput for seconds between two scans that gateways would not follow."""
    low, high = INTERVALS
    if not low <= interval <= high:
        what = f"{interval:g} s in the lab: a gateway would miss scans, or take wires for silent"
        raise WrongInput(Problem("--interval", what, allowed=f"{low:g} to {high:g}"))


@dataclass(frozen=True, slots=True)
class Arrived:
    """A value in the historian; at: of its sampling, seconds since 1970."""

    at: float
    value: float


def arrived(  # noqa: PLR0913, PLR0917 (a value's identity)
    hosts: Hosts, tenant: str, device: str, signal: str, since: float, node: str | None = None
) -> tuple[Arrived, ...]:
    """The values of a signal that the tenant's historian has, by time, sampled after `since`.

    since: seconds since 1970. node: the gateway's id, where several speak of such a device.
    BulkheadError where no historian of the tenant runs here.
    """
    historian = next(
        (row.id for row in hosts.plan.hosts if row.role == "historian" and row.tenant == tenant),
        None,
    )
    if historian not in hosts.machines or historian is None:
        raise BulkheadError(Problem(tenant, "no historian of this tenant runs here"))
    given = {"tenant": tenant, "device": device, "signal": signal, "since": repr(since)}
    given["node"] = dotted(node) if node else ""
    variables = [word for name, value in given.items() for word in ("-v", f"{name}={value}")]
    psql = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *variables, "-d", "historian"]
    said = hosts.run(historian, ["runuser", "-u", "postgres", "--", *psql], stdin=_VALUES)
    return tuple(Arrived(*json.loads(line)) for line in said.splitlines())


_VALUES = """
SELECT json_build_array(extract(epoch FROM at), value) FROM bulkhead.measurements
WHERE tenant = :'tenant' AND device = :'device' AND signal = :'signal'
    AND at > to_timestamp(:since) AND (:'node' = '' OR node = :'node')
ORDER BY at;
"""


class _Relay:
    """The script at work on one host; started again where it, or its host, ended."""

    def __init__(self, hosts: Hosts, host: str, role: str) -> None:
        self._hosts, self._host, self._socket = hosts, host, field.SOCKETS[role]
        self._outputs = field.OUTPUTS if role == "plc" else ""
        self.told: field.Outputs | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._heard, self._owed = b"", 0

    def put(self, scan: bytes) -> str:
        """Hand a scan over; why it could not be, or ""."""
        if self._owed >= MOST_OWED:
            self.close()
        try:
            process = self._running()
            sent = cast("IO[bytes]", process.stdin)
            sent.write(scan + b"\n")
            sent.flush()
        except (OSError, BulkheadError) as error:
            self.close()
            return str(error)
        self._owed += 1
        return ""

    def answer(self, end: float) -> str:
        """Why the host did not take the scan until `end` (monotonic seconds), or ""."""
        process, said = self._process, "it ended"
        if process is None:
            return said
        out = cast("IO[bytes]", process.stdout)
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            while self._owed:
                if not selector.select(max(0.0, end - time.monotonic())):
                    return f"no answer within {PATIENCE:g} s"
                if not (more := os.read(out.fileno(), 4096)):
                    self.close()
                    return "it ended"
                *lines, self._heard = (self._heard + more).split(b"\n")
                self._owed -= len(lines)
                said = lines[-1].decode(errors="replace") if lines else said
        state, _, outputs = said.partition(" ")
        if state != "ok":
            return said
        with suppress(Malformed):
            self.told = field.decode_outputs(outputs) if outputs else None
        return ""

    def let_go(self) -> None:
        """Close its input, at which it takes the wires off and ends."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def close(self) -> None:
        """See it ended, killed if it must be."""
        process, self._process = self._process, None
        self._heard, self._owed, self.told = b"", 0, None
        if process is None:
            return
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is not None:
            self.close()
        if self._process is None:
            if why := self._hosts.missing(self._host):
                raise BulkheadError(Problem(self._host, why))
            last = [self._socket, field.TAKEN_OFF.decode(), self._outputs]
            command = ["python3", "-c", _script(), *last]
            self._process = subprocess.Popen(
                [*self._hosts.as_root(self._host), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                # Ctrl-C is for whoever feeds; this ends by its input.
                start_new_session=True,
            )
        return self._process


@cache
def _script() -> str:
    return Path(__file__).with_name("wires_relay.py").read_text()


def _routes(plan: Plan) -> dict[tuple[str, str], list[Wired]]:
    """Where values of (site, device) go, by a device's own name and by its machine's."""
    found: defaultdict[tuple[str, str], list[Wired]] = defaultdict(list)
    for row in wiring(plan):
        found[row.site, row.device].append(row)
        found[row.site, row.machine].append(row)
    return dict(found)

"""What hosts tell of themselves, over SSH: each is asked once, all at the same time."""

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from bulkhead.controls.catalogue.events import senders
from bulkhead.controls.catalogue.sandboxes import units
from bulkhead.controls.facts import Sidecars
from bulkhead.controls.machine import Machine, machine
from bulkhead.controls.unknown import Unknown
from bulkhead.environments.facts import outward
from bulkhead.environments.facts.servers import Server, endpoint, servers
from bulkhead.environments.facts.sidecars import ask_sidecars
from bulkhead.errors import BulkheadError
from bulkhead.network.filters import Filters, HostFilter, Unread
from bulkhead.network.intent import Intent
from bulkhead.network.parse.nft import host_filter
from bulkhead.plan import Plan
from bulkhead.wire.certificates import dotted
from infra.inventory.accounts import account_name, may_enter
from infra.inventory.site import Entry

PATIENCE = 45.0
"""Seconds that a host has to tell everything."""
ARRIVAL = 6.0
"""Seconds that an event has to arrive in the log store."""
RUN = "import sys; exec(sys.stdin.read(int(sys.stdin.readline())))"
"""The program comes on standard input, after its length: else the journal would hold all of it."""
AT_ONCE = 8
Said = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """Everything that the hosts told. arrived: see Facts; by host, those asked about alone."""

    machines: Mapping[str, Machine | Unknown]
    filters: Filters
    endpoints: Mapping[str, Any]
    arrived: Mapping[str, float | None] | Unknown
    sidecars: Mapping[str, Sidecars] = field(default_factory=dict)


def ask(entry: Entry, intended: Intent) -> Told:
    """Ask every host that can be entered; one that cannot is Unknown, with the reason."""
    plan, here = entry.plan, {row.host for row in entry.hosts}
    places = {row.host: row.address for row in entry.hosts}
    wanted = servers(plan, intended, entry)
    mark = secrets.token_hex(8)
    with entry.shells() as shells, ThreadPoolExecutor(AT_ONCE, "verify") as pool:

        def one(host: str) -> tuple[float, Said | Unknown, float]:
            asked = _asked(plan, host, f"{mark}-{dotted(host)}.", wanted)
            row = next(item for item in plan.hosts if item.id == host)
            asked["outward"] = outward.asked(plan, row, intended, f"{mark}-{short(host)}", places)
            asked["lists"] = row.role == "proxy"
            sent = time.time()
            said = _run(shells, host, asked, PATIENCE)
            return sent, said, time.time()

        names = [row.host for row in entry.hosts]
        answers = dict(zip(names, pool.map(one, names), strict=True))
        sidecars = ask_sidecars(
            plan,
            intended,
            {row.host: row.address for row in entry.hosts},
            lambda host, asked, text: _run(shells, host, asked, PATIENCE, text),
            pool.map,
        )
        arrived = _arrivals(shells, plan, intended, mark, here)
    said = {host: row for host, (_, row, _) in answers.items()}
    return Told(
        machines={
            host: row if isinstance(row, Unknown) else machine(row, sent=sent, received=received)
            for host, (sent, row, received) in answers.items()
        },
        filters={host: _filter(host, row) for host, row in said.items()},
        endpoints={row.host: endpoint(row, said.get(row.vantage)) for row in wanted},
        arrived=arrived,
        sidecars=sidecars,
    )


def _asked(plan: Plan, host: str, mark: str, wanted: tuple[Server, ...]) -> dict[str, Any]:
    row = next(item for item in plan.hosts if item.id == host)
    people = sorted(account_name(person) for person in may_enter(plan, row, date.today()))
    # Settings differ by group alone, but on the bastion everybody's session must be recorded.
    shown = people if row.role == "bastion" else people[:1]
    return {
        "users": ["bulkhead", "root", *shown],
        "units": list(units(row)),
        "mark": mark,
        "store": row.role == "logstore",
        "connect": [item.job() for item in wanted if item.vantage == host],
    }


def _run(
    shells: Any, host: str, asked: Said, timeout: float, program: str | None = None
) -> Said | Unknown:
    program = program or _program()
    stdin = f"{len(program)}\n{program}{json.dumps(asked)}"
    try:
        ran = shells.run(host, ("sudo", "-n", "python3", "-c", RUN), timeout, stdin)
        if ran.code != 0:
            return Unknown(f"it cannot be asked: {ran.err.strip()[-300:] or ran.code}")
        found: Said = json.loads(ran.out)
        return found
    except BulkheadError as error:
        return Unknown("; ".join(f"{row.where}: {row.what}" for row in error.problems))
    except ValueError as error:
        return Unknown(f"it told something else than it was asked for: {error}")


def _arrivals(
    shells: Any, plan: Plan, intended: Intent, mark: str, here: set[str]
) -> Mapping[str, float | None] | Unknown:
    stores = [host for host in plan.hosts if host.role == "logstore" and host.id in here]
    if not stores:
        return Unknown("no log store runs here")
    hosts = tuple(host for host in plan.hosts if host.id in here)
    wanted = {dotted(row.id): row.id for row in senders(hosts, intended)}
    words = {name: f"{mark}-{name}." for name in wanted}
    files: dict[str, str] = {}
    for host in hosts:
        out = outward.words(plan, host, intended, f"{mark}-{short(host.id)}")
        words |= {name: word for name, (_, word) in out.items()}
        files |= {name: file for name, (file, _) in out.items()}
    told_to = {"await": words, "files": files, "seconds": ARRIVAL}
    said = _run(shells, stores[0].id, told_to, ARRIVAL + 20)
    if isinstance(said, Unknown):
        return Unknown(f"the log store cannot be read: {said.because}")
    told = said.get("arrived", {})
    if "ok" not in told:
        return Unknown(f"the log store cannot be read: {told.get('error')}")
    return {wanted.get(name, name): seconds for name, seconds in told["ok"].items()}


def short(host: str) -> str:
    """A host's id as a part of a name's label, however long it is."""
    return hashlib.sha256(host.encode()).hexdigest()[:12]


def _filter(host: str, said: Said | Unknown) -> HostFilter | Unread:
    if isinstance(said, Unknown):
        return Unread(said.because)
    told = said.get("nft", {})
    if "ok" not in told:
        return Unread(f"{host}: {told.get('error', 'it did not tell')}")
    try:
        return host_filter(host, told["ok"])
    except BulkheadError as error:
        return Unread("; ".join(f"{row.where}: {row.what}" for row in error.problems))


@cache
def _program() -> str:
    return Path(__file__).with_name("teller.py").read_text()

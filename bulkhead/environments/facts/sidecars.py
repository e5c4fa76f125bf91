"""Sidecars of an estate: what each told of itself, and how identities of the estate met it.

Keys do not leave their hosts, so each host asks with its own identity: a host that a conduit lets
in, and the served host itself, whose identity is on no map of its own and whose way there no
network layer could stop.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bulkhead.controls.facts import Meeting, Sidecars
from bulkhead.controls.machine import part
from bulkhead.controls.unknown import Unknown
from bulkhead.environments.facts.servers import service_port
from bulkhead.errors import BulkheadError
from bulkhead.network.intent import Intent
from bulkhead.network.mesh import Sidecar, sidecar
from bulkhead.network.ports import TCP
from bulkhead.plan import Host, Plan
from infra.inventory.mesh import SERVED, identity

Said = Mapping[str, Any]
Run = Callable[[str, Said, str], Said | Unknown]
"""(host, what is asked, program) -> what it told."""


@dataclass(frozen=True, slots=True)
class _Trial:
    server: Host
    asker: Host
    address: str
    port: int

    def job(self) -> dict[str, Any]:
        kind = self.server.role
        return {
            "host": self.server.id,
            "kind": kind,
            "address": self.address,
            "port": self.port,
        }


def ask_sidecars(
    plan: Plan, intended: Intent, here: Mapping[str, str], run: Run, at_once: Callable[..., Any]
) -> Mapping[str, Sidecars]:
    """What every sidecar before a service told, by host. here: addresses of hosts that run."""
    trials = tuple(_trials(plan, intended, here))
    names = sorted({row.asker.id for row in trials} | {row.server.id for row in trials})

    def one(name: str) -> Said | Unknown:
        jobs = [row.job() for row in trials if row.asker.id == name]
        return run(name, {"try": jobs}, program())

    said = dict(zip(names, at_once(one, names), strict=True))
    servers = sorted({row.server.id for row in trials})
    return {
        name: Sidecars(
            read=_read(said[name]),
            meetings=tuple(_met(plan, row, said) for row in trials if row.server.id == name),
        )
        for name in servers
    }


def _trials(plan: Plan, intended: Intent, here: Mapping[str, str]) -> Iterator[_Trial]:
    hosts = [host for host in plan.hosts if host.sidecar and host.id in here]
    for server in hosts:
        if server.role in SERVED:
            port, address = service_port(plan, server), here[server.id]
            yield _Trial(server, server, address, port)
            for other in hosts:
                allowed = intended.allowed(other.id, server.id, "private")
                if other.id != server.id and allowed.contains(TCP, port):
                    yield _Trial(server, other, address, port)
                    break


def _read(said: Said | Unknown) -> Sidecar | Unknown:
    if isinstance(said, Unknown):
        return said
    config, sets = part(said, "config", str), part(said, "sets", dict)
    if isinstance(config, Unknown):
        return config
    if isinstance(sets, Unknown):
        return sets
    try:
        return sidecar(config, sets)
    except BulkheadError as error:
        return Unknown("; ".join(f"{row.where}: {row.what}" for row in error.problems))


def _met(plan: Plan, row: _Trial, said: Mapping[str, Said | Unknown]) -> Meeting:
    told = said[row.asker.id]
    found: dict[str, Any] | Unknown = (
        told if isinstance(told, Unknown) else part(told, "tried", dict)
    )
    met = found if isinstance(found, Unknown) else part(found, row.server.id, dict)
    admitted: bool | Unknown
    if isinstance(met, Unknown):
        admitted, words = Unknown(f"{row.asker.id} could not try: {met.because}"), ""
    else:
        admitted, words = bool(met["admitted"]), str(met["said"])
    return Meeting(
        asker=row.asker.id,
        identity=identity(plan, row.asker),
        port=row.port,
        admitted=admitted,
        said=words,
    )


@cache
def program() -> str:
    """The program that a host runs."""
    return Path(__file__).with_name("sidecar_teller.py").read_text()

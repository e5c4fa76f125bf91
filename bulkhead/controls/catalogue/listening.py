"""Hosts listen where their role or a conduit says, and nowhere else."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts
from bulkhead.controls.looking import first, on_hosts
from bulkhead.controls.machine import Socket
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.network.intent import Intent
from bulkhead.plan import Host, Plan

ID = "listening"
EXPECTED = "sockets of SSH, of the host's role and of declared conduits alone"
SERVES = {"broker": (8883,), "historian": (5432,), "logstore": (6514, 9000)}
"""Where a role listens although, on a shared network, no conduit says so."""
PORT = 4444
UNIT = "bulkhead-sabotage"


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host."""
    intended = facts.intended

    def judge(host: Host, found: tuple[Socket, ...]) -> tuple[list[str], str]:
        outside = [row for row in found if not row.loopback]
        allowed = _allowed(host, intended)
        faults = [
            f"{row.process} listens on {row.protocol} {row.port}, which nothing declares"
            for row in outside
            if (row.protocol, row.port) not in allowed
        ]
        told = ", ".join(sorted({f"{row.protocol} {row.port}" for row in outside}))
        return faults, told or "nothing listens"

    return on_hosts(facts, EXPECTED, lambda machine: machine.sockets, judge)


def _allowed(host: Host, intended: Intent) -> set[tuple[str, int]]:
    """(protocol, port); a conduit for everything declares no service of anybody's."""
    found = {("tcp", 22)}
    found |= {("tcp", port) for port in SERVES.get(host.role, ())}
    for (_, target, _), conduits in intended.conduits.items():
        if target == host.group:
            for conduit in conduits:
                service = conduit.service
                if service.protocol in ("tcp", "udp"):
                    ports = range(service.first, service.last + 1)
                    found |= {(service.protocol, port) for port in ports}
    return found


def _steps(plan: Plan) -> tuple[Step, ...]:
    code = f'import socket; s = socket.create_server((\\"\\", {PORT})); s.accept()'
    do = f'systemd-run --quiet --unit={UNIT} /usr/bin/python3 -c "{code}" && for n in $(seq 100)'
    do += f"; do ss -Hltn | grep -q :{PORT} && break; sleep 0.05; done"
    undo = f"systemctl stop {UNIT}.service 2>/dev/null; ! systemctl is-active -q {UNIT}.service"
    return (OnHost(host=first(plan, "ingest").id, do=do, undo=undo),)


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "ingest").id)})


CONTROL = Control(
    id=ID,
    title="A host serves its role and nothing beside it",
    why="What listens can be attacked, whatever it was started for.",
    owner="provider",
    remediation="Stop and remove the service, or declare a conduit to it with its reason.",
    reads="hosts: listening sockets with their processes, as the kernel tells them",
    meets=("SR 7.7", "SR 5.4", "SR 5.3"),
    supports=("SR 7.6", "SR 7.8"),
    others=(*nist("CM-7", "CM-7(1)", "SC-7"), *ot("6.2.4"), *iso("8.9", "8.19"), *soc("CC6.8")),
    observe=observe,
    sabotage=Sabotage(
        what=f"a process listens on tcp {PORT} of the ingest host",
        steps=_steps,
        flips=_flips,
    ),
)

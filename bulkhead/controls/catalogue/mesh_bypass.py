"""Nothing but the sidecar answers others on a host of the mesh: there is no way around it."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts
from bulkhead.controls.looking import first, on_hosts, unseen
from bulkhead.controls.machine import Socket
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.controls.unknown import Unknown
from bulkhead.plan import Host, Plan

ID = "mesh-bypass"
EXPECTED = "the sidecar alone listens on the host's address, beside SSH"
SIDECAR = "haproxy"
SERVED = ("broker", "historian")
NO_MESH = Unknown("no host of this estate stands behind a sidecar", absent=True)
LISTENING = "listening"
PORT = 5433
UNIT = "bulkhead-sabotage-bypass"


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host with a sidecar."""
    hosts = [host for host in facts.hosts if host.sidecar]
    if not hosts:
        yield unseen(facts.plan.estate, EXPECTED, NO_MESH)
    yield from on_hosts(facts, EXPECTED, lambda machine: machine.sockets, _judge, hosts)


def _judge(host: Host, found: tuple[Socket, ...]) -> tuple[list[str], str]:
    outside = [row for row in found if not row.loopback and (row.protocol, row.port) != ("tcp", 22)]
    faults = [
        f"{row.process} answers on {row.protocol} {row.port}, around the sidecar"
        for row in outside
        if row.process != SIDECAR
    ]
    if host.role in SERVED and not any(row.process == SIDECAR for row in outside):
        faults.append("the sidecar does not listen")
    told = ", ".join(sorted({f"{row.process} on {row.port}" for row in outside}))
    return faults, told or "nothing listens"


def _steps(plan: Plan) -> tuple[Step, ...]:
    """A relay to the service, beside the sidecar: what an operator in a hurry would set up."""
    code = f'import socket; s = socket.create_server((\\"\\", {PORT})); s.accept()'
    do = f'systemd-run --quiet --unit={UNIT} /usr/bin/python3 -c "{code}" && for n in $(seq 100)'
    do += f"; do ss -Hltn | grep -q :{PORT} && break; sleep 0.05; done"
    undo = f"systemctl stop {UNIT}.service 2>/dev/null; ! systemctl is-active -q {UNIT}.service"
    host = first(plan, "historian", sidecar=True).id
    return (OnHost(host=host, do=do, undo=undo),)


def _flips(plan: Plan) -> frozenset[Finding]:
    """No conduit leads to that port either, which is another control's finding."""
    host = first(plan, "historian", sidecar=True).id
    return frozenset({(ID, host), (LISTENING, host)})


CONTROL = Control(
    id=ID,
    title="No way leads around a sidecar",
    why="An identity that is asked at one door only says nothing about another door.",
    owner="provider",
    remediation="Stop what listens beside the sidecar; services of such a host belong on loopback.",
    reads="hosts: listening sockets with their processes, as the kernel tells them",
    meets=(),
    supports=("SR 2.1", "SR 5.2", "SR 7.7"),
    others=(*nist("AC-4", "CM-7", "SC-7"), *ot("6.2.4"), *iso("8.9", "8.20"), *soc("CC6.6")),
    observe=observe,
    sabotage=Sabotage(
        what="a historian's service is reachable beside its sidecar", steps=_steps, flips=_flips
    ),
)

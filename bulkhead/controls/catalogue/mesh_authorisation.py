"""Sidecars let in the identities that a conduit names, and no other; read and tried."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Meeting, Sidecars, Unknown
from bulkhead.controls.looking import first, judged, unseen
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.network.intent import Intent
from bulkhead.network.mesh import Inbound, passage
from bulkhead.network.ports import TCP
from bulkhead.plan import Host, Plan
from bulkhead.wire.certificates import spiffe_id

ID = "mesh-authorisation"
EXPECTED = "verified certificates, and the identities of the conduits into this port alone"
SERVED = ("broker", "historian")
NO_MESH = Unknown("no host of this estate stands behind a sidecar", absent=True)
CONFIG = "/etc/bulkhead/sidecar/haproxy.cfg"


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host whose service stands behind a sidecar."""
    hosts = [host for host in facts.hosts if host.sidecar and host.role in SERVED]
    if not hosts:
        yield unseen(facts.plan.estate, EXPECTED, NO_MESH)
    for host in hosts:
        found = facts.sidecar(host.id)
        dark = _dark(found)
        if isinstance(found, Unknown) or dark is not None:
            yield unseen(host.id, EXPECTED, dark or NO_MESH)
        else:
            yield judged(host.id, EXPECTED, _faults(facts, host, found), _seen(found))


def _dark(found: Sidecars | Unknown) -> Unknown | None:
    """Why there is nothing to judge: it was not read, or not met by a single handshake."""
    if isinstance(found, Unknown):
        return found
    if isinstance(found.read, Unknown):
        return found.read
    tried = (row.admitted for row in found.meetings if isinstance(row.admitted, Unknown))
    return next(tried, None if found.meetings else Unknown("nobody tried a handshake"))


def _faults(facts: Facts, host: Host, found: Sidecars) -> Iterator[str]:
    assert not isinstance(found.read, Unknown)  # noqa: S101 (`_dark` looked)
    if not found.read.inbound:
        yield "nothing of its service is served by the sidecar"
    every = {spiffe_id(facts.plan.estate, f"{row.zone}/{row.role}") for row in facts.plan.hosts}
    for port, way in found.read.inbound.items():
        should = _should(facts.intended, facts.plan, host, port)
        yield from _read_faults(way, should)
        for identity in sorted(every - should):
            if (passed := passage(found.read, identity, port)).allowed:
                yield f"{identity} is let in on port {port}: {passed.why}"
    for met in found.meetings:
        yield from _met_faults(met, _should(facts.intended, facts.plan, host, met.port))


def _read_faults(way: Inbound, should: frozenset[str]) -> Iterator[str]:
    if not way.verified:
        yield f"certificates on port {way.port} are not verified"
    listed = should if way.listed is None else way.listed
    if missing := sorted(should - listed):
        yield f"{missing[0]} is not on the map of port {way.port}, though a conduit names it"


def _met_faults(met: Meeting, should: frozenset[str]) -> Iterator[str]:
    if met.admitted and met.identity not in should:
        yield f"{met.asker} came in on port {met.port} as {met.identity}"
    if not met.admitted and met.identity in should:
        yield f"{met.asker}, which a conduit lets in, was not let in: {met.said}"


def _should(intended: Intent, plan: Plan, host: Host, port: int) -> frozenset[str]:
    return frozenset(
        spiffe_id(plan.estate, f"{row.zone}/{row.role}")
        for row in plan.hosts
        if row.sidecar
        and row.id != host.id
        and intended.allowed(row.id, host.id, "private").contains(TCP, port)
    )


def _seen(found: Sidecars) -> str:
    came = ", ".join(row.asker for row in found.meetings if row.admitted)
    stayed = ", ".join(row.asker for row in found.meetings if not row.admitted)
    told = (f"{came} came in" if came else "", f"{stayed} did not" if stayed else "")
    return "; ".join(filter(None, told))


def unasked() -> tuple[str, str]:
    """Shell text that takes away the rule which asks the map, and text that takes that back.

    Whoever has a certificate of the tenant's then comes in.
    """
    gone = "/reject unless { var(sess.server) -m found }/"
    use = "/use-server %\\[var(sess.server)\\]/"
    do = f"cp -p {CONFIG} {CONFIG}.sabotage && sed -i '{gone}d; {use}d; s/ weight 0$//' {CONFIG}"
    undo = f"test ! -e {CONFIG}.sabotage || mv {CONFIG}.sabotage {CONFIG}"
    reload = "systemctl reload bulkhead-sidecar"
    return f"{do} && {reload}", f"{undo}; {reload}"


def _steps(plan: Plan) -> tuple[Step, ...]:
    do, undo = unasked()
    return (OnHost(host=first(plan, "historian", sidecar=True).id, do=do, undo=undo),)


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "historian", sidecar=True).id)})


CONTROL = Control(
    id=ID,
    title="Sidecars let in the workloads that a conduit names",
    why="Where networks and filters are open, or were opened, the identity still decides.",
    owner="provider",
    remediation="Configure the host again (role sidecar); `bulkhead-sidecar show` tells what its "
    "processes hold.",
    reads="sidecars: configuration and maps as their processes hold them, and real handshakes by "
    "hosts with their own identities",
    meets=(),
    supports=("SR 1.2", "SR 2.1", "SR 5.1", "SR 5.2"),
    others=(*nist("AC-3", "AC-4", "IA-9"), *ot("6.2.2"), *iso("8.3", "8.20"), *soc("CC6.1")),
    observe=observe,
    sabotage=Sabotage(
        what="a historian's sidecar no longer asks its map", steps=_steps, flips=_flips
    ),
)

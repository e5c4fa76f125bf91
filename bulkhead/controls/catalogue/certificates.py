"""Servers show certificates that the estate vouches for, of their own name, that do not run out."""

from collections.abc import Iterator

from bulkhead.controls.catalogue.mutual_tls import SERVERS, sql
from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Endpoint, Facts, Unknown
from bulkhead.controls.looking import first, judged, unseen
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.plan import Plan

ID = "certificates"
LEAST = 0.2
"""Of its lifetime that must be left: renewal is due at a third, so below a fifth it has failed."""
EXPECTED = f"from the estate's authority, of the host's name, with {LEAST:.0%} of its life left"
ROOM = "/etc/bulkhead/tls"


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host that serves by TLS."""
    for host in facts.hosts:
        if host.role in SERVERS:
            found = facts.endpoint(host.id)
            if isinstance(found, Unknown):
                yield unseen(host.id, EXPECTED, found)
            else:
                hours = (found.ends - found.now) / 3600
                seen = f"of {found.name}, trusted, {hours:.1f} hours left"
                yield judged(host.id, EXPECTED, _faults(found), seen)


def _faults(found: Endpoint) -> Iterator[str]:
    if not found.trusted:
        yield f"the estate's authority does not vouch for it: {found.why}"
    if found.name not in found.names:
        yield f"it names {', '.join(found.names) or 'nobody'}, not {found.name}"
    whole, left = found.ends - found.starts, found.ends - found.now
    if found.now < found.starts:
        yield f"it is not valid for another {found.starts - found.now:.0f} s"
    elif left <= 0:
        yield f"it ran out {-left:.0f} s ago"
    elif left < LEAST * whole:
        yield f"{left / whole:.0%} of its life is left"


def _steps(plan: Plan) -> tuple[Step, ...]:
    made = "openssl req -x509 -new -key historian.key -subj /CN=impostor -days 1"
    do = f"cd {ROOM} && cp -p historian.pem historian.pem.kept && {made} > historian.pem"
    undo = f"cd {ROOM} && if [ -e historian.pem.kept ]; then mv -f historian.pem.kept historian.pem"
    return (
        OnHost(
            host=first(plan, "historian", sidecar=False).id,
            do=f"{do} && {sql('SELECT 1')}",
            undo=f"{undo}; fi && {sql('SELECT 1')}",
        ),
    )


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "historian", sidecar=False).id)})


CONTROL = Control(
    id=ID,
    title="Servers' certificates are the estate's, of the right name, and last",
    why="A client that accepts another's certificate talks to that other; one that ran out stops "
    "telemetry.",
    owner="provider",
    remediation="Have it issued again: configure the host (site.yml, force=true), or "
    "`bulkhead up`; then find out who put the other one there.",
    reads="TLS endpoints, by connecting; the estate's authority as anchor",
    meets=("SR 1.8", "SR 1.9", "SR 1.2 RE 1"),
    supports=("SR 1.5", "SR 4.3"),
    others=(
        *nist("SC-17", "IA-5(2)", "SC-12"),
        *ot("6.2.2"),
        *iso("8.24", "5.17"),
        *soc("CC6.1", "CC6.7"),
    ),
    observe=observe,
    sabotage=Sabotage(
        what="the historian shows a certificate that it signed itself, of another name",
        steps=_steps,
        flips=_flips,
    ),
)

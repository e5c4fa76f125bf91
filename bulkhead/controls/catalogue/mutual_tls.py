"""Servers speak TLS 1.3 alone, and only with clients that show a certificate; by trying it."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Endpoint, Facts, Unknown
from bulkhead.controls.looking import first, judged, unseen
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.plan import Plan

ID = "mutual-tls"
EXPECTED = "TLS 1.3 and nothing older, and no service to a client without a certificate"
SERVERS = ("broker", "historian", "logstore")
"""Roles that serve by TLS."""
MODERN = "TLSv1.3"


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host that serves by TLS."""
    for host in facts.hosts:
        if host.role in SERVERS:
            found = facts.endpoint(host.id)
            if isinstance(found, Unknown):
                yield unseen(host.id, EXPECTED, found)
            else:
                seen = f"{MODERN} alone; without a certificate: {found.said}"
                yield judged(host.id, EXPECTED, _faults(found), seen)


def _faults(found: Endpoint) -> Iterator[str]:
    if not found.versions.get(MODERN):
        yield f"it does not speak {MODERN}"
    for version in sorted(found.versions):
        if version != MODERN and found.versions[version]:
            yield f"it speaks {version}"
    if found.anonymous:
        yield f"it serves a client without a certificate: {found.said}"


def sql(statement: str) -> str:
    """Shell text that has PostgreSQL's superuser say something and read its settings again."""
    reload = "SELECT pg_reload_conf()"
    psql = "runuser -u postgres -- psql -qAtX"
    return f'cd / && {psql} -c "{statement}" -c "{reload}" >/dev/null'


def _steps(plan: Plan) -> tuple[Step, ...]:
    name = "ssl_min_protocol_version"
    host = first(plan, "historian", sidecar=False).id
    do = sql(f"ALTER SYSTEM SET {name} = 'TLSv1.2'") + _awaited(name, "TLSv1.2")
    undo = sql(f"ALTER SYSTEM RESET {name}") + _awaited(name, "TLSv1.3")
    return (OnHost(host=host, do=do, undo=undo),)


def _awaited(name: str, value: str) -> str:
    """Shell text that waits until new sessions have the setting: a reload is a signal."""
    ask = f'runuser -u postgres -- psql -qAtX -c "SHOW {name}"'
    return f' && for n in $(seq 100); do [ "$({ask})" = {value} ] && break; sleep 0.05; done'


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "historian", sidecar=False).id)})


CONTROL = Control(
    id=ID,
    title="Servers speak TLS 1.3 with clients that show a certificate",
    why="A server that talks to anybody leaves it to a password, or to nothing, who that is.",
    owner="provider",
    remediation="Configure the host again (roles broker, historian, logstore); then look what "
    "overrides its settings.",
    reads="TLS endpoints, by connecting from a host that a conduit lets in",
    meets=("SR 1.2", "SR 3.1", "SR 3.1 RE 1", "SR 4.1", "SR 4.1 RE 1", "SR 4.3", "SR 3.8"),
    supports=("SR 2.1",),
    others=(
        *nist("SC-8", "SC-8(1)", "IA-3", "SC-13", "SC-23"),
        *ot("6.2.2"),
        *iso("8.24", "8.21"),
        *soc("CC6.7"),
    ),
    observe=observe,
    sabotage=Sabotage(
        what="the historian is told to accept TLS 1.2 as well", steps=_steps, flips=_flips
    ),
)

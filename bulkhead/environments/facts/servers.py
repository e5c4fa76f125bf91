"""TLS servers of an estate: who may ask each, and what it showed to that one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from bulkhead.controls.catalogue.mutual_tls import SERVERS
from bulkhead.controls.facts import Endpoint
from bulkhead.controls.unknown import Unknown
from bulkhead.network.intent import Intent
from bulkhead.network.ports import TCP
from bulkhead.plan import Host, Plan
from bulkhead.trust.local import local
from bulkhead.wire.certificates import dotted
from infra.inventory.roles import PORTS, authority
from infra.inventory.site import Entry


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server and how it is met. vantage: the host that connects; "" where none may.

    user: the name that a client of the historian gives; anchor: the authority's certificate, PEM.
    """

    host: str
    kind: str
    address: str
    port: int
    vantage: str
    user: str
    anchor: str

    def job(self) -> dict[str, Any]:
        """What the vantage is told."""
        names = ("host", "kind", "address", "port", "user", "anchor")
        return {name: getattr(self, name) for name in names}


def servers(plan: Plan, intended: Intent, entry: Entry) -> tuple[Server, ...]:
    """The servers that run, each with the first host that may connect to it privately."""
    here = {row.host: row.address for row in entry.hosts}
    authorities = local(entry.trust)
    return tuple(
        Server(
            host=host.id,
            # What is met first is the sidecar, whatever stands behind it.
            kind="sidecar" if host.sidecar else host.role,
            address=here[host.id],
            port=service_port(plan, host),
            vantage=_vantage(host, service_port(plan, host), intended, here),
            user=f"{host.tenant}_ingest",
            anchor=authorities.x509(authority(host)).anchor(),
        )
        for host in plan.hosts
        if host.role in SERVERS and host.id in here
    )


def service_port(plan: Plan, host: Host) -> int:
    """What a conduit into it, mediated by it, says; else its role's."""
    for row in plan.conduits:
        mediated = row.mediator.endswith(f".{host.role}") and host.group in row.targets
        if mediated and row.service.protocol == "tcp":
            return row.service.first
    return PORTS[host.role]


def _vantage(host: Host, port: int, intended: Intent, here: Mapping[str, str]) -> str:
    for other in sorted(here):
        if other != host.id and intended.allowed(other, host.id, "private").contains(TCP, port):
            return other
    return ""


def endpoint(server: Server, said: Mapping[str, Any] | Unknown | None) -> Endpoint | Unknown:
    """What a server showed, out of what its vantage told."""
    if not server.vantage:
        return Unknown("no host that runs may connect to it")
    if said is None or isinstance(said, Unknown):
        because = said.because if said else "it does not run"
        return Unknown(f"{server.vantage}, which could connect to it, cannot be asked: {because}")
    told = said.get("endpoints", {})
    row = told["ok"].get(server.host, {}) if "ok" in told else told
    if "ok" not in row:
        return Unknown(f"{server.vantage} could not connect: {row.get('error', 'not tried')}")
    try:
        return _met(server, row["ok"])
    except (ValueError, KeyError, TypeError) as error:
        return Unknown(f"what {server.host} showed cannot be read: {error}")


def _met(server: Server, row: Mapping[str, Any]) -> Endpoint:
    leaf = x509.load_pem_x509_certificate(row["certificate"].encode())
    return Endpoint(
        asked_from=server.vantage,
        name=dotted(server.host),
        versions=dict(row["versions"]),
        anonymous=bool(row["anonymous"]),
        said=str(row["said"]),
        trusted=bool(row["trusted"]),
        why=str(row["why"]),
        names=_names(leaf),
        starts=leaf.not_valid_before_utc.timestamp(),
        ends=leaf.not_valid_after_utc.timestamp(),
        now=float(row["now"]),
    )


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    """The names that a client compares: the alternative ones, else the common name."""
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        return tuple(str(row.value) for row in common)
    names = found.get_values_for_type(x509.DNSName)
    return (*names, *map(str, found.get_values_for_type(x509.IPAddress)))

"""Everything that the cross-zone pivot tries from one host: a projection of the plan. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from bulkhead.drill.actions import Action, Publish, Query, Reach, Transport
from bulkhead.network.deployed import Flow
from bulkhead.network.intent import Intent
from bulkhead.plan import INTERNET, Host, Plan
from bulkhead.plan.tables import Path
from bulkhead.wire.certificates import dotted
from bulkhead.wire.topics import Kind, Topic

MANAGEMENT: tuple[tuple[Transport, int], ...] = (("tcp", 22),)
"""Tried on every host: the port by which it is managed."""
ODD: tuple[tuple[Transport, int], ...] = (("tcp", 4444),)
"""Tried on every host: a port that nobody declares, such as a tool of the attacker's would use."""

SERVICES = {"broker": 8883, "historian": 5432, "logstore": 6514, "plc": 502, "proxy": 3128}
"""Where a role listens, as anybody in the field knows: in a flat network no conduit says so."""
REMOTE_SERVICES, SPOOFED_REPORT, THEFT = "T0886", "T0856", "T0882"
"""ATT&CK for ICS, v18.1: Remote Services, Spoof Reporting Message, Theft of Operational Info."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One thing tried. allowed: whether the plan means it to succeed. technique: ATT&CK's id."""

    subject: str
    target: str
    action: Action
    allowed: bool
    technique: str


def attempts(plan: Plan, intended: Intent, source: str) -> Iterator[Attempt]:
    """All attempts from one host, in a fixed order; no two alike."""
    hosts = {host.id: host for host in plan.hosts}
    yield from _reaches(plan, intended, source)
    yield from _messages(plan, intended, hosts[source])
    yield from _rows(plan, hosts[source])


def _reaches(plan: Plan, intended: Intent, source: str) -> Iterator[Attempt]:
    ports = _ports(plan, intended)
    for target in intended.hosts:
        if target in (source, INTERNET):
            continue
        for path in intended.paths(source, target):
            for protocol, port in ports[target]:
                flow = Flow(source, target, path, protocol, port)
                yield Attempt(
                    subject=f"{protocol} {port} {path}",
                    target=target,
                    action=Reach(source, target, path, protocol, port),
                    allowed=bool(intended.why(flow)),
                    technique=REMOTE_SERVICES,
                )


def _ports(plan: Plan, intended: Intent) -> dict[str, list[tuple[Transport, int]]]:
    """The single ports that some conduit opens to each host's group, its role's, every host's."""
    declared: dict[str, set[tuple[Transport, int]]] = {}
    for item in plan.conduits:
        if item.service.first == item.service.last and item.service.protocol in ("tcp", "udp"):
            for group in item.targets:
                wanted: Transport = "tcp" if item.service.protocol == "tcp" else "udp"
                declared.setdefault(group, set()).add((wanted, item.service.first))
    common = {*MANAGEMENT, *ODD}
    services: dict[str, set[tuple[Transport, int]]] = {
        host.id: {("tcp", SERVICES[host.role])} for host in plan.hosts if host.role in SERVICES
    }
    return {
        host: sorted(declared.get(group, set()) | common | services.get(host, set()))
        for host, group in intended.group_of.items()
    }


def _messages(plan: Plan, intended: Intent, source: Host) -> Iterator[Attempt]:
    """One message per broker and other tenant, on a topic of that tenant's gateway."""
    gateways = {host.tenant: host for host in plan.hosts if host.role == "gateway"}
    for broker in (host for host in plan.hosts if host.role == "broker"):
        path = _way(intended, source, broker)
        for tenant, gateway in sorted(gateways.items()):
            if tenant == source.tenant:
                continue
            topic = Topic(tenant=tenant, kind=Kind.NDATA, node=dotted(gateway.id))
            yield Attempt(
                subject=f"message of {tenant} {path}",
                target=broker.id,
                action=Publish(source.id, broker.id, path, str(topic)),
                allowed=False,
                technique=SPOOFED_REPORT,
            )


def _way(intended: Intent, source: Host, target: Host) -> Path:
    """By the public address where the source has one of its own, else by the private one."""
    public = "public" in intended.paths(source.id, target.id) and source.public
    return "public" if public else "private"


def _rows(plan: Plan, source: Host) -> Iterator[Attempt]:
    """Every tenant's rows in every historian; its own, where it may, prove that it can read."""
    tenants = sorted(tenant.id for tenant in plan.tenants)
    for historian in (host for host in plan.hosts if host.role == "historian"):
        for tenant in tenants:
            own = tenant == source.tenant == historian.tenant
            if tenant == source.tenant != historian.tenant:
                continue
            yield Attempt(
                subject=f"rows of {tenant}",
                target=historian.id,
                action=Query(source.id, historian.id, tenant),
                allowed=own and source.role == "ingest",
                technique=THEFT,
            )

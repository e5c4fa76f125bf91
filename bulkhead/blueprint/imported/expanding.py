"""From a checked imported estate to the plan: the same tables as a blueprint's."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from typing import Any, TypeVar

from bulkhead.blueprint.imported.model import ImportedConduit, ImportedEstate, ImportedZone
from bulkhead.plan import (
    IMPORTED,
    INTERNET,
    UNKNOWN,
    Approval,
    Conduit,
    Endpoint,
    Group,
    Host,
    Network,
    Peering,
    Plan,
    Service,
    Subnet,
    Zone,
)

T = TypeVar("T", Network, Subnet, Zone, Group, Host, Endpoint, Conduit, Peering)
_HTTPS = 443
_NOBODY = Approval(by="", on="")


def build(estate: ImportedEstate) -> Plan:
    """The plan. A network's first prefix stands for all it has; its subnets tell the others."""
    zone_of = {row.id: row.zone for row in estate.subnets}
    zones = {row.id: row for row in estate.zones}
    return Plan(
        estate=estate.estate,
        region=estate.region,
        pool=_around(cidr for row in estate.networks for cidr in row.cidrs),
        tenants=(),
        networks=_sorted(_networks(estate)),
        subnets=_sorted(
            Subnet(id=row.id, network=row.network, cidr=row.cidr) for row in estate.subnets
        ),
        zones=_sorted(_zone(row, estate) for row in estate.zones),
        groups=_sorted(
            Group(id=row.id, network=row.network, stack=IMPORTED) for row in estate.groups
        ),
        hosts=_sorted(_hosts(estate, zone_of, zones)),
        endpoints=_sorted(_endpoints(estate)),
        conduits=_sorted(_conduits(estate, zone_of)),
        peerings=_sorted(
            Peering(id=row.id, stack=IMPORTED, requester=row.requester, accepter=row.accepter)
            for row in estate.peerings
        ),
        identities=(),
        people=(),
        assets=(),
    )


def _sorted(rows: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(rows, key=lambda row: row.id))


def _around(cidrs: Iterable[str]) -> str:
    """The smallest prefix that holds them all."""
    found = [IPv4Network(cidr) for cidr in cidrs]
    whole = found[0]
    while not all(one.subnet_of(whole) for one in found):
        whole = whole.supernet()
    return str(whole)


def _networks(estate: ImportedEstate) -> Iterator[Network]:
    for row in estate.networks:
        yield Network(
            id=row.id, account=row.account, stack=IMPORTED, cidr=row.cidrs[0], public=row.public
        )


def _zone(row: ImportedZone, estate: ImportedEstate) -> Zone:
    worth = (
        row.consequence.model_dump()
        if row.consequence
        else dict.fromkeys(("safety", "production", "confidentiality"), UNKNOWN)
    )
    approval = Approval(by=row.approval.by, on=row.approval.date) if row.approval else _NOBODY
    return Zone(
        id=row.id,
        tenant=row.tenant,
        kind=row.kind,
        subnet=next((one.id for one in estate.subnets if one.zone == row.id), ""),
        consequence=tuple(sorted(worth.items())),
        target=row.target.vector() if row.target else (0, 0, 0, 0, 0, 0, 0),
        reason=row.reason,
        approval=approval,
    )


def _hosts(
    estate: ImportedEstate, zone_of: dict[str, str], zones: dict[str, ImportedZone]
) -> Iterator[Host]:
    for row in estate.hosts:
        zone = zones[zone_of[row.subnet]]
        yield Host(
            id=row.id,
            stack=IMPORTED,
            tenant=row.tenant or zone.tenant,
            zone=zone.id,
            subnet=row.subnet,
            group=row.group,
            role=row.role,
            address=row.address,
            public=row.public,
        )


def _endpoints(estate: ImportedEstate) -> Iterator[Endpoint]:
    """Who serves them is beyond the API; the port is that of AWS's services."""
    network_of = {row.id: row.network for row in estate.subnets}
    for row in estate.endpoints:
        yield Endpoint(
            id=row.id,
            stack=IMPORTED,
            network=network_of[row.subnet],
            subnet=row.subnet,
            group=row.group,
            address=row.address,
            service=row.service,
            serves=UNKNOWN,
            port=_HTTPS,
        )


def _conduits(estate: ImportedEstate, zone_of: dict[str, str]) -> Iterator[Conduit]:
    """One for each service of each conduit; `zones` are those of the groups' hosts."""
    zones: dict[str, set[str]] = {INTERNET: {INTERNET}}
    lying = [(row.group, row.subnet) for row in estate.hosts]
    lying += [(row.group, row.subnet) for row in estate.endpoints]
    for group, subnet in lying:
        zones.setdefault(group, set()).add(zone_of[subnet])
    for row in estate.conduits:
        joined = tuple(
            tuple(sorted(set().union(*(zones.get(end, set()) for end in ends))))
            for ends in (row.sources, row.targets)
        )
        for service in row.services:
            yield _conduit(row, service, joined)


def _conduit(row: ImportedConduit, service: Service, joined: Any) -> Conduit:
    return Conduit(
        id=row.id if len(row.services) == 1 else f"{row.id}/{_said(service)}",
        stack=IMPORTED,
        sources=row.sources,
        targets=row.targets,
        service=service,
        path=row.path,
        authentication=row.authenticate,
        mediator=row.mediator,
        reason=row.reason,
        zones=joined,
    )


def _said(service: Service) -> str:
    last = "" if service.first == service.last else f"-{service.last}"
    whole = service.protocol == "any" or (service.protocol, last) == ("icmp", "-65535")
    return service.protocol if whole else f"{service.protocol}-{service.first}{last}"

"""From a checked blueprint to the plan."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

from bulkhead.blueprint import actors
from bulkhead.blueprint.endpoints import through
from bulkhead.blueprint.model import Estate
from bulkhead.blueprint.places import place
from bulkhead.blueprint.transit import over_transit
from bulkhead.blueprint.ways import conduits, peerings
from bulkhead.plan import Plan


class _Named(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T", bound=_Named)


def build(estate: Estate) -> Plan:
    """The plan of an estate that holds all rules. Pure: the same estate gives the same plan."""
    places = place(estate)
    ways, led = through(conduits(estate, places), places)
    peered, attached = over_transit(estate, peerings(ways, places), places)
    return Plan(
        estate=estate.estate,
        region=estate.region,
        pool=estate.pool,
        tenants=_by_id(actors.tenants(estate)),
        networks=_by_id(places.networks.values()),
        subnets=_by_id(places.subnets.values()),
        zones=_by_id(places.zones.values()),
        groups=_by_id(places.groups.values()),
        hosts=_by_id(places.hosts.values()),
        conduits=_by_id(ways),
        peerings=_by_id(peered),
        identities=_by_id(actors.identities(estate)),
        people=_by_id(actors.people(estate)),
        assets=_by_id(actors.assets(estate)),
        endpoints=_by_id(led),
        attachments=_by_id(attached),
        allowances=_by_id(actors.allowances(estate)),
        entries=_by_id(actors.entries(estate)),
    )


def _by_id(things: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(things, key=lambda thing: thing.id))

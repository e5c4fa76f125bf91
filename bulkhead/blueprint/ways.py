"""The declared ways of an estate as conduits between groups, and the peerings they need."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, product

from bulkhead.blueprint.diode import carried, diodes
from bulkhead.blueprint.kinds import PLANE, PLANT, kind_of, roles_at
from bulkhead.blueprint.model import ConduitSpec, Estate, TenantSpec
from bulkhead.blueprint.places import Places
from bulkhead.blueprint.tiers import tiers
from bulkhead.plan import SHARED, Conduit, Peering, Service

_Pair = tuple[str, str]
"""(source group, target group)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Way:
    """A declaration resolved for one tenant (and site): group pairs and the zones they join."""

    id: str
    owner: str
    spec: ConduitSpec
    joins: tuple[tuple[_Pair, _Pair], ...]
    """((source group, target group), (source zone, target zone)) for every pair of roles."""


def conduits(estate: Estate, places: Places) -> list[Conduit]:
    """Every conduit of the plan. No two allow the same service from one group to another."""
    ways = [way for tenant in estate.tenants for way in _ways(estate, tenant, places)]
    found = list(_open(estate, places))
    found += _shared(ways, places)
    for way in ways:
        found += _tenants(way, places)
    found += diodes(estate, places)
    return found


def _ways(estate: Estate, tenant: TenantSpec, places: Places) -> Iterator[_Way]:
    for spec in (*estate.conduits, *tenant.conduits):
        pairs = [
            (one, other)
            for source, target in product(spec.source, spec.to)
            for one, other in product(roles_at(source), roles_at(target))
        ]
        inside = [p for p in pairs if kind_of(p[0]) in PLANT and kind_of(p[1]) in PLANT]
        within = [p for p in pairs if kind_of(p[0]) in PLANE and kind_of(p[1]) in PLANE]
        across = [p for p in pairs if p not in inside and p not in within]
        if across or within:
            found = chain(
                _within_plane(tenant, spec, within, places), _across(tenant, across, places)
            )
            yield _way(f"{tenant.id}/{spec.name}", tenant, spec, found)
        if inside:
            for site in tenant.sites:
                pairs = carried(site, inside)
                if not pairs:
                    continue
                home = f"{tenant.id}/{site.id}"
                joins = _joins(pairs, [home], [home], places)
                yield _way(f"{home}/{spec.name}", tenant, spec, joins)


def _way(
    name: str, tenant: TenantSpec, spec: ConduitSpec, joins: Iterable[tuple[_Pair, _Pair]]
) -> _Way:
    return _Way(id=name, owner=tenant.id, spec=spec, joins=tuple(dict.fromkeys(joins)))


def _across(
    tenant: TenantSpec, pairs: Iterable[_Pair], places: Places
) -> Iterator[tuple[_Pair, _Pair]]:
    """Joins that are not within one site: a plant's role stands for that of every site."""
    for one, other in pairs:
        yield from _joins([(one, other)], _homes(tenant, one), _homes(tenant, other), places)


def _within_plane(
    tenant: TenantSpec, spec: ConduitSpec, pairs: Iterable[_Pair], places: Places
) -> Iterator[tuple[_Pair, _Pair]]:
    """Joins between two kinds of the plane: the shared plane's, and those of a tenant's own.

    What a tenant has for itself serves itself alone: the shared plane's hosts keep to the shared
    ones. Only the control path, a conduit that the bastion mediates, goes on into a tenant's own.
    """
    control = kind_of(spec.mediator or "") == "admin"
    for one, other in pairs:
        yield from _joins([(one, other)], [SHARED], [SHARED], places)
        (home,) = _homes(tenant, other)
        own = home == tenant.id and not places.zones[f"{home}/{kind_of(other)}"].sealed
        if home == tenant.id and _homes(tenant, one) == [tenant.id]:
            yield from _joins([(one, other)], [tenant.id], [tenant.id], places)
        elif own and control and kind_of(one) == "admin":
            yield from _joins([(one, other)], [SHARED], [tenant.id], places)


def _homes(tenant: TenantSpec, role: str) -> list[str]:
    """Where a tenant finds a role: its own, the shared plane's, or that of each of its sites."""
    kind = kind_of(role)
    if kind in tiers()[tenant.tier].zones:
        return [tenant.id]
    if kind in PLANE:
        return [SHARED]
    return [f"{tenant.id}/{site.id}" for site in tenant.sites]


def _joins(
    pairs: Iterable[_Pair], sources: list[str], targets: list[str], places: Places
) -> Iterator[tuple[_Pair, _Pair]]:
    for (one, other), source, target in product(pairs, sources, targets):
        groups = places.groups_at.get((source, one)), places.groups_at.get((target, other))
        if groups[0] and groups[1]:
            zones = f"{source}/{kind_of(one)}", f"{target}/{kind_of(other)}"
            yield (groups[0], groups[1]), zones


def _is_shared(pair: _Pair, places: Places) -> bool:
    """Whether both ends belong to the shared stack, so that no tenant may own the rule."""
    return all(places.groups[g].stack == SHARED for g in pair)


def _tenants(way: _Way, places: Places) -> Iterator[Conduit]:
    """The tenant's part of a way, as one product of groups for each kind of source."""
    own = [join for join in way.joins if not _is_shared(join[0], places)]
    for suffix, shared in (("", False), ("/from-shared", True)):
        part = [j for j in own if (places.groups[j[0][0]].stack == SHARED) == shared]
        alone = not shared or len(part) == len(own)
        if part:
            yield _conduit(way.id + ("" if alone else suffix), way.owner, [way.spec], part)


def _shared(ways: list[_Way], places: Places) -> Iterator[Conduit]:
    """One conduit for each service between two shared groups, whichever tenants declared it."""
    wanted: dict[tuple[_Pair, Service], list[tuple[_Way, tuple[_Pair, _Pair]]]] = {}
    for way in ways:
        for join in way.joins:
            inside = join[0][0] == join[0][1] and join[0][0] in places.open_groups
            if _is_shared(join[0], places) and not inside:
                wanted.setdefault((join[0], _service(way.spec)), []).append((way, join))
    for (pair, service), asked in wanted.items():
        specs = {spec.name: spec for spec in sorted(_specs(asked), key=_order)}
        name = f"{SHARED}/{_short(pair[0])}--{_short(pair[1])}/{_said(service)}"
        yield _conduit(name, SHARED, list(specs.values()), [join for _, join in asked])


def _specs(asked: Iterable[tuple[_Way, object]]) -> list[ConduitSpec]:
    return [way.spec for way, _ in asked]


def _order(spec: ConduitSpec) -> tuple[str, str, str, str]:
    return spec.name, spec.authenticate, spec.mediator or "", spec.reason


def _short(group: str) -> str:
    return group.removeprefix(f"{SHARED}/").replace("/", ".")


def _said(service: Service) -> str:
    if service.protocol == "icmp":
        return "icmp"
    last = "" if service.first == service.last else f"-{service.last}"
    return f"{service.protocol}-{service.first}{last}"


def _service(spec: ConduitSpec) -> Service:
    first, last = spec.port or (0, 65535)
    return Service(protocol=spec.protocol, first=first, last=last)


def _conduit(
    name: str, stack: str, specs: list[ConduitSpec], joins: Iterable[tuple[_Pair, _Pair]]
) -> Conduit:
    """A conduit of one or several declarations that agree in service and path."""
    groups, zones = zip(*joins, strict=True)
    return Conduit(
        id=name,
        stack=stack,
        sources=_sorted(pair[0] for pair in groups),
        targets=_sorted(pair[1] for pair in groups),
        service=_service(specs[0]),
        path=specs[0].path,
        authentication=_joined(spec.authenticate for spec in specs),
        mediator=_joined(spec.mediator or "" for spec in specs),
        reason=_joined(spec.reason for spec in specs),
        zones=(_sorted(pair[0] for pair in zones), _sorted(pair[1] for pair in zones)),
        endpoint=next((spec.service for spec in specs if spec.by == "endpoint"), None),
    )


def _sorted(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _joined(values: Iterable[str]) -> str:
    return "; ".join(_sorted(values))


def _open(estate: Estate, places: Places) -> Iterator[Conduit]:
    """What a tier leaves open, said as a conduit, so that the plan does not claim a wall."""
    for group in sorted(places.open_groups):
        inside = {
            places.hosts[name].zone for name in places.hosts if places.hosts[name].group == group
        }
        tiers = sorted({t.tier for t in estate.tenants if f"{t.id}/ingest" in inside})
        zones = tuple(sorted(inside))
        yield Conduit(
            id=f"{group}/any",
            stack=places.groups[group].stack,
            sources=(group,),
            targets=(group,),
            service=Service(protocol="any"),
            path="private",
            authentication="none",
            mediator=f"none: tier {', '.join(tiers)}",
            reason=f"tier {', '.join(tiers)} filters nothing between these zones",
            zones=(zones, zones),
        )


def peerings(found: Iterable[Conduit], places: Places) -> list[Peering]:
    """One peering for each two networks that a private conduit joins; the tenant's side asks."""
    joined: dict[_Pair, Peering] = {}
    for conduit in found:
        if conduit.path != "private":
            continue
        for source, target in product(conduit.sources, conduit.targets):
            ends = {places.network_of(source), places.network_of(target)}
            if len(ends) == 2:
                requester, accepter = sorted(
                    ends, key=lambda name: (places.networks[name].stack == SHARED, name)
                )
                joined[requester, accepter] = Peering(
                    id=f"{requester}--{accepter}",
                    stack=places.networks[requester].stack,
                    requester=requester,
                    accepter=accepter,
                )
    return list(joined.values())

"""What the lines of a topology picture stand for: a plan's conduits, zone by zone. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from bulkhead.plan import INTERNET, SHARED, Conduit, Plan, Service

HOSTED = ("ingest", "processing", "storage")
PLANE = ("admin", "egress", "audit")
_ORDER = ("ingest", "processing", "storage", "admin", "egress", "audit", "ai", "ot", "it")


@dataclass(frozen=True, slots=True)
class Way:
    """All conduits from one zone to another by private address, or (`public`) by the public one.

    services: as people write them. title: every conduit, one a line.
    """

    source: str
    target: str
    public: bool
    services: tuple[str, ...]
    title: str


@dataclass(frozen=True, slots=True)
class Tap:
    """Where a tenant's frame meets a rail. lines: `↑ tcp 6514`, one per service and direction."""

    rail: str
    lines: tuple[str, ...]
    title: str


@dataclass(frozen=True, slots=True)
class Ways:
    """Every conduit, sorted by how it is drawn.

    inside: by frame (tenant), between two of its zones. within: by zone, between its own hosts.
    outside: by zone, what it answers to everybody and asks of everybody, as lines of text.
    taps: by frame, to a rail; a rail is the id of a shared zone, or of a group of several tenants.
    meshes: by frame, what a tier leaves open between all of its zones there.
    """

    inside: Mapping[str, tuple[Way, ...]]
    within: Mapping[str, tuple[str, ...]]
    outside: Mapping[str, tuple[str, ...]]
    taps: Mapping[str, tuple[Tap, ...]]
    meshes: Mapping[str, str]


@dataclass(slots=True)
class _Sorted:
    pairs: defaultdict[tuple[str, str, bool], list[Conduit]] = field(
        default_factory=lambda: defaultdict(list)
    )
    meshes: list[Conduit] = field(default_factory=list)


def ways(plan: Plan) -> Ways:
    """The conduits of a plan, ready to be drawn; the same for the same plan."""
    tenant_of = {zone.id: zone.tenant for zone in plan.zones}
    found = _Sorted()
    for conduit in plan.conduits:
        everything = conduit.service.protocol == "any" and not plan.imported
        if everything and conduit.zones[0] == conduit.zones[1]:
            found.meshes.append(conduit)
            continue
        for source, target in product(*conduit.zones):
            if source in tenant_of and target in tenant_of:
                found.pairs[source, target, conduit.path == "public"].append(conduit)
    inside: defaultdict[str, list[Way]] = defaultdict(list)
    within: defaultdict[str, list[str]] = defaultdict(list)
    for (source, target, public), items in sorted(found.pairs.items()):
        frame = tenant_of[source]
        if source == target:
            within[source] += _services(items)
        elif frame == tenant_of[target]:
            inside[frame].append(Way(source, target, public, _services(items), _title(items)))
    return Ways(
        inside={frame: tuple(rows) for frame, rows in inside.items()},
        within={zone: tuple(dict.fromkeys(rows)) for zone, rows in within.items()},
        outside=_outside(plan.conduits),
        taps=_taps(plan, tenant_of, found),
        meshes=_meshes(tenant_of, found.meshes),
    )


def place(zone_kind: str) -> tuple[int, str]:
    """Where a kind of zone stands in a row: in the data's own way."""
    known = zone_kind in _ORDER
    return (_ORDER.index(zone_kind) if known else len(_ORDER), zone_kind)


def said(service: Service) -> str:
    """A service as people write it: `tcp 22`, `udp 1000-2000`, `icmp`, `any`."""
    if service.protocol in ("any", "icmp"):
        return service.protocol
    last = "" if service.first == service.last else f"-{service.last}"
    return f"{service.protocol} {service.first}{last}"


def _services(items: Iterable[Conduit]) -> tuple[str, ...]:
    found = sorted({(item.service, item.oneway) for item in items})
    return tuple(said(service) + (" one way" if oneway else "") for service, oneway in found)


def _title(items: Sequence[Conduit]) -> str:
    return "\n".join(
        f"{item.id}: {said(item.service)}, {item.authentication}, checked by {item.mediator}"
        + ("; one way, TLS begins beyond it" if item.oneway else "")
        for item in items
    )


def _outside(conduits: Iterable[Conduit]) -> dict[str, tuple[str, ...]]:
    """Conduits of which one end is everybody outside (imported estates have such), by zone."""
    found: defaultdict[tuple[str, str], set[Service]] = defaultdict(set)
    for item in conduits:
        for zones, others, word in (
            (item.zones[1], item.zones[0], "from outside"),
            (item.zones[0], item.zones[1], "to outside"),
        ):
            if INTERNET in others:
                for zone in zones:
                    found[zone, word].add(item.service)
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for (zone, word), services in sorted(found.items()):
        lines[zone].append(f"{word}: {', '.join(said(one) for one in sorted(services))}")
    return {zone: tuple(rows) for zone, rows in lines.items()}


def _meshes(tenant_of: Mapping[str, str], meshes: Iterable[Conduit]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in meshes:
        for frame in sorted({tenant_of[zone] for zone in item.zones[0] if zone in tenant_of}):
            found[frame] = f"any service between these zones ({item.mediator})"
    return found


def _taps(plan: Plan, tenant_of: Mapping[str, str], found: _Sorted) -> dict[str, tuple[Tap, ...]]:
    """By frame: one tap per rail, with what passes there in both directions."""
    ends: defaultdict[tuple[str, str], defaultdict[tuple[str, Service], set[str]]]
    ends = defaultdict(lambda: defaultdict(set))
    conduits: defaultdict[tuple[str, str], list[Conduit]] = defaultdict(list)
    for (source, target, _), items in sorted(found.pairs.items()):
        for frame, zone, rail, arrow in _crossing(tenant_of, source, target, items):
            conduits[frame, rail] += [item for item in items if item not in conduits[frame, rail]]
            for service in {item.service for item in items}:
                ends[frame, rail][arrow, service].add(zone)
    for item in found.meshes:
        frames = {tenant_of[zone] for zone in item.zones[0] if zone in tenant_of}
        for frame in frames if len(frames) > 1 else ():
            conduits[frame, item.sources[0]].append(item)
            ends[frame, item.sources[0]]["↕", Service(protocol="any")] |= set(item.zones[0])
    kinds = {zone.id: zone.kind for zone in plan.zones}
    hosted: defaultdict[str, set[str]] = defaultdict(set)
    for one in plan.zones:
        if one.kind in HOSTED:
            hosted[one.tenant].add(one.id)
    taps: defaultdict[str, list[Tap]] = defaultdict(list)
    for (frame, rail), rows in sorted(ends.items()):
        lines = tuple(
            f"{arrow} {said(service)}" + _partly(zones, hosted[frame], kinds)
            for (arrow, service), zones in sorted(rows.items(), key=lambda row: row[0])
        )
        taps[frame].append(Tap(rail, lines, _title(conduits[frame, rail])))
    return {frame: tuple(rows) for frame, rows in taps.items()}


def _crossing(
    tenant_of: Mapping[str, str], source: str, target: str, items: Sequence[Conduit]
) -> Iterator[tuple[str, str, str, str]]:
    """Ends of a way between two frames, as (frame, its zone, rail, direction seen there)."""
    one, other = tenant_of[source], tenant_of[target]
    if one == other:
        return
    if one == SHARED:
        yield other, target, source, "↓"
    elif other == SHARED:
        yield one, source, target, "↑"
    else:
        yield one, source, items[0].id, "↑"
        yield other, target, items[0].id, "↓"


def _partly(zones: set[str], all_of_them: set[str], kinds: Mapping[str, str]) -> str:
    """Which zones a tap is about, where it is not all the hosted ones."""
    if zones >= all_of_them:
        return ""
    return f" {', '.join(sorted({kinds[zone] for zone in zones}, key=place))}"

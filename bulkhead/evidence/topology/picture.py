"""The topology picture put together: where each frame stands, and what is painted over what."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt

from bulkhead.evidence.drawing import Drawing, Rect, Shape, Text, fit
from bulkhead.evidence.topology.frame import Frame, Row
from bulkhead.evidence.topology.key import key
from bulkhead.evidence.topology.rails import NAME, RAIL, Rail, Rails
from bulkhead.evidence.topology.red import Crossing, drawn
from bulkhead.evidence.topology.room import Room
from bulkhead.evidence.topology.ways import HOSTED, PLANE, Ways, place, ways
from bulkhead.plan import INTERNET, SHARED, UNKNOWN, Plan, Zone

MARGIN, BETWEEN = 16.0, 24.0
_BESIDE = 4
_OUTSIDE = 180.0
"""Width of the boxes outside of every frame."""


def picture(
    plan: Plan,
    crossings: Sequence[Crossing] = (),
    failing: Mapping[str, str] | None = None,
    tenant: str | None = None,
) -> Drawing:
    """The picture of a plan. failing: by id of a zone or host, why it is outlined red.

    tenant: that one alone beside the provider's plane: the other half of a finding that it shares
    with another tenant then stands outside. KeyError for a tenant that there is not.
    """
    if tenant is None:
        return _Picture(plan, tuple(crossings), failing or {}).drawn()
    page = of_tenant(plan, tenant)
    here = {INTERNET, *(row.id for row in page.zones), *(row.id for row in page.hosts)}
    met = tuple(row for row in crossings if here & {row.source, row.target} - {INTERNET})
    red = {name: why for name, why in (failing or {}).items() if name in here}
    elsewhere = {row.id for row in plan.hosts} | {row.id for row in plan.zones}
    return _Picture(page, met, red, frozenset(elsewhere - here)).drawn()


def of_tenant(plan: Plan, tenant: str) -> Plan:
    """What of a plan one tenant's page shows: its zones and the provider's plane."""
    homes = {tenant, SHARED}
    zones = tuple(zone for zone in plan.zones if zone.tenant in homes)
    known = {zone.id for zone in zones}
    if not any(zone.tenant == tenant for zone in zones):
        raise KeyError(tenant)
    return replace(
        plan,
        tenants=tuple(row for row in plan.tenants if row.id == tenant),
        zones=zones,
        hosts=tuple(host for host in plan.hosts if host.zone in known),
        conduits=tuple(
            row
            for row in plan.conduits
            if all(known & set(ends) or INTERNET in ends for ends in row.zones)
        ),
    )


@dataclass(slots=True)
class _Picture:
    plan: Plan
    crossings: tuple[Crossing, ...]
    failing: Mapping[str, str]
    elsewhere: frozenset[str] = frozenset()
    ways: Ways = field(init=False)
    shapes: list[Shape] = field(default_factory=list)
    rects: dict[str, Rect] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ways = ways(self.plan)

    def drawn(self) -> Drawing:
        """Frames and conduits first, red over them, the legend below."""
        tenants = sorted({zone.tenant for zone in self.plan.zones} - {SHARED})
        columns = min(max(2, round(sqrt(len(tenants)))), max(1, len(tenants)))
        rows = [tenants[at : at + columns] for at in range(0, len(tenants), columns)]
        rails = self._rails(tenants, columns, len(rows))
        top, ports = self._top(rails)
        wide = (rails.right - rails.left + BETWEEN) / columns - BETWEEN
        for row in rows:
            top = self._row(row, rails, top, wide, ports)
            ports = {}
        right = max([rails.right + NAME, *(rect.right for rect in self.rects.values())])
        self.shapes += drawn(self.crossings, self.rects)
        legend, bottom = key(
            MARGIN, top, right - MARGIN, self.crossings, failing=bool(self.failing)
        )
        return Drawing(
            width=right + MARGIN,
            height=bottom + MARGIN,
            title=f"Topology of {self.plan.estate}",
            alt=self._alt(),
            shapes=(*self.shapes, *legend),
        )

    def _alt(self) -> str:
        plan = self.plan
        found = [str(crossing) for crossing in self.crossings]
        found += [f"{name}: {why}" for name, why in sorted(self.failing.items())]
        counts = f"{len(plan.tenants)} tenants, {len(plan.zones)} zones, {len(plan.hosts)} hosts"
        red = f"In red: {'; '.join(found)}." if found else "Nothing is in red."
        return f"{counts}, {len(plan.conduits)} conduits. {red}"

    def _rails(self, tenants: Sequence[str], columns: int, rows: int) -> Rails:
        """Which rails there are, and from where to where they run."""
        kinds = {zone.id: zone.kind for zone in self.plan.zones}
        found = sorted(
            {tap.rail for taps in self.ways.taps.values() for tap in taps},
            key=lambda rail: (rail not in kinds, place(kinds.get(rail) or rail)),
        )
        rails = Rails(
            rails=[Rail(rail, kinds.get(rail, rail)) for rail in found],
            taps=self.ways.taps,
            left=MARGIN + (RAIL * len(found) if rows > 1 else 0.0),
            right=0.0,
            trunk=MARGIN if rows > 1 else None,
        )
        needs = [self._frame(one).build(0, 0).width for one in tenants]
        wide = max([300.0, *needs, *(rails.width(one) for one in tenants)])
        rails.right = rails.left + columns * (wide + BETWEEN) - BETWEEN
        return rails

    def _top(self, rails: Rails) -> tuple[float, dict[str, tuple[float, float]]]:
        """The provider's plane and what is outside; the y below, and where rails begin."""
        x, bottom = rails.left, MARGIN
        ports: dict[str, tuple[float, float]] = {}
        if any(zone.tenant == SHARED for zone in self.plan.zones):
            shared = self._frame(SHARED, [rail.id for rail in rails.rails])
            self._take(shared.build(x, MARGIN))
            for rail in rails.rails:
                if rail.id in shared.rects:
                    ports[rail.id] = (shared.port(rail.id), shared.rects[rail.id].bottom)
            x, bottom = x + shared.width + BETWEEN, MARGIN + shared.height
        return max(bottom, self._outside(x)), ports

    def _outside(self, x: float) -> float:
        """The internet, and ends of findings that the plan does not know; the y below."""
        known = {INTERNET, *(host.id for host in self.plan.hosts)}
        known |= {zone.id for zone in self.plan.zones}
        ends = {end for crossing in self.crossings for end in (crossing.source, crossing.target)}
        y = MARGIN
        for name in (INTERNET, *sorted(ends - known)):
            kind = "outside" if name == INTERNET else "outside failing"
            box = Rect(x=x, y=y, width=_OUTSIDE, height=32, kind=kind, id=name, radius=16)
            said = fit(name if name == INTERNET else f"✕ {name}", _OUTSIDE - 20, 12)
            self.rects[name] = box
            self.shapes.append(box)
            self.shapes.append(
                Text(
                    x=box.centre[0],
                    y=y + 20,
                    text=said,
                    kind="head",
                    size=12,
                    anchor="middle",
                    box=name,
                    title=self._outsider(name),
                )
            )
            y += 40
        return y

    def _outsider(self, name: str) -> str:
        if name == INTERNET:
            return name
        return f"{name}: {'of another tenant' if name in self.elsewhere else 'not in the plan'}"

    def _row(
        self,
        row: Sequence[str],
        rails: Rails,
        top: float,
        wide: float,
        ports: Mapping[str, tuple[float, float]],
    ) -> float:
        """One row of frames below its rails; the y below it."""
        frames = [self._frame(tenant) for tenant in row]
        tall = max(frame.build(0, 0, wide).height for frame in frames)
        y = top + rails.height(row)
        for number, frame in enumerate(frames):
            self._take(frame.build(rails.left + number * (wide + BETWEEN), y, wide, tall))
        self.shapes += rails.run(top, ports)
        for frame in frames:
            self.shapes += rails.tap(frame.rects[frame.id], top)
        return y + tall + MARGIN

    def _take(self, frame: Frame) -> None:
        self.shapes += frame.shapes
        self.rects |= frame.rects

    def _frame(self, tenant: str, rails: Sequence[str] = ()) -> Frame:
        zones = [zone for zone in self.plan.zones if zone.tenant == tenant]
        tiers = {one.id: f"{one.id}: {one.tier} tier" for one in self.plan.tenants}
        nobody = "whose it is was not stated" if tenant == UNKNOWN else tenant
        title = tiers.get(tenant, nobody)
        return Frame(
            id=tenant,
            title="shared: the provider's own plane" if tenant == SHARED else title,
            rows=tuple(self._rows(tenant, zones)),
            ways=self.ways.inside.get(tenant, ()),
            note=self.ways.meshes.get(tenant, ""),
            taken=dict.fromkeys(rails, 1),
        )

    def _rows(self, tenant: str, zones: Sequence[Zone]) -> Iterator[Row]:
        if tenant == SHARED:
            yield Row(label="", rooms=self._rooms(zones))
            return
        if self.plan.imported:
            yield from self._networks(zones)
            return
        hosted = [zone for zone in zones if zone.kind in HOSTED]
        yield Row(label="hosted by the provider", rooms=self._rooms(hosted))
        own = [zone for zone in zones if zone.kind in PLANE]
        if own:
            yield Row(label="its own plane, hosted by the provider", rooms=self._rooms(own))
        plants: dict[str, list[Zone]] = {}
        for zone in zones:
            if zone.kind not in {*HOSTED, *PLANE}:
                plants.setdefault(zone.id.rpartition("/")[0], []).append(zone)
        for site, there in sorted(plants.items()):
            name = site.removeprefix(f"{tenant}/")
            yield Row(label=f"plant {name}, the customer's own", rooms=self._rooms(there))

    def _networks(self, zones: Sequence[Zone]) -> Iterator[Row]:
        """Rows of an imported estate: its networks, so many zones beside each other at most."""
        networks = {subnet.id: subnet.network for subnet in self.plan.subnets}
        by_network: dict[str, list[Zone]] = {}
        for zone in zones:
            by_network.setdefault(networks.get(zone.subnet, ""), []).append(zone)
        for network, there in sorted(by_network.items()):
            for at in range(0, len(there), _BESIDE):
                yield Row(label=f"network {network}", rooms=self._rooms(there[at : at + _BESIDE]))

    def _rooms(self, zones: Sequence[Zone]) -> tuple[Room, ...]:
        return tuple(
            Room(
                zone=zone,
                name=self._name(zone),
                outside=self.ways.outside.get(zone.id, ()),
                hosts=tuple(host for host in self.plan.hosts if host.zone == zone.id),
                within=self.ways.within.get(zone.id, ()),
                mediators=self._mediators(),
                failing=self.failing,
            )
            for zone in sorted(zones, key=lambda zone: place(zone.kind))
        )

    def _name(self, zone: Zone) -> str:
        """Its kind; of an imported estate its own name, for kinds are guesses."""
        if not self.plan.imported:
            return zone.kind
        return f"{zone.id.rpartition('/')[2]}: {zone.kind}"

    def _mediators(self) -> frozenset[str]:
        """Hosts that check what passes: a conduit names a zone's kind and a role, or a host."""
        kinds = {zone.id: zone.kind for zone in self.plan.zones}
        named = {word for row in self.plan.conduits for word in row.mediator.split("; ")}
        return frozenset(
            host.id
            for host in self.plan.hosts
            if host.id in named or f"{kinds.get(host.zone)}.{host.role}" in named
        )

"""Where AWS's routes take a packet: the most specific prefix decides, whatever its state."""

from dataclasses import dataclass, field
from typing import NamedTuple

from bulkhead.network.deployed import Interface, Route, RouteTable, TransitTable
from bulkhead.network.lookup import Lookup, holds, label, prefix_of


class Way(NamedTuple):
    """Whether the routes lead there, and the sentence that says which route decided."""

    open: bool
    because: str


@dataclass(frozen=True, slots=True)
class Routes:
    """Answers about one deployment's routes; what was answered once is remembered."""

    lookup: Lookup
    _private: dict[tuple[str, str], Way] = field(default_factory=dict)
    _public: dict[tuple[str, str], Way] = field(default_factory=dict)

    def private(self, source: Interface, target: Interface) -> Way:
        """From the source's subnet to the target's own address."""
        key = (source.subnet, target.id)
        if key not in self._private:
            self._private[key] = self._to_host(source, target)
        return self._private[key]

    def public(self, source: Interface, address: str) -> Way:
        """From the source's subnet through the internet gateway to a public address."""
        if source.public is None:
            return Way(False, f"{source.host} has no public address to send from")
        key = (source.subnet, address)
        if key not in self._public:
            self._public[key] = self._to_internet(source, address)
        return self._public[key]

    def entrance(self, target: Interface) -> Way:
        """From the internet to a public address: its VPC's gateway must be attached."""
        if target.public is None:
            return Way(False, f"{target.host} has no public address")
        gateway = self.lookup.gateways.get(target.vpc)
        if gateway is None:
            return Way(False, f"no internet gateway is attached to {target.vpc}")
        return Way(True, f"{label(gateway)} maps {target.public} to {target.address}")

    def _table(self, source: Interface) -> RouteTable | None:
        subnet = self.lookup.subnets.get(source.subnet)
        return self.lookup.tables.get(subnet.route_table) if subnet else None

    def _to_host(self, source: Interface, target: Interface) -> Way:
        table, address = self._table(source), target.address
        route = _chosen(table, address) if table else None
        if table is None or route is None:
            return _no_route(source, table, address)
        if not route.active:
            return _black_hole(table, route)
        if route.target == "local":
            return self._local(source, target, table, route)
        return self._beyond(source, target, table, route)

    def _beyond(self, source: Interface, target: Interface, table: RouteTable, route: Route) -> Way:
        """Into another VPC: over a peering, or over a transit gateway."""
        if route.target in self.lookup.peerings:
            return self._peered(source, target, table, route)
        if route.target in self.lookup.transits:
            return self._transit(source, target, table, route)
        if route.target.startswith("pcx-"):
            return Way(False, f"{_said(table, route)}: there is no such peering any more")
        return Way(False, f"{_said(table, route)} carries no private address to another host")

    def _local(self, source: Interface, target: Interface, table: RouteTable, route: Route) -> Way:
        vpc = self.lookup.vpcs.get(source.vpc)
        inside = vpc is not None and any(holds(cidr, target.address) for cidr in vpc.cidrs)
        if inside and target.vpc == source.vpc:
            return Way(True, _said(table, route))
        return Way(False, f"{_said(table, route)} stays in {source.vpc}, {target.host} is outside")

    def _peered(self, source: Interface, target: Interface, table: RouteTable, route: Route) -> Way:
        peering = self.lookup.peerings[route.target]
        said = f"{label(table)} sends {route.cidr} to {label(peering)}"
        ends = {peering.requester, peering.accepter}
        if not peering.active:
            return Way(False, f"{said}: the peering is not active")
        if source.vpc not in ends:
            return Way(False, f"{said}: the peering does not join {source.vpc}")
        other = peering.accepter if peering.requester == source.vpc else peering.requester
        vpc = self.lookup.vpcs.get(other)
        if other != target.vpc or vpc is None:
            return Way(False, f"{said}: the peering ends in {other}, not in {target.vpc}")
        if not any(holds(cidr, target.address) for cidr in vpc.cidrs):
            return Way(False, f"{said}: {target.address} is not in the addresses of {other}")
        return Way(True, said)

    def _transit(
        self, source: Interface, target: Interface, table: RouteTable, route: Route
    ) -> Way:
        """Over a transit gateway: by the table of the source's attachment, to one attachment.

        What arrives in a VPC goes to that VPC's own addresses and no further: it meets the
        route table of the attachment's subnet there, of which the local route counts alone.
        """
        said = _said(table, route)
        own = self.lookup.attachments.get((route.target, source.vpc))
        if own is None or not own.available:
            return Way(False, f"{said}, to which {source.vpc} is not attached")
        judge = self.lookup.transit_tables.get(own.table)
        if judge is None:
            return Way(False, f"{said}: {label(own)} is in no table there")
        onward = _chosen(judge, target.address)
        if onward is None:
            return Way(False, f"{said}: no route to {target.address} in {label(judge)}")
        if not onward.active:
            return _black_hole(judge, onward)
        return self._delivered(target, f"{said}; {_said(judge, onward)}", onward)

    def _delivered(self, target: Interface, said: str, onward: Route) -> Way:
        end = self.lookup.attached.get(onward.target)
        if end is None or not end.available:
            return Way(False, f"{said}: nothing is attached there")
        vpc = self.lookup.vpcs.get(end.vpc)
        inside = vpc is not None and any(holds(cidr, target.address) for cidr in vpc.cidrs)
        if end.vpc != target.vpc or not inside:
            return Way(False, f"{said}: that ends in {end.vpc}, not in {target.vpc}")
        return Way(True, said)

    def _to_internet(self, source: Interface, address: str) -> Way:
        table = self._table(source)
        route = _chosen(table, address) if table else None
        if table is None or route is None:
            return _no_route(source, table, address)
        if not route.active:
            return _black_hole(table, route)
        gateway = self.lookup.gateways.get(source.vpc)
        if gateway is None:
            return Way(False, f"no internet gateway is attached to {source.vpc}")
        if route.target != gateway.id:
            return Way(False, f"{_said(table, route)}, not to {label(gateway)}")
        return Way(True, _said(table, route))


def _chosen(table: RouteTable | TransitTable, address: str) -> Route | None:
    """The most specific route that holds the address, black holes included."""
    found = [route for route in table.routes if holds(route.cidr, address)]
    return max(found, key=_length, default=None)


def _length(route: Route) -> int:
    prefix = prefix_of(route.cidr)
    return prefix.length if prefix else -1


def _said(table: RouteTable | TransitTable, route: Route) -> str:
    return f"{label(table)} sends {route.cidr} to {route.target}"


def _black_hole(table: RouteTable | TransitTable, route: Route) -> Way:
    where = f"{label(table)} sends {route.cidr} into a black hole ({route.target})"
    return Way(False, where)


def _no_route(source: Interface, table: RouteTable | None, address: str) -> Way:
    where = label(table) if table else f"{source.subnet}, which has no route table"
    return Way(False, f"no route to {address} in {where}")

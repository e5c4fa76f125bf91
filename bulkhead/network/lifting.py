"""Which layer stopped a flow is proven by opening that one alone: what to add, and where.

Pure: `lift` says what must be added to a deployment, `with_changes` adds it to the tables. In a
lab the same changes are made through the API. They are as narrow as each layer allows: one
peer, one service.
"""

from dataclasses import dataclass, replace
from typing import get_args

from bulkhead.network.deployed import (
    EPHEMERAL,
    INTERNET_ADDRESS,
    AclEntry,
    Deployed,
    Flow,
    GroupRule,
    HostLayer,
    Interface,
    Layer,
    Peering,
    Route,
)
from bulkhead.network.lookup import Lookup, lookup
from bulkhead.network.ports import NUMBERS
from bulkhead.plan.tables import INTERNET

MARK = "bulkhead-lift"
"""Name and description of what was opened: it is found again by it alone."""


@dataclass(frozen=True, slots=True)
class AddRule:
    """A rule in a security group."""

    group: str
    rule: GroupRule


@dataclass(frozen=True, slots=True)
class AddEntry:
    """An entry in a network ACL, before all others."""

    acl: str
    entry: AclEntry


@dataclass(frozen=True, slots=True)
class AddPeering:
    """A peering; its id is known once it is made, so routes name it by MARK."""

    peering: Peering


@dataclass(frozen=True, slots=True)
class AddRoute:
    """A route."""

    table: str
    route: Route


@dataclass(frozen=True, slots=True)
class AddHostRule:
    """An accept at the head of the host's own chain: `input` from the peer, `output` to it."""

    host: str
    layer: HostLayer
    protocol: str
    port: int
    peer: str


_HOST_LAYERS: dict[str, HostLayer] = {layer: layer for layer in get_args(HostLayer)}
_NO_RULE: dict[str, str] = {
    "host": "the host is not there or does not run",
    "endpoint": "an endpoint asks nobody, and whether it is accepted is its service's to say",
}
Change = AddRule | AddEntry | AddPeering | AddRoute | AddHostRule


def lift(deployed: Deployed, flow: Flow, layer: Layer) -> tuple[Change, ...] | str:
    """What opens this layer for this flow alone; a sentence where that cannot be done."""
    return _Lifting(lookup(deployed), flow).changes(layer)


def with_changes(deployed: Deployed, changes: tuple[Change, ...]) -> Deployed:
    """The deployment with what was added. Rules of hosts are no part of it: they are left out."""
    for change in changes:
        match change:
            case AddRule(group, rule):
                groups = (
                    replace(row, rules=(*row.rules, rule)) if row.id == group else row
                    for row in deployed.groups
                )
                deployed = replace(deployed, groups=tuple(groups))
            case AddEntry(acl, entry):
                acls = (
                    replace(row, entries=_in_order(*row.entries, entry)) if row.id == acl else row
                    for row in deployed.acls
                )
                deployed = replace(deployed, acls=tuple(acls))
            case AddPeering(peering):
                deployed = replace(deployed, peerings=(*deployed.peerings, peering))
            case AddRoute(table, route):
                tables = (
                    replace(row, routes=_routes(*row.routes, route)) if row.id == table else row
                    for row in deployed.route_tables
                )
                deployed = replace(deployed, route_tables=tuple(tables))
    return deployed


def _in_order(*entries: AclEntry) -> tuple[AclEntry, ...]:
    return tuple(sorted(entries, key=lambda row: (row.egress, row.number)))


def _routes(*routes: Route) -> tuple[Route, ...]:
    """Sorted by prefix, one route for each: the last that was named."""
    by_cidr = {row.cidr: row for row in routes}
    return tuple(by_cidr[cidr] for cidr in sorted(by_cidr))


@dataclass(frozen=True, slots=True)
class _Lifting:
    index: Lookup
    flow: Flow

    def changes(self, layer: Layer) -> tuple[Change, ...] | str:
        if layer in _NO_RULE:
            return f"{_NO_RULE[layer]}: that is no rule to open"
        if INTERNET in (self.flow.source, self.flow.target):
            return "the internet has no rules of ours to open"
        if layer in ("route", "reply-route"):
            return self._way(reply=layer == "reply-route")
        if "acl" in layer:
            return self._entry(layer)
        if "group" in layer:
            return self._rule(egress=layer == "group-egress")
        return self._host_rule(_HOST_LAYERS[layer])

    @property
    def source(self) -> Interface:
        return self.index.hosts[self.flow.source]

    @property
    def target(self) -> Interface:
        return self.index.hosts[self.flow.target]

    def _seen(self, end: Interface) -> str:
        """The address under which the other side knows this end."""
        if self.flow.path == "private":
            return end.address
        return end.public or INTERNET_ADDRESS

    def _near(self, layer: Layer) -> tuple[Interface, Interface]:
        """The end at which a layer lies, and its peer."""
        at_source = layer in ("group-egress", "acl-egress", "reply-acl-ingress", "host-egress")
        at_source = at_source or layer == "reply-host-ingress"
        return (self.source, self.target) if at_source else (self.target, self.source)

    def _rule(self, *, egress: bool) -> tuple[Change, ...]:
        end, peer = self._near("group-egress" if egress else "group-ingress")
        rule = GroupRule(
            id=MARK,
            egress=egress,
            protocol=NUMBERS[self.flow.protocol],
            first=self.flow.port,
            last=self.flow.port,
            cidr=f"{self._seen(peer)}/32",
        )
        return (AddRule(end.groups[0], rule),)

    def _entry(self, layer: Layer) -> tuple[Change, ...] | str:
        end, peer = self._near(layer)
        acl = self.index.acls[self.index.subnets[end.subnet].acl]
        egress = layer.endswith("egress")
        used = {row.number for row in acl.entries if row.egress == egress}
        if min(used, default=2) <= 1:
            return f"{acl.id} has an entry numbered 1: nothing goes before it"
        ports = EPHEMERAL if layer.startswith("reply-") else (self.flow.port, self.flow.port)
        entry = AclEntry(
            number=1,
            egress=egress,
            allow=True,
            protocol=NUMBERS[self.flow.protocol],
            cidr=f"{self._seen(peer)}/32",
            first=ports[0],
            last=ports[1],
        )
        return (AddEntry(acl.id, entry),)

    def _way(self, *, reply: bool) -> tuple[Change, ...] | str:
        """A route from the one to the other, over a peering that may have to be made."""
        if self.flow.path == "public":
            return "a way over the internet also needs an address there: it is not one layer"
        start, end = (self.target, self.source) if reply else (self.source, self.target)
        ends = {start.vpc, end.vpc}
        if len(ends) == 1:
            return "hosts of one network always have a route: nothing to open"
        known = [
            row.id
            for row in self.index.peerings.values()
            if row.active and {row.requester, row.accepter} == ends
        ]
        link = Peering(id=MARK, name=MARK, requester=start.vpc, accepter=end.vpc, active=True)
        route = Route(cidr=f"{end.address}/32", target=(known or [MARK])[0], active=True)
        table = self.index.subnets[start.subnet].route_table
        return (*(() if known else (AddPeering(link),)), AddRoute(table, route))

    def _host_rule(self, layer: HostLayer) -> tuple[Change, ...]:
        end, peer = self._near(layer)
        address = peer.address if self.flow.path == "private" else self._seen(peer)
        return (AddHostRule(end.host, layer, self.flow.protocol, self.flow.port, address),)

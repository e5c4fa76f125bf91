"""The layers a packet meets, in order, each with what passes and who decided.

Private path: host, the source's own filter, then AWS's order: endpoint (one that is not accepted
takes nothing, and none ever asks), route, both ACLs (not within one subnet), both groups; then
the target's own filter, and the reply's way back: the target's filter, route, ACLs, the source's
filter; then, in TCP, the two filters once more, for what comes after the handshake.
Public path: the source's side is judged with the target's public address, the target's side with
the source's public one, so the source's group comes before the target's ACL; no host's filter sees
its own public address, for it is translated outside. Connection tracking lets replies past security
groups, never past routes and network ACLs, and past a host's own filter only by a rule that says
so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bulkhead.network.acls import Acls
from bulkhead.network.deployed import (
    EPHEMERAL,
    INTERNET_ADDRESS,
    Deployed,
    HostLayer,
    Interface,
    Layer,
)
from bulkhead.network.filtering import Filtering, Packet
from bulkhead.network.filters import Filters, Hook
from bulkhead.network.groups import Groups
from bulkhead.network.lookup import Lookup, label, lookup
from bulkhead.network.ports import (
    ECHO_REPLY,
    EVERYTHING,
    ICMP,
    NOTHING,
    TCP,
    UDP,
    Ports,
)
from bulkhead.network.routes import Routes, Way

_REPLIES = {
    TCP: Ports.of(TCP, *EPHEMERAL),
    UDP: Ports.of(UDP, *EPHEMERAL),
    ICMP: Ports.of(ICMP, ECHO_REPLY, ECHO_REPLY),
}
_REQUESTS = {number: Ports.of(number) for number in _REPLIES}
_NUMBERED = Ports.union(_REQUESTS.values())


@dataclass(frozen=True, slots=True)
class Stage:
    """One layer met by a request, its reply, or what follows in a connection.

    passes: in terms of the request's services, also where the reply is judged.
    why: sentences that name what decides about some of these services.
    follows: met by what the source sends when the reply has come.
    """

    layer: Layer
    passes: Ports
    why: Callable[[Ports], tuple[str, ...]]
    follows: bool = False

    @property
    def late(self) -> bool:
        """Whether the request has arrived before this layer is met."""
        return self.follows or self.layer.startswith("reply-")


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers between any two hosts of one deployment. None stands for the internet."""

    lookup: Lookup
    routes: Routes
    acls: Acls
    groups: Groups
    filtering: Filtering

    @staticmethod
    def of(deployed: Deployed, filters: Filters) -> "Layers":
        """Index a deployment, and its hosts' own filters, for questions."""
        index = lookup(deployed)
        return Layers(index, Routes(index), Acls(index), Groups(index), Filtering(filters))

    def private(self, source: Interface, target: Interface) -> Iterator[Stage]:
        """Layers between two hosts by the target's own address."""
        yield _host(source, target)
        yield self._filter("host-egress", source, target.address)
        if not self.lookup.endpoints.keys().isdisjoint((source.host, target.host)):
            yield _way("endpoint", self._service(source, target))
        yield _way("route", self.routes.private(source, target))
        apart = source.subnet != target.subnet
        if apart:
            yield self._acl("acl-egress", source, True, target.address)
            yield self._acl("acl-ingress", target, False, source.address)
        yield self._group("group-egress", source, True, target.address, private=True)
        yield self._group("group-ingress", target, False, source.address, private=True)
        yield self._filter("host-ingress", target, source.address)
        yield self._filter("reply-host-egress", target, source.address)
        yield _way("reply-route", self.routes.private(target, source))
        if apart:
            yield self._acl("reply-acl-egress", target, True, source.address)
            yield self._acl("reply-acl-ingress", source, False, target.address)
        yield self._filter("reply-host-ingress", source, target.address)
        yield self._following("host-egress", source, target.address)
        yield self._following("host-ingress", target, source.address)

    def public(self, source: Interface | None, target: Interface | None) -> Iterator[Stage]:
        """Layers between two hosts by the target's public address."""
        sender, receiver = _outside(source), _outside(target)
        yield _host(source, target)
        if source:
            yield self._filter("host-egress", source, receiver)
            yield _way("route", self.routes.public(source, receiver))
            yield self._acl("acl-egress", source, True, receiver)
            yield self._group("group-egress", source, True, receiver, private=False)
        if target:
            yield _way("route", self.routes.entrance(target))
            yield self._acl("acl-ingress", target, False, sender)
            yield self._group("group-ingress", target, False, sender, private=False)
            yield self._filter("host-ingress", target, sender)
            yield self._filter("reply-host-egress", target, sender)
            yield _way("reply-route", self.routes.public(target, sender))
            yield self._acl("reply-acl-egress", target, True, sender)
        if source:
            yield self._acl("reply-acl-ingress", source, False, receiver)
            yield self._filter("reply-host-ingress", source, receiver)
            yield self._following("host-egress", source, receiver)
        if target:
            yield self._following("host-ingress", target, sender)

    def _service(self, source: Interface, target: Interface) -> Way:
        """Whether an endpoint at either end lets a connection begin."""
        if source.host in self.lookup.endpoints:
            return Way(False, f"{source.host} is an endpoint: it answers, and never asks")
        endpoint = self.lookup.endpoints[target.host]
        if not endpoint.accepted:
            return Way(False, f"{label(endpoint)} is not accepted by {endpoint.service}")
        return Way(True, f"{label(endpoint)} leads to {endpoint.service}")

    def _filter(self, layer: HostLayer, end: Interface, peer: str) -> Stage:
        """The host's own filter: of requests, or of replies by what it says of known flows."""
        if not layer.startswith("reply-"):
            packet = _packet(layer, end, peer, "new")
            passes = self.filtering.passes(end.host, packet)
            return Stage(layer, passes, lambda query: self.filtering.why(end.host, packet, query))
        packet = _packet(layer, end, peer, "established")
        passes = answerable(self.filtering.passes(end.host, packet))
        return Stage(
            layer, passes, lambda query: self.filtering.why(end.host, packet, replies(query))
        )

    def _following(self, layer: HostLayer, end: Interface, peer: str) -> Stage:
        """The host's own filter, met by a TCP connection's next packet: of a flow known by then."""
        packet = _packet(layer, end, peer, "established")
        passes = self.filtering.passes(end.host, packet) | (EVERYTHING - _REQUESTS[TCP])
        return Stage(
            layer,
            passes,
            lambda query: self.filtering.why(end.host, packet, query & _REQUESTS[TCP]),
            follows=True,
        )

    def _acl(self, layer: Layer, end: Interface, egress: bool, peer: str) -> Stage:
        subnet = self.lookup.subnets.get(end.subnet)
        acl = subnet.acl if subnet else ""
        passes = self.acls.passes(acl, egress, peer)
        if not layer.startswith("reply-"):
            return Stage(layer, passes, lambda query: self.acls.why(acl, egress, peer, query))
        return Stage(
            layer,
            answerable(passes),
            lambda query: self.acls.why(acl, egress, peer, replies(query)),
        )

    def _group(
        self, layer: Layer, end: Interface, egress: bool, peer: str, *, private: bool
    ) -> Stage:
        return Stage(
            layer,
            self.groups.passes(end, egress, peer, private),
            lambda query: self.groups.why(end, egress, peer, private, query),
        )


def answerable(passes: Ports) -> Ports:
    """The requests whose replies are all in `passes`.

    TCP and UDP are answered to any ephemeral port, so the whole range must pass; ICMP by an
    echo reply; another protocol by itself.
    """
    if passes == EVERYTHING:
        return EVERYTHING
    whole = [Ports.of(span.protocol) for span in passes if (span.first, span.last) == (0, 65535)]
    open_ones = [_REQUESTS[item] for item, reply in _REPLIES.items() if passes.covers(reply)]
    return Ports.union([*whole, *open_ones])


def replies(requests: Ports) -> Ports:
    """The services of the replies to some requests (see `answerable`)."""
    numbered = [reply for item, reply in _REPLIES.items() if requests & _REQUESTS[item]]
    return Ports.union([requests - _NUMBERED, *numbered])


def _outside(end: Interface | None) -> str:
    """The address an end has outside. One without is stopped by its route before this counts."""
    return INTERNET_ADDRESS if end is None else end.public or end.address


def _packet(layer: HostLayer, end: Interface, peer: str, state: str) -> Packet:
    hook: Hook = "output" if layer.endswith("egress") else "input"
    return Packet(hook=hook, peer=peer, own=end.address, state=state)


def _host(source: Interface | None, target: Interface | None) -> Stage:
    ends = [end for end in (source, target) if end is not None]
    stopped = tuple(f"{end.host} is not running" for end in ends if not end.running)
    return Stage("host", NOTHING if stopped else EVERYTHING, lambda _: stopped)


def _way(layer: Layer, way: Way) -> Stage:
    return Stage(layer, EVERYTHING if way.open else NOTHING, lambda _: (way.because,))

"""The layers a packet meets, in AWS's order, each with what passes and who decided.

Private path: host, route, both ACLs (not within one subnet), both groups; then the reply's
route and ACLs. Public path: the source's side is judged with the target's public address, the
target's side with the source's public one, so the source's group comes before the target's ACL.
Connection tracking lets replies past security groups, never past routes and network ACLs.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bulkhead.network.acls import Acls
from bulkhead.network.deployed import EPHEMERAL, INTERNET_ADDRESS, Deployed, Interface, Layer
from bulkhead.network.groups import Groups
from bulkhead.network.lookup import Lookup, lookup
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
    """One layer met by a request or its reply.

    passes: in terms of the request's services, also where the reply is judged.
    why: sentences that name what decides about some of these services.
    """

    layer: Layer
    passes: Ports
    why: Callable[[Ports], tuple[str, ...]]

    @property
    def reply(self) -> bool:
        """Whether it is the reply that meets this layer."""
        return self.layer.startswith("reply-")


@dataclass(frozen=True, slots=True)
class Layers:
    """The layers between any two hosts of one deployment. None stands for the internet."""

    lookup: Lookup
    routes: Routes
    acls: Acls
    groups: Groups

    @staticmethod
    def of(deployed: Deployed) -> "Layers":
        """Index a deployment for questions."""
        index = lookup(deployed)
        return Layers(index, Routes(index), Acls(index), Groups(index))

    def private(self, source: Interface, target: Interface) -> Iterator[Stage]:
        """Layers between two hosts by the target's own address."""
        yield _host(source, target)
        yield _way("route", self.routes.private(source, target))
        apart = source.subnet != target.subnet
        if apart:
            yield self._acl("acl-egress", source, True, target.address)
            yield self._acl("acl-ingress", target, False, source.address)
        yield self._group("group-egress", source, True, target.address, private=True)
        yield self._group("group-ingress", target, False, source.address, private=True)
        yield _way("reply-route", self.routes.private(target, source))
        if apart:
            yield self._acl("reply-acl-egress", target, True, source.address)
            yield self._acl("reply-acl-ingress", source, False, target.address)

    def public(self, source: Interface | None, target: Interface | None) -> Iterator[Stage]:
        """Layers between two hosts by the target's public address."""
        sender, receiver = _outside(source), _outside(target)
        yield _host(source, target)
        if source:
            yield _way("route", self.routes.public(source, receiver))
            yield self._acl("acl-egress", source, True, receiver)
            yield self._group("group-egress", source, True, receiver, private=False)
        if target:
            yield _way("route", self.routes.entrance(target))
            yield self._acl("acl-ingress", target, False, sender)
            yield self._group("group-ingress", target, False, sender, private=False)
            yield _way("reply-route", self.routes.public(target, sender))
            yield self._acl("reply-acl-egress", target, True, sender)
        if source:
            yield self._acl("reply-acl-ingress", source, False, receiver)

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


def _host(source: Interface | None, target: Interface | None) -> Stage:
    ends = [end for end in (source, target) if end is not None]
    stopped = tuple(f"{end.host} is not running" for end in ends if not end.running)
    return Stage("host", NOTHING if stopped else EVERYTHING, lambda _: stopped)


def _way(layer: Layer, way: Way) -> Stage:
    return Stage(layer, EVERYTHING if way.open else NOTHING, lambda _: (way.because,))

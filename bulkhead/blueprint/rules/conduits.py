"""Conduits: mediated, declared once, on a path that exists, with ports that mean something."""

from collections.abc import Iterator
from datetime import date
from itertools import chain

from bulkhead.blueprint.faults import Fault, Where
from bulkhead.blueprint.kinds import PLANT, PUBLIC, kind_of, roles_at
from bulkhead.blueprint.model import Estate
from bulkhead.blueprint.rules.declared import Declared, declared


def ports_fit_the_protocol(estate: Estate, today: date) -> Iterator[Fault]:
    """TCP and UDP conduits name a port; ICMP has none."""
    for one in declared(estate):
        if (one.spec.port is None) != (one.spec.protocol == "icmp"):
            what = f"protocol {one.spec.protocol} " + (
                "without a port" if one.spec.port is None else "has no ports"
            )
            allowed = "tcp or udp with a port, icmp without one"
            yield Fault((*one.where, "protocol"), what, allowed, "add or delete `port`")


def conduits_are_mediated(estate: Estate, today: date) -> Iterator[Fault]:
    """A role at one of the conduit's ends checks what passes; nobody else sees it."""
    for one in declared(estate):
        ends = sorted(set(chain.from_iterable(one.pairs())))
        mediator = one.spec.mediator
        if mediator in ends:
            continue
        where: Where = (*one.where, "mediator") if mediator is not None else one.where
        said = f"`{mediator}` is at neither end" if mediator else "none is named"
        yield Fault(
            where,
            f"nobody mediates conduit `{one.spec.name}`: {said}",
            "one of " + ", ".join(ends),
            "name the role that authenticates and checks what passes as `mediator`",
        )


def conduits_are_declared_once(estate: Estate, today: date) -> Iterator[Fault]:
    """No two conduits of a tenant allow the same service between the same roles."""
    taken: dict[tuple[object, ...], str] = {}
    for one in declared(estate):
        owners = dict.fromkeys((None, one.tenant))
        names = [taken.get((owner, *flow)) for owner in owners for flow in _flows(one)]
        if other := next(filter(None, names), None):
            what = f"conduit `{one.spec.name}` allows what `{other}` allows already"
            remedy = "narrow `from` or `to` to roles, or delete one of the two"
            yield Fault(one.where, what, "each service between two roles once", remedy)
        for flow in _flows(one):
            taken.setdefault((one.tenant, *flow), one.spec.name)


def _flows(one: Declared) -> Iterator[tuple[object, ...]]:
    for source, target in dict.fromkeys(one.pairs()):
        yield source, target, one.spec.protocol, one.spec.port, one.spec.path


def paths_exist(estate: Estate, today: date) -> Iterator[Fault]:
    """Plants and provider meet by public addresses alone; all else stays on private ones."""
    for one in declared(estate):
        pairs = list(one.pairs())
        mixed = {(kind_of(a) in PLANT) != (kind_of(b) in PLANT) for a, b in pairs}
        if one.spec.path == "private" and True in mixed:
            what = "there is no private path between a plant and the provider"
            yield Fault((*one.where, "path"), what, "path: public", "say `path: public`")
        if one.spec.path == "public" and False in mixed:
            what = "the public path joins a plant and the provider, never one side with itself"
            yield Fault((*one.where, "path"), what, "path: private", "say `path: private`")
        if one.spec.path == "public":
            yield from _public(one)


def _public(one: Declared) -> Iterator[Fault]:
    for key, endpoints in (("from", one.spec.source), ("to", one.spec.to)):
        for index, endpoint in enumerate(endpoints):
            hidden = [role for role in roles_at(endpoint) if role not in PUBLIC]
            if hidden:
                yield Fault(
                    (*one.where, key, index),
                    f"{', '.join(hidden)} has no public address",
                    "one of " + ", ".join(sorted(PUBLIC)),
                    "name a role with a public address, or use a private path",
                )


def endpoints_lead_to_services(estate: Estate, today: date) -> Iterator[Fault]:
    """An endpoint leads hosts at the provider to a service of AWS, over TCP at port 443."""
    for one in declared(estate):
        if (one.spec.by == "endpoint") != (one.spec.service is not None):
            what = f"conduit `{one.spec.name}` " + (
                "names no service for its endpoint"
                if one.spec.service is None
                else f"names the service {one.spec.service}, and no endpoint leads to it"
            )
            allowed = "`by: endpoint` and a `service`, or neither"
            yield Fault(one.where, what, allowed, "say both, or delete the other")
        if one.spec.by == "endpoint":
            yield from _endpoint(one)


def _endpoint(one: Declared) -> Iterator[Fault]:
    asked = (one.spec.protocol, one.spec.port, one.spec.path)
    if asked != ("tcp", (443, 443), "private"):
        what = f"the endpoint of conduit `{one.spec.name}` is asked for another service"
        allowed = "protocol: tcp, port: 443, path: private"
        yield Fault((*one.where, "port"), what, allowed, "ask at 443, as AWS answers")
    for index, source in enumerate(one.spec.source):
        if kind_of(source) in PLANT:
            what = f"{source} is a customer's: no endpoint of the provider's stands there"
            remedy = "name zones at the provider"
            yield Fault((*one.where, "from", index), what, "a zone at the provider", remedy)

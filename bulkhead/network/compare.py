"""Intent against the model, exactly, and both against packets: what differs, where and why."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import product

from bulkhead.network.deployed import Flow, Outcome, Verdict
from bulkhead.network.difference import Difference, ordered
from bulkhead.network.filters import Filters
from bulkhead.network.hostrules import host_rules
from bulkhead.network.intent import Intent, services
from bulkhead.network.ports import Ports, point_of
from bulkhead.network.reach import Reach, reach
from bulkhead.network.sample import sample
from bulkhead.plan.tables import Path

__all__ = ["Difference", "compare", "sample"]

_Observed = Mapping[Flow, Verdict]
_Pair = tuple[str, str, Path]
_Seen = Mapping[_Pair, list[tuple[Flow, Outcome]]]


def compare(
    intent: Intent,
    computed: Reach,
    observed: _Observed | None = None,
    flows: Iterable[Flow] | None = None,
    planned: Filters | None = None,
) -> tuple[Difference, ...]:
    """Every difference, in canonical order; none means that all agree.

    Intent and model are compared over the complete sets of services of every ordered pair and
    path: with hosts' own filters and, where one still stops what the network lets through,
    without them. planned: the filters that hosts should have, compared rule by rule.
    observed: what packets did; `flows` are those that should have been tried (default:
    those observed). Without `observed` nothing is said about packets.
    """
    seen = _seen(observed or {})
    found = [*_hosts(intent, computed), *_exactly(intent, computed, seen)]
    found += host_rules(planned or {}, computed.filters)
    if observed is not None:
        asked = sorted(set(observed if flows is None else flows) | observed.keys())
        found += _by_packets(intent, computed, observed, asked)
    return ordered(found)


def _hosts(intent: Intent, computed: Reach) -> Iterator[Difference]:
    planned, deployed = set(intent.hosts), set(computed.hosts)
    for host in planned - deployed:
        yield Difference(kind="missing host", source=host, because=("planned, not deployed",))
    for host in deployed - planned:
        yield Difference(kind="unplanned host", source=host, because=("deployed, not planned",))
    for host in computed.hosts:
        if unread := computed.unread(host):
            yield Difference(kind="not observed", source=host, because=unread)


def _exactly(intent: Intent, computed: Reach, seen: _Seen) -> Iterator[Difference]:
    """Differences between intent and model; a missing host is not told again for each pair."""
    network = reach(computed.deployed) if computed.filters else computed
    for source, target in product(computed.hosts, repeat=2):
        for path in sorted({*intent.paths(source, target), *computed.paths(source, target)}):
            allowed, pair = intent.allowed(source, target, path), (source, target, path)
            delivered = computed.delivered(*pair)
            oneway = intent.oneway(*pair)
            if allowed != delivered:
                yield from _opened(allowed, oneway, computed, pair, seen)
            if held := network.delivered(*pair) - allowed - oneway - delivered:
                yield from _weakened(held, network, computed, pair)
            if oneway or allowed != computed.answered(*pair):
                yield from _closed(intent, computed, pair, seen)
            if oneway:
                yield from _diode(intent, computed, pair, seen)


def _weakened(held: Ports, network: Reach, computed: Reach, pair: _Pair) -> Iterator[Difference]:
    """What the network lets through, unintended, and only a host's own filter holds back."""
    for stop in computed.stops(*pair, held):
        yield Difference(
            kind="weakened",
            source=pair[0],
            target=pair[1],
            path=pair[2],
            services=stop.services,
            intended="refused",
            computed="refused",
            layer=stop.layer,
            because=(*network.carriers(*pair, stop.services), *stop.because),
        )


def _opened(
    allowed: Ports, oneway: Ports, computed: Reach, pair: _Pair, seen: _Seen
) -> Iterator[Difference]:
    answered, delivered = computed.answered(*pair), computed.delivered(*pair)
    parts: tuple[tuple[Outcome, Ports], ...] = (
        ("answered", answered - allowed - oneway),
        ("one-way", delivered - answered - allowed - oneway),
    )
    for outcome, part in parts:
        if part:
            yield Difference(
                kind="opened",
                source=pair[0],
                target=pair[1],
                path=pair[2],
                services=part,
                intended="refused",
                computed=outcome,
                observed=_agreed(seen, pair, part),
                layer="group-ingress",
                because=computed.carriers(*pair, part),
            )


def _closed(intent: Intent, computed: Reach, pair: _Pair, seen: _Seen) -> Iterator[Difference]:
    """What should be answered, or should arrive, and does not: by the layer that stops it."""
    parts: tuple[tuple[Outcome, Ports], ...] = (
        ("answered", intent.allowed(*pair) - computed.answered(*pair)),
        ("one-way", intent.oneway(*pair) - computed.delivered(*pair)),
    )
    for meant, missing in parts:
        for stop in computed.stops(*pair, missing) if missing else ():
            yield Difference(
                kind="closed",
                source=pair[0],
                target=pair[1],
                path=pair[2],
                services=stop.services,
                intended=meant,
                computed="one-way" if stop.late else "refused",
                observed=_agreed(seen, pair, stop.services),
                layer=stop.layer,
                because=stop.because,
                conduits=_declaring(intent, pair, stop.services),
            )


def _diode(intent: Intent, computed: Reach, pair: _Pair, seen: _Seen) -> Iterator[Difference]:
    """Where a one-way conduit also answers, with what lets the answers through."""
    oneway = intent.oneway(*pair)
    if returned := oneway & computed.answered(*pair):
        yield Difference(
            kind="opened",
            source=pair[0],
            target=pair[1],
            path=pair[2],
            services=returned,
            intended="one-way",
            computed="answered",
            observed=_agreed(seen, pair, returned),
            layer="reply-acl-ingress",
            because=computed.returners(*pair, returned),
            conduits=_declaring(intent, pair, returned),
        )


def _declaring(intent: Intent, pair: _Pair, part: Ports) -> tuple[str, ...]:
    """Ids of the conduits of a pair that declare some of these services."""
    return tuple(item.id for item in intent.declared(*pair) if services(item.service) & part)


def _by_packets(
    intent: Intent, computed: Reach, observed: _Observed, flows: Iterable[Flow]
) -> Iterator[Difference]:
    untried = Verdict("not observed", None, ("it was not tried",))
    for flow in flows:
        verdict = observed.get(flow, untried)
        if verdict.outcome != _expected(flow, intent, computed):
            yield _about(flow, intent, computed, verdict)


def _expected(flow: Flow, intent: Intent, computed: Reach) -> Outcome:
    """What packets should do: as computed, or as intended where the model does not know."""
    outcome = computed.outcome(flow)
    return intent.outcome(flow) if outcome == "not observed" else outcome


def _about(flow: Flow, intent: Intent, computed: Reach, packets: Verdict) -> Difference:
    """What is to be said of a flow that packets did not find as computed, or did not tell."""
    point, model = point_of(flow), computed.explain(flow)
    silent = packets.outcome == "not observed"
    return Difference(
        kind="not observed" if silent else "model-vs-packets",
        source=flow.source,
        target=flow.target,
        path=flow.path,
        services=Ports.of(point[0], point[1], point[1]),
        flow=flow,
        intended=intent.outcome(flow),
        computed=model.outcome,
        observed=packets.outcome,
        layer=packets.layer or model.layer,
        because=packets.because if silent else _both(model, packets),
    )


def _both(model: Verdict, packets: Verdict) -> tuple[str, ...]:
    """What model and packets say about one flow, each with its layer."""
    return (_told("model", model), _told("packets", packets))


def _told(who: str, verdict: Verdict) -> str:
    where = f" at {verdict.layer}" if verdict.layer else ""
    said = f" ({'; '.join(verdict.because)})" if verdict.because else ""
    return f"{who}: {verdict.outcome}{where}{said}"


def _seen(observed: _Observed) -> _Seen:
    found: defaultdict[_Pair, list[tuple[Flow, Outcome]]] = defaultdict(list)
    for flow, verdict in observed.items():
        found[flow.source, flow.target, flow.path].append((flow, verdict.outcome))
    return found


def _agreed(seen: _Seen, pair: _Pair, part: Ports) -> Outcome | None:
    """What packets say of a set of services, if those tried all say the same."""
    told = {outcome for flow, outcome in seen.get(pair, ()) if part.contains(*point_of(flow))}
    return told.pop() if len(told) == 1 else None

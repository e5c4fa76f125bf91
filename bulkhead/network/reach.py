"""The flows that a deployment computes to: pure, exact, from the API's and the hosts' own words.

Semantics are AWS's (VPC user guide: route priority, network ACLs, security groups, peering;
EC2: connection tracking) and netfilter's. The lab compiles the same tables to packets' rules
independently, and its hosts load their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType

from bulkhead.network.deployed import Deployed, Flow, Interface, Layer, Outcome, Verdict
from bulkhead.network.filters import Filters
from bulkhead.network.layers import Layers, Stage
from bulkhead.network.ports import EVERYTHING, NOTHING, Ports, point_of
from bulkhead.plan.tables import INTERNET, Path

_NONE: Filters = MappingProxyType({})
_RETURNING: tuple[Layer, ...] = ("reply-acl-egress", "reply-acl-ingress")
_CARRYING: tuple[Layer, ...] = ("group-ingress", "group-egress", "host-ingress", "host-egress")


@dataclass(frozen=True, slots=True)
class Stop:
    """Services that one layer stops, and the sentences that name the rule or route.

    late: whether their request had arrived by then.
    """

    layer: Layer
    services: Ports
    because: tuple[str, ...]
    late: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """What hosts can reach each other by; `hosts` is sorted and includes INTERNET.

    Unknown hosts reach nothing and are reached by nothing; nor does a host reach itself. Of a
    host whose own rules are not known, the sets hold what passes if those let everything pass,
    and single flows that these rules may stop are `not observed`.
    """

    deployed: Deployed
    hosts: tuple[str, ...]
    layers: Layers
    _passing: dict[tuple[str, str, Path], tuple[Ports, Ports]] = field(default_factory=dict)

    def paths(self, source: str, target: str) -> tuple[Path, ...]:
        """The addresses by which `source` could ask `target`, were everything open."""
        if source == target:
            return ()
        end = self.layers.lookup.hosts.get(target)
        public = target == INTERNET or (end is not None and end.public is not None)
        private = INTERNET not in (source, target)
        return ("private",) * private + ("public",) * public  # type: ignore[return-value]

    def delivered(self, source: str, target: str, path: Path) -> Ports:
        """Exactly the services whose request arrives."""
        return self._computed(source, target, path)[0]

    def answered(self, source: str, target: str, path: Path) -> Ports:
        """Exactly the services whose request arrives and whose reply comes back."""
        return self._computed(source, target, path)[1]

    def explain(self, flow: Flow) -> Verdict:
        """What becomes of one flow, the first layer that stops it, and what decides there.

        `because` names what allows in every layer when the flow is answered, else what stops.
        """
        if missing := self._missing(flow.source, flow.target):
            return Verdict("refused", "host", missing)
        query = Ports.of(*_twice(point_of(flow)))
        said: list[str] = []
        met = False
        for stage in self.stages(flow.source, flow.target, flow.path):
            if not stage.passes & query:
                if stage.late and (unread := self.unread(flow.source, flow.target)):
                    return Verdict("not observed", None, unread)
                outcome: Outcome = "one-way" if stage.late else "refused"
                return Verdict(outcome, stage.layer, stage.why(query))
            met = True
            said += stage.why(query)
        if met and (unread := self.unread(flow.source, flow.target)):
            return Verdict("not observed", None, unread)
        if met:
            return Verdict("answered", None, tuple(dict.fromkeys(said)))
        return Verdict("refused", "route", _no_path(flow.target, flow.path))

    def outcome(self, flow: Flow) -> Outcome:
        """What becomes of one flow, without the reasons (fast)."""
        point = point_of(flow)
        delivered, answered = self._computed(flow.source, flow.target, flow.path)
        if delivered.contains(*point) and self.unread(flow.source, flow.target):
            return "not observed"
        if answered.contains(*point):
            return "answered"
        return "one-way" if delivered.contains(*point) else "refused"

    @property
    def filters(self) -> Filters:
        """The hosts' own filters that were taken in."""
        return self.layers.filtering.filters

    def unread(self, *hosts: str) -> tuple[str, ...]:
        """Sentences about those of the hosts whose own rules are not known."""
        return self.layers.filtering.unread(*hosts)

    def stops(self, source: str, target: str, path: Path, query: Ports) -> tuple[Stop, ...]:
        """Where services of the query are stopped: each at the first layer that stops it."""
        if missing := self._missing(source, target):
            return (Stop("host", query, missing),)
        found, left, met = [], query, False
        for stage in self.stages(source, target, path):
            met = True
            if stopped := left - stage.passes:
                found.append(Stop(stage.layer, stopped, stage.why(stopped), stage.late))
            left &= stage.passes
        return tuple(found) if met else (Stop("route", query, _no_path(target, path)),)

    def carriers(self, source: str, target: str, path: Path, query: Ports) -> tuple[str, ...]:
        """The rules that let services of the query through: of groups, then of hosts' filters."""
        stages = self.stages(source, target, path)
        early = (stage for stage in stages if not stage.late and stage.passes & query)
        by_layer = {stage.layer: stage.why(query) for stage in early}
        return tuple(words for layer in _CARRYING for words in by_layer.get(layer, ()))

    def returners(self, source: str, target: str, path: Path, query: Ports) -> tuple[str, ...]:
        """What lets the replies to services of the query back: the entries of network ACLs."""
        late = (stage for stage in self.stages(source, target, path) if stage.late)
        words = [stage.why(query) for stage in late if stage.layer in _RETURNING]
        return tuple(dict.fromkeys(word for some in words for word in some))

    def _computed(self, source: str, target: str, path: Path) -> tuple[Ports, Ports]:
        key = (source, target, path)
        if key not in self._passing:
            self._passing[key] = _passing(self.stages(*key))
        return self._passing[key]

    def stages(self, source: str, target: str, path: Path) -> Iterator[Stage]:
        """The layers between two hosts; none where there is no such path between them."""
        sender, receiver = self._end(source), self._end(target)
        if source == target or self._missing(source, target):
            return iter(())
        if path == "public":
            return self.layers.public(sender, receiver)
        return self.layers.private(sender, receiver) if sender and receiver else iter(())

    def _end(self, host: str) -> Interface | None:
        return self.layers.lookup.hosts.get(host)

    def _missing(self, *hosts: str) -> tuple[str, ...]:
        known = self.layers.lookup.hosts
        return tuple(
            f"no host {host} is deployed"
            for host in hosts
            if host != INTERNET and host not in known
        )


def reach(deployed: Deployed, filters: Filters = _NONE) -> Reach:
    """The reach of a deployment, by the network alone or through the hosts' own filters too.

    Costs little until asked; what was asked is remembered.
    """
    hosts = (*(item.host for item in deployed.ends), INTERNET)
    return Reach(deployed, tuple(sorted(hosts)), Layers.of(deployed, filters))


def _passing(stages: Iterator[Stage]) -> tuple[Ports, Ports]:
    """What arrives, and what is answered; later layers are not asked once nothing is left."""
    delivered, answered, met = EVERYTHING, EVERYTHING, False
    for stage in stages:
        met = True
        answered &= stage.passes
        delivered = delivered if stage.late else answered
        if not answered:
            break
    return (delivered, answered) if met else (NOTHING, NOTHING)


def _twice(point: tuple[int, int]) -> tuple[int, int, int]:
    return (point[0], point[1], point[1])


def _no_path(target: str, path: Path) -> tuple[str, ...]:
    return (f"{target} has no {path} address",)

"""Which layers would let a packet through and which would stop it: every one, not the first alone.

`reach` says where a packet ends; this says what each layer would do if the others let it pass.
Route, network ACL, security group and hosts' own filters are judged from what was read. What a
sidecar or a resolver would say is another's word (`Word`), got from wherever it can be read. Pure.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from bulkhead.network.deployed import Flow
from bulkhead.network.layers import Stage
from bulkhead.network.ports import Ports, point_of
from bulkhead.network.reach import Reach

Says = Literal["lets through", "stops", "does not apply", "not observed"]
Name = Literal[
    "host",
    "route",
    "network ACL",
    "security group",
    "host packet filter",
    "mesh authorisation",
    "DNS",
]
Way = Literal["request", "reply", "after the reply"]
_NAMES: dict[str, Name] = {
    "host": "host",
    "route": "route",
    "acl": "network ACL",
    "group": "security group",
}


@dataclass(frozen=True, slots=True)
class Word:
    """What a layer beyond the network says of a flow: why, and where that was read."""

    says: Says
    because: tuple[str, ...]
    read: str


Asked = Callable[[Flow], Word]
"""Asks a sidecar or a resolver about a flow."""


@dataclass(frozen=True, slots=True)
class Row:
    """One layer met on one way. at: the host on whose side; read: where what decides was read."""

    layer: Name
    way: Way
    at: str
    says: Says
    because: tuple[str, ...]
    read: str


@dataclass(frozen=True, slots=True)
class Explained:
    """Every layer between two hosts, in the order in which a packet meets them; DNS comes before.

    The packet itself is stopped by any layer but DNS, which only hides its target's name.
    """

    flow: Flow
    rows: tuple[Row, ...]

    @property
    def stops(self) -> tuple[Name, ...]:
        """The layers that would stop it, each once, in order."""
        return tuple(dict.fromkeys(row.layer for row in self.rows if row.says == "stops"))

    @property
    def unknown(self) -> tuple[Row, ...]:
        """What could not be observed."""
        return tuple(row for row in self.rows if row.says == "not observed")

    @property
    def outcome(self) -> str:
        """What becomes of a packet that is sent to the address, and of a client that has a name."""
        packet = [name for name in self.stops if name != "DNS"]
        if packet:
            return f"stopped by {', '.join(packet)}" + (
                "; the name is not known either" if "DNS" in self.stops else ""
            )
        if any(row.layer != "DNS" for row in self.unknown):
            return "not known: something was not observed"
        if "DNS" in self.stops:
            return "passes by address; DNS does not tell the name"
        return "passes"


@dataclass(frozen=True, slots=True)
class Sources:
    """Where layers' words come from.

    reach: of what is deployed, with the hosts' own filters. mesh: what a target's sidecar says.
    names: what a source's resolver says of the target. network, filters: where those were read.
    """

    reach: Reach
    mesh: Asked
    names: Asked
    network: str = "the AWS API"
    filters: str = "the rules in the host's kernel"


def explain(sources: Sources, flow: Flow) -> Explained:
    """Every layer's word about one flow."""
    return Explained(flow, tuple(_rows(sources, flow)))


def _rows(sources: Sources, flow: Flow) -> Iterator[Row]:
    yield _row("DNS", flow.source, sources.names(flow))
    stages = tuple(sources.reach.stages(flow.source, flow.target, flow.path))
    early = [stage for stage in stages if not stage.late]
    if not stages:
        yield _nowhere(sources, flow)
    for number, stage in enumerate(early):
        entrance = stage.layer == "route" and any(s.layer == "route" for s in early[:number])
        yield from _met(sources, flow, stage, flow.target if entrance else _at(flow, stage))
    yield _row("mesh authorisation", flow.target, sources.mesh(flow))
    for stage in stages[len(early) :]:
        yield from _met(sources, flow, stage, _at(flow, stage))


def _met(sources: Sources, flow: Flow, stage: Stage, at: str) -> Iterator[Row]:
    """A layer, and what stands beside it and has no say here."""
    yield _judged(sources, flow, stage, at)
    if stage.layer in ("route", "reply-route") and _beside(sources.reach, flow):
        words = "both hosts lie in one subnet, and network ACLs stand between subnets"
        way: Way = "reply" if stage.late else "request"
        yield Row("network ACL", way, at, "does not apply", (words,), sources.network)
    if stage.layer == "reply-route":
        words = "security groups let replies of a known connection pass"
        yield Row("security group", "reply", at, "does not apply", (words,), sources.network)


def _nowhere(sources: Sources, flow: Flow) -> Row:
    """Where the target has no address of the kind."""
    [stop] = sources.reach.stops(flow.source, flow.target, flow.path, _query(flow))
    return Row(_named(stop.layer), "request", flow.source, "stops", stop.because, sources.network)


def _query(flow: Flow) -> Ports:
    number, port = point_of(flow)
    return Ports.of(number, port, port)


def _row(layer: Name, at: str, word: Word) -> Row:
    return Row(layer, "request", at, word.says, word.because, word.read)


def _judged(sources: Sources, flow: Flow, stage: Stage, at: str) -> Row:
    name, query = _named(stage.layer), _query(flow)
    way: Way = "after the reply" if stage.follows else "reply" if stage.late else "request"
    if name == "host packet filter":
        if unread := sources.reach.unread(at):
            return Row(name, way, at, "not observed", unread, sources.filters)
        if at not in sources.reach.filters:
            return Row(name, way, at, "does not apply", (f"{at} has none",), sources.filters)
    because = stage.why(query) or ("both ends run" if name == "host" else "it has no rules",)
    read = sources.filters if name == "host packet filter" else sources.network
    says: Says = "lets through" if stage.passes & query else "stops"
    return Row(name, way, at, says, because, read)


def _named(layer: str) -> Name:
    bare = layer.removeprefix("reply-")
    if bare in ("host-egress", "host-ingress"):
        return "host packet filter"
    return _NAMES[bare.partition("-")[0]]


def _at(flow: Flow, stage: Stage) -> str:
    """The host on whose side a layer is met."""
    bare = stage.layer.removeprefix("reply-")
    there = bare.endswith("ingress")
    reply = stage.layer.startswith("reply-")
    return flow.target if there != reply else flow.source


def _beside(reach: Reach, flow: Flow) -> bool:
    """Whether both hosts lie in one subnet, where no network ACL is met."""
    if flow.path == "public":
        return False
    ends = [reach.layers.lookup.hosts.get(name) for name in (flow.source, flow.target)]
    return len({end.subnet for end in ends if end}) == 1

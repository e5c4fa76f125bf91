"""Actions: what a drill asks of an environment. Each is a small frozen dataclass.

An action that changes something names the action that takes it back (`undo`). That one is
written down before the first is tried, and it may meet a world in which nothing was changed,
so it must be harmless when there is nothing to take back.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, Self

from bulkhead.errors import Problem, WrongInput

Path = Literal["private", "public"]
Transport = Literal["tcp", "udp"]


@dataclass(frozen=True, slots=True)
class Disturbance:
    """What an action takes from production: what passes through `host` is away for `seconds`."""

    host: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Action:
    """bound: seconds after which nobody waits for it any more.

    alone: asked beside the others of its kind, not with them as one batch. sabotage: what an
    attacker or a mistake would do; refused where attacks are.
    """

    bound: ClassVar[float] = 30.0
    alone: ClassVar[bool] = False
    sabotage: ClassVar[bool] = False

    def undo(self) -> "Action | None":
        """What takes it back; None for an action that changes nothing."""
        return None

    def disturbs(self) -> tuple[Disturbance, ...]:
        """What production may lose by it, at most; the runner asks its authority before."""
        return ()

    def waits(self) -> float:
        """Seconds after which nobody waits for this one."""
        return type(self).bound

    def limited(self, within: float) -> Self:
        """The same, told that nobody waits longer; itself where that changes nothing in it."""
        return self


@dataclass(frozen=True, slots=True)
class Neighbours(Action):
    """On `source`: which addresses of its own network answer at the link (ARP).

    Done, with a fact `neighbour` for each address other than the router's.
    """

    source: str
    bound: ClassVar[float] = 15.0


@dataclass(frozen=True, slots=True)
class Reach(Action):
    """From `source`, as its service's account: a packet to a port of `target`.

    Done when the packet arrived there and something came back, a closed port's reset included;
    Refused with the layer of the network or host that stopped it; silence that no layer accounts
    for is NotObserved.
    """

    source: str
    target: str
    path: Path
    protocol: Transport
    port: int
    bound: ClassVar[float] = 45.0


@dataclass(frozen=True, slots=True)
class Publish(Action):
    """From `source`, with its service's certificate: one message on `topic` of `broker`.

    Done when the broker takes it (MQTT 5, QoS 1, reason below 0x80). Refused by a layer of the
    network, by `tls`, by `broker-login` or by `broker-acl`.
    """

    source: str
    broker: str
    path: Path
    topic: str
    bound: ClassVar[float] = 45.0


@dataclass(frozen=True, slots=True)
class Query(Action):
    """From `source`, with its service's certificate: the rows of `tenant` in `historian`.

    Done when at least one row is read. Refused by a layer of the network, by `tls`, by
    `historian-login`, by `historian-grant`, or by `row-security`: rows are there, none is seen.
    """

    source: str
    historian: str
    tenant: str
    bound: ClassVar[float] = 45.0


@dataclass(frozen=True, slots=True)
class Plant(Action):
    """In `historian`, as its administrator: one marked row of `tenant`, so that there is one."""

    historian: str
    tenant: str

    def undo(self) -> Action:
        """The row is removed."""
        return Unplant(self.historian, self.tenant)


@dataclass(frozen=True, slots=True)
class Unplant(Action):
    """Remove every row that `Plant` marked. Harmless where there is none."""

    historian: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Lift(Action):
    """Open the one `layer` that stops `attempt`, for it alone, and leave all others as they are.

    Done with the facts of what was opened. Refused with layer `lift` where it cannot be opened
    alone, with the reason.
    """

    attempt: Action
    layer: str
    bound: ClassVar[float] = 60.0
    sabotage: ClassVar[bool] = True

    def undo(self) -> Action:
        """What was opened is closed."""
        return PutBack(self.attempt, self.layer)


@dataclass(frozen=True, slots=True)
class PutBack(Action):
    """Close what `Lift` opened. Harmless where nothing is open."""

    attempt: Action
    layer: str
    bound: ClassVar[float] = 60.0


KINDS: dict[str, type[Action]] = {
    kind.__name__: kind
    for kind in (Neighbours, Reach, Publish, Query, Plant, Unplant, Lift, PutBack)
}
"""The actions that a recording may hold, by name."""


def known(kind: type[Action]) -> type[Action]:
    """Make a further action readable from recordings; a decorator. ValueError for a second name."""
    if KINDS.get(kind.__name__, kind).__module__ != kind.__module__:
        raise ValueError(f"two actions are called {kind.__name__}")
    KINDS[kind.__name__] = kind
    return kind


def to_json(action: Action) -> dict[str, Any]:
    """As plain values: the fields, and the name under `action`."""
    said: dict[str, Any] = {"action": type(action).__name__}
    for item in fields(action):
        value = getattr(action, item.name)
        said[item.name] = to_json(value) if isinstance(value, Action) else value
    return said


def from_json(said: Mapping[str, Any]) -> Action:
    """An action that `to_json` wrote; WrongInput for anything else."""
    values = {
        name: from_json(value) if isinstance(value, Mapping) else value
        for name, value in said.items()
        if name != "action"
    }
    try:
        return KINDS[said["action"]](**values)
    except (KeyError, TypeError):
        raise WrongInput(
            Problem("timeline", f"{dict(said)!r} is no action", allowed=", ".join(sorted(KINDS)))
        ) from None

"""One flow being tried: what is known of it so far, and what that comes to."""

from dataclasses import dataclass
from itertools import product
from socket import inet_aton, socket
from typing import get_args

from bulkhead.network.deployed import Flow, Layer, Outcome, Verdict
from infra.lab.probe.listeners import Vantage
from infra.lab.probe.wire import NUMBER, Wire

_LAYERS: dict[str, Layer] = {layer: layer for layer in get_args(Layer)}
_REPLY = "reply-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What packets did: the verdict (its `because` is empty), and how it is known, in words."""

    verdict: Verdict
    evidence: str


def observed(outcome: Outcome, evidence: str, layer: Layer | None = None) -> Observation:
    """An observation from its parts."""
    return Observation(verdict=Verdict(outcome, layer), evidence=evidence)


def addresses(vantage: Vantage) -> tuple[str, ...]:
    """The addresses a host goes by, each once."""
    return tuple(dict.fromkeys((vantage.address, vantage.public or vantage.address)))


@dataclass(slots=True, eq=False, kw_only=True)
class Trial:
    """A flow in the making.

    destination: the address written on the packets. nonce: the payload that is this trial's own.
    foreign: a real service holds the port. port: source port, or ICMP identifier, of the latest
    attempt. arrived: the host where the nonce was seen. silent_for: seconds of the last wait.
    """

    flow: Flow
    source: Vantage
    target: Vantage
    destination: str
    nonce: bytes
    foreign: bool = False
    port: int = 0
    connection: socket | None = None
    flying: bool = False
    connected: bool = False
    echoed: bool = False
    arrived: str | None = None
    silent_for: float = 0.0
    observation: Observation | None = None

    def wires(self) -> list[Wire]:
        """The request as the fabric may see it: on the public path, before and after each NAT."""
        number = NUMBER[self.flow.protocol]
        ports = (self.port, self.flow.port if self.flow.protocol != "icmp" else 0)
        if self.flow.path == "private":
            ends = [(self.source.address, self.destination)]
        else:
            ends = list(product(addresses(self.source), addresses(self.target)))
        return [
            Wire(number, inet_aton(source), inet_aton(target), *ports) for source, target in ends
        ]

    def judge(self) -> None:
        """Settle as soon as the answer is whole: it came back, and from the host that was meant."""
        if self.arrived is not None and self.arrived != self.target.host:
            words = f"arrived at {self.arrived} instead"
            self.settle(observed("not observed", words))
        elif self.foreign and self.connected and self.flow.protocol == "tcp":
            self.settle(observed("answered", "connected to the host's own service"))
        elif self.echoed and self.arrived is not None:
            self.settle(observed("answered", "echoed"))

    def denied(self, prefix: str, *, reply: bool) -> None:
        """Settle on the fabric's own report that it dropped the request, or the reply."""
        bare = prefix.removeprefix(_REPLY)
        layer = _LAYERS.get(_REPLY + bare if reply else bare, _LAYERS.get(prefix))
        if reply:
            words = f"arrived; the reply was dropped at {prefix} by the fabric"
            self.settle(observed("one-way", words, layer))
        else:
            self.settle(observed("refused", f"dropped at {prefix} by the fabric", layer))

    def settle(self, observation: Observation) -> None:
        """The first observation stands."""
        if self.observation is None:
            self.observation = observation

    def give_up(self, *, alive: bool, log_lost: bool) -> Observation:
        """What silence means, given whether the listener still answers from inside."""
        lost = "; a part of the fabric's log was lost" if log_lost else ""
        waited = f"{self.silent_for:.1f} s"
        if not alive:
            return observed("not observed", "silent, and the listener is no longer alive")
        if self.arrived is not None:
            return observed("one-way", f"arrived, no reply within {waited}{lost}")
        if self.connected or self.echoed:
            words = f"half an answer within {waited}: the host did not see what it answered"
            return observed("not observed", words)
        return observed("refused", f"silent for {waited}, listener alive{lost}")

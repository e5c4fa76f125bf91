"""One flow being tried: what is known of it so far, and what that comes to."""

from dataclasses import dataclass
from itertools import product
from socket import inet_aton, socket
from typing import get_args

from bulkhead.network.deployed import Flow, HostLayer, Layer, Outcome, Verdict
from infra.lab.probe.listeners import Vantage
from infra.lab.probe.wire import ECHO_REQUEST, NUMBER, Wire

_LAYERS: dict[str, Layer] = {layer: layer for layer in get_args(Layer)}
_HOST_LAYERS: tuple[Layer, ...] = get_args(HostLayer)
"""In the order in which a request and its reply meet them."""
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
    word: what a host's own filter logged. withheld: the source's own kernel would not send it.
    rejected: what a host answered instead of the listener, in words: one whose service has gone
    does that, and so does a filter.
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
    word: Observation | None = None
    withheld: bool = False
    rejected: str = ""
    observation: Observation | None = None

    def wires(self) -> list[Wire]:
        """The request as the fabric may see it: on the public path, before and after each NAT."""
        number = NUMBER[self.flow.protocol]
        ports = (self.port, self.flow.port if self.flow.protocol != "icmp" else ECHO_REQUEST)
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
        self.settle(self._report(prefix, reply, "the fabric"))

    def reported(self, prefix: str, *, reply: bool, by: str) -> None:
        """Note what the filter of the host `by` logged; it stands unless an answer comes.

        A host's rules are its own: what they log they need not have dropped. The last report
        counts, for a packet that came so far has passed what logged it before.
        """
        report = self._report(prefix, reply, f"{by}'s own filter")
        if self.word is None or _met(report) >= _met(self.word):
            self.word = report

    def _report(self, prefix: str, reply: bool, who: str) -> Observation:
        bare = prefix.removeprefix(_REPLY)
        layer = _LAYERS.get(_REPLY + bare if reply else bare, _LAYERS.get(prefix))
        if reply:
            words = f"arrived; the reply was dropped at {prefix} by {who}"
            return observed("one-way", words, layer)
        if self.flow.protocol == "tcp" and self.connected:
            words = f"the handshake passed; what follows was dropped at {prefix} by {who}"
            return observed("one-way", words, layer)
        return observed("refused", f"dropped at {prefix} by {who}", layer)

    def settle(self, observation: Observation) -> None:
        """The first observation stands."""
        if self.observation is None:
            self.observation = observation

    def give_up(self, *, alive: bool, log_lost: bool, deaf: str = "") -> Observation:
        """What silence means, given whether the listener still answers from inside.

        log_lost: whether reports did not fit. deaf: whose reports could not be heard, in words.
        """
        lost = "; a part of the fabric's log was lost" if log_lost else ""
        lost += f"; {deaf}" if deaf else ""
        waited = f"{self.silent_for:.1f} s"
        if (own := self._by_own_filter()) is not None:
            return own
        if not alive:
            said = f"no listener: {self.rejected}" if self.rejected else "silent"
            words = f"{said}, and the listener is no longer alive"
            return observed("not observed", words)
        if self.rejected:
            words = f"{self.rejected} although the listener is alive: a filter's answer"
            return observed("refused", words)
        if self.arrived is not None:
            return observed("one-way", f"arrived, no reply within {waited}{lost}")
        if self.connected or self.echoed:
            words = f"half an answer within {waited}: the host did not see what it answered"
            return observed("not observed", words)
        return observed("refused", f"silent for {waited}, listener alive{lost}")

    def _by_own_filter(self) -> Observation | None:
        """What the hosts' own filters say, unless packets say otherwise.

        Where the request was seen behind the filter that logged it, it was not dropped there:
        raw sockets (AF_INET) stand behind the input hook, and what a host's own filter keeps in,
        its kernel refuses to send (but for TCP, which tries again without a word).
        """
        refused = self.word is not None and self.word.verdict.outcome == "refused"
        told = self.withheld or self.flow.protocol == "tcp"
        at_home = self.word is not None and self.word.verdict.layer == "host-egress"
        passed = self.arrived is not None or (at_home and not told)
        if self.word is not None and not (refused and passed):
            return self.word
        if self.withheld:
            words = "the source's own filter did not let it out (EPERM)"
            return observed("refused", words, "host-egress")
        return None


def _met(report: Observation) -> tuple[bool, int]:
    """When a host's layer is met, among others: what follows a handshake comes last."""
    layer = report.verdict.layer
    late = report.verdict.outcome == "one-way" and layer in _HOST_LAYERS[:2]
    return late, _HOST_LAYERS.index(layer) if layer in _HOST_LAYERS else -1

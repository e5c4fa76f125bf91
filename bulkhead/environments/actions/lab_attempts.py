"""Attempts in the lab: real packets from inside the compromised host, and who says he stopped them.

An answer of any kind shows that the packet arrived. A drop is known by the report of the layer
that dropped it; silence that nobody accounts for is `not observed`, for dead is not denied.
"""

import json
import os
import selectors
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bulkhead.drill.actions import Neighbours, Reach
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, Refused
from bulkhead.environments.actions.lab_denials import ARRIVED, Sent, Watch, watching
from bulkhead.environments.actions.lab_hosts import Errand, Hosts, Said, by_source
from bulkhead.network.deployed import Flow

PATIENCE = 3.5
"""Seconds until silence is silence: TCP has asked three times by then."""
LINGER = 0.1
"""Seconds for the last reports of drops to come in once all packets are sent."""
ROUTER = "169.254.1.1"
"""The one address that answers at every host's link: it is the network, as in a VPC."""
SPOKE = ("connected", "closed", "answered")
"""What the target itself must have said."""


def neighbours(hosts: Hosts, actions: Sequence[Neighbours]) -> list[Outcome]:
    """What each host's own table says after every address of the estate was asked for."""
    return [_neighbours(hosts, action.source) for action in actions]


def _neighbours(hosts: Hosts, source: str) -> Outcome:
    if why := hosts.missing(source):
        return NotObserved(reason=why)
    addresses = sorted({row.address for row in hosts.vantages.values() if row.host != source})
    job = {"id": 0, "addresses": addresses}
    [said] = Errand(hosts, source, "neighbours", [job], PATIENCE).all(timeout=10.0)
    others = sorted(set(said["addresses"]) - {ROUTER})
    return Done(facts=tuple(("neighbour", address) for address in others), at=said["at"])


def reach(hosts: Hosts, actions: Sequence[Reach]) -> list[Outcome]:
    """Every attempt of one source in one go, source after source."""
    flows = [Flow(a.source, a.target, a.path, a.protocol, a.port) for a in actions]
    found: dict[int, Outcome] = {}
    for source, places in by_source(actions).items():
        outcomes = reached(hosts, source, [flows[index] for index in places])
        found.update(zip(places, outcomes, strict=True))
    return [found[index] for index in range(len(actions))]


def reached(hosts: Hosts, source: str, flows: Sequence[Flow]) -> list[Outcome]:
    """What became of flows from one source."""
    outcomes: dict[int, Outcome] = {}
    possible: dict[int, Flow] = {}
    for index, flow in enumerate(flows):
        if why := _impossible(hosts, flow):
            outcomes[index] = why
        else:
            possible[index] = flow
    if possible:
        names = {source, *(flow.target for flow in possible.values())}
        doors = {flow.target for flow in possible.values() if flow.protocol == "udp"}
        with watching(hosts, names, doors) as watch:
            outcomes |= _Round(hosts, source, possible, watch).run()
    return [outcomes[index] for index in range(len(flows))]


def _impossible(hosts: Hosts, flow: Flow) -> Outcome | None:
    if why := hosts.missing(flow.source, flow.target):
        return Refused(layer="host", reason=why)
    if hosts.destination(flow) is None:
        return Refused(layer="route", reason=f"{flow.target} has no {flow.path} address")
    return None


@dataclass(slots=True)
class _Round:
    hosts: Hosts
    source: str
    flows: dict[int, Flow]
    watch: Watch
    sent: dict[int, Sent] = field(default_factory=dict)
    words: dict[int, Said] = field(default_factory=dict)
    layers: dict[int, str] = field(default_factory=dict)
    rest: bytes = b""

    def run(self) -> dict[int, Outcome]:
        """Send, listen on both sides until everything is settled or silent, judge."""
        errand = Errand(self.hosts, self.source, "reach", self._jobs(), PATIENCE)
        try:
            self._listen(errand)
        finally:
            errand.close()
        return {index: self._judge(index) for index in self.flows}

    def _jobs(self) -> list[Said]:
        return [
            {
                "id": index,
                "address": self.hosts.destination(flow),
                "port": flow.port,
                "protocol": flow.protocol,
            }
            for index, flow in self.flows.items()
        ]

    def _listen(self, errand: Errand) -> None:
        """Until every attempt has its word or its layer; then a moment for late reports."""
        with selectors.DefaultSelector() as selector:
            self.watch.register(selector)
            selector.register(errand.out, selectors.EVENT_READ, None)
            bound = time.monotonic() + 3 * PATIENCE + 0.1 * len(self.flows)
            while not self._settled() and (left := bound - time.monotonic()) > 0:
                ended = False
                for key, _ in selector.select(left):
                    ended = ended or (key.data is None and not self._hear(errand))
                self._match()
                if ended:
                    break
            if any(index not in self.layers and self._silent(index) for index in self.flows):
                selector.select(LINGER)
            self._match()

    def _hear(self, errand: Errand) -> bool:
        """Take in what the script says; whether it still runs."""
        data = os.read(errand.out.fileno(), 1 << 16)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            said = json.loads(line)
            index = said["id"]
            if said["said"] == "sent":
                flow, there = self.flows[index], self.hosts.vantages
                ends = (there[flow.source], there[flow.target])
                self.sent[index] = Sent(*ends, flow.protocol, flow.port, said["port"])
            else:
                self.words[index] = said
        return bool(data)

    def _match(self) -> None:
        by_identity = {id(sent): index for index, sent in self.sent.items()}
        for sent, layer in self.watch.read(self.sent.values()):
            self.layers.setdefault(by_identity[id(sent)], layer)

    def _settled(self) -> bool:
        return all(
            index in self.layers or not self._silent(index, unheard=True) for index in self.flows
        )

    def _silent(self, index: int, *, unheard: bool = True) -> bool:
        """Whether the target said nothing (or nothing has been heard at all, yet)."""
        said = self.words.get(index)
        return unheard if said is None else said["said"] not in SPOKE

    def _judge(self, index: int) -> Outcome:
        said, layer = self.words.get(index), self.layers.get(index)
        if said is not None and said["said"] in SPOKE:
            return Done(facts=(("answer", said["said"]),), at=said["at"])
        if layer == ARRIVED:
            return Done(facts=(("answer", ARRIVED),))
        if layer is not None:
            return Refused(layer=layer, reason=f"dropped there, as {layer}'s own log says")
        words = said["said"] if said else "it was not sent"
        return NotObserved(reason=f"{words}, and no layer says that it dropped it")

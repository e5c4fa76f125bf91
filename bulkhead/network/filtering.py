"""What hosts' own filters let pass: chains in order of priority, the first verdict of each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from bulkhead.network.filters import FilterChain, FilterRule, Filters, Hook, HostFilter, Unread
from bulkhead.network.lookup import holds
from bulkhead.network.ports import EVERYTHING, NOTHING, Ports


class Packet(NamedTuple):
    """A packet as a host's filter sees it, but for its service.

    peer, own: the addresses written on it. state: `new` for a request, `established` for what
    answers one.
    """

    hook: Hook
    peer: str
    own: str
    state: str


class Judged(NamedTuple):
    """What one chain decides: which services pass, and which rule (None: the policy) decides."""

    chain: FilterChain
    passes: Ports
    by: tuple[tuple[FilterRule | None, Ports], ...]


@dataclass(frozen=True, slots=True)
class Filtering:
    """Answers about hosts' filters; what was answered once is remembered.

    Where a host's rules could not be read, everything passes here, and `unread` says so.
    """

    filters: Filters
    _judged: dict[tuple[str, Packet], tuple[Judged, ...]] = field(default_factory=dict)

    def unread(self, *hosts: str) -> tuple[str, ...]:
        """Sentences about those of the hosts whose rules could not be read."""
        found = ((host, self.filters.get(host)) for host in hosts)
        return tuple(
            f"the packet filter of {host} could not be read: {item.because}"
            for host, item in found
            if isinstance(item, Unread)
        )

    def passes(self, host: str, packet: Packet) -> Ports:
        """The services of such packets that the host lets pass."""
        passes = EVERYTHING
        for judged in self._judge(host, packet):
            passes &= judged.passes
        return passes

    def why(self, host: str, packet: Packet, query: Ports) -> tuple[str, ...]:
        """A sentence for each rule that decides about some of the queried services.

        Rules that let pass are left out where another stops: that one is why.
        """
        told = list(self._told(host, packet, query))
        stopped = tuple(words for passes, words in told if not passes)
        return stopped or tuple(words for _, words in told)

    def _told(self, host: str, packet: Packet, query: Ports) -> Iterator[tuple[bool, str]]:
        for chain, _, by in self._judge(host, packet):
            for rule, services in by:
                if about := services & query:
                    passes = (rule.verdict if rule else chain.policy) == "accept"
                    yield passes, _said(host, chain, rule, packet, about)

    def _judge(self, host: str, packet: Packet) -> tuple[Judged, ...]:
        key = (host, packet)
        if key not in self._judged:
            found = self.filters.get(host)
            chains = found.chains if isinstance(found, HostFilter) else ()
            own = sorted((c for c in chains if c.hook == packet.hook), key=lambda c: c.priority)
            self._judged[key] = tuple(judge(chain, packet) for chain in own)
        return self._judged[key]


def judge(chain: FilterChain, packet: Packet) -> Judged:
    """Evaluate a chain's rules in order: each verdict decides what none before it decided."""
    left, passes = EVERYTHING, NOTHING
    by: list[tuple[FilterRule | None, Ports]] = []
    for rule in chain.rules:
        decided = rule.services & left
        if rule.verdict is None or not decided or not _applies(rule, packet):
            continue
        left -= decided
        by.append((rule, decided))
        passes = passes | decided if rule.verdict == "accept" else passes
    if left:
        by.append((None, left))
        passes = passes | left if chain.policy == "accept" else passes
    return Judged(chain, passes, tuple(by))


def _applies(rule: FilterRule, packet: Packet) -> bool:
    """Whether a rule is about packets like this one, which never is one of a host to itself."""
    return (
        rule.loopback is not True
        and (rule.states is None or packet.state in rule.states)
        and (rule.peers is None or any(holds(cidr, packet.peer) for cidr in rule.peers))
        and (rule.own is None or any(holds(cidr, packet.own) for cidr in rule.own))
    )


def _said(
    host: str, chain: FilterChain, rule: FilterRule | None, packet: Packet, about: Ports
) -> str:
    """What decides about some services, with the conduit that a rule stands for."""
    towards = f"{'from' if packet.hook == 'input' else 'to'} {packet.peer}"
    if rule is None and chain.policy == "drop":
        return f"no rule of {host}'s own filter ({chain}) accepts {about} {towards}"
    who = f"rule {rule.comment!r}" if rule and rule.comment else "a rule" if rule else "the policy"
    verb = f"{rule.verdict if rule else chain.policy}s"
    return f"{who} of {host}'s own filter ({chain}) {verb} {about} {towards}"

"""Hosts' own packet filters, as their kernels tell them: what a host itself lets out and in.

They stand beside Deployed, for no cloud API knows of them: `parse.nft` reads them from a host,
`planned` makes those that the role `baseline` is told to load. A rule is of netfilter's kind:
in order, the first verdict of a chain decides there; a drop is final, an accept is not.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, collapse_addresses
from typing import Literal

from bulkhead.network.ports import EVERYTHING, NUMBERS, Ports

Hook = Literal["input", "output"]
Decision = Literal["accept", "drop", "reject"]
HOOKS: tuple[Hook, ...] = ("input", "output")
TABLE = "inet bulkhead"
"""The table that the role `baseline` loads."""
LOG_GROUP = 62
"""Where its chains report what they drop, with PREFIXES."""
PREFIXES: dict[Hook, Literal["host-ingress", "host-egress"]] = {
    "input": "host-ingress",
    "output": "host-egress",
}
"""The layer of each hook, which is also the prefix of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterRule:
    """One rule. It decides about `services` with a peer and in a state, if it has a verdict.

    peers, own: IPv4 prefixes (collapsed, in order) of the other end and of the host itself; None
    for any. states: of connection tracking, in order; None for any. loopback: True for packets of
    the host to itself alone, False for all others, None for both. log: the prefix of its reports.
    comment: the id of the conduit that it stands for.
    """

    verdict: Decision | None = None
    services: Ports = EVERYTHING
    peers: tuple[str, ...] | None = None
    own: tuple[str, ...] | None = None
    states: tuple[str, ...] | None = None
    loopback: bool | None = None
    log: str | None = None
    comment: str = ""

    def __str__(self) -> str:
        """The rule in words, e.g. `accept tcp 8883 with 10.0.0.0/24 (borealis/telemetry)`."""
        said = [self.verdict or (f"log {self.log}" if self.log is not None else "count")]
        said += [str(self.services)] if self.services != EVERYTHING else []
        said += [f"with {' or '.join(self.peers)}"] if self.peers is not None else []
        said += [f"as {' or '.join(self.own)}"] if self.own is not None else []
        said += [",".join(self.states)] if self.states is not None else []
        said += ["on lo" if self.loopback else "not on lo"] if self.loopback is not None else []
        return " ".join(said) + (f" ({self.comment})" if self.comment else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterChain:
    """A base chain: its table with the family, its hook, and its policy for what is left."""

    table: str
    name: str
    hook: Hook
    priority: int
    policy: Literal["accept", "drop"]
    rules: tuple[FilterRule, ...]

    def __str__(self) -> str:
        """As people write it: `inet bulkhead input`."""
        return f"{self.table} {self.name}"


@dataclass(frozen=True, slots=True)
class HostFilter:
    """The chains that a host's packets meet, in order; with none, everything passes."""

    chains: tuple[FilterChain, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """A host whose rules are not known: nothing may be said of it. because: why."""

    because: str


Filters = Mapping[str, HostFilter | Unread]
"""By host. A host that is not in it has no rules."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What one conduit lets a host receive (or ask). peers: IPv4 prefixes of the other ends."""

    conduit: str
    protocol: Literal["tcp", "udp", "icmp", "any"]
    first: int
    last: int
    peers: tuple[str, ...]


def planned(ingress: Iterable[Opening], egress: Iterable[Opening]) -> HostFilter:
    """The filter that `baseline` loads for these conduits: deny but for them, and say so.

    A conduit whose other ends have no address yet opens nothing.
    """
    return HostFilter((_chain("input", ingress), _chain("output", egress)))


def _chain(hook: Hook, openings: Iterable[Opening]) -> FilterChain:
    return FilterChain(
        table=TABLE,
        name=hook,
        hook=hook,
        priority=0,
        policy="drop",
        rules=(
            FilterRule(verdict="accept", states=("established", "related")),
            FilterRule(verdict="accept", loopback=True),
            *(
                FilterRule(
                    verdict="accept",
                    services=Ports.of(NUMBERS[item.protocol], item.first, item.last),
                    peers=collapsed(map(IPv4Network, item.peers)),
                    comment=item.conduit,
                )
                for item in openings
                if item.peers
            ),
            FilterRule(log=PREFIXES[hook]),
        ),
    )


def collapsed(networks: Iterable[IPv4Network]) -> tuple[str, ...]:
    """The fewest prefixes that hold the same addresses, in order: equal sets are equal."""
    return tuple(str(item) for item in collapse_addresses(networks))

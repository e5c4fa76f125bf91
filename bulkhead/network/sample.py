"""Which flows to try with packets: the edges of everything allowed, and one port at random."""

from collections import Counter
from collections.abc import Iterable
from itertools import product
from random import Random
from typing import Literal

from bulkhead.network.deployed import EPHEMERAL, Flow
from bulkhead.network.intent import Intent
from bulkhead.network.ports import NUMBERS, Ports
from bulkhead.network.reach import Reach
from bulkhead.plan.tables import Path

_HANDFUL = (22, 443, 8883)
"""Tried where all ports are allowed: the edges 1 and 65535 tell nothing there."""
_OWN_PORTS = 8
"""Of the ports that the estate uses, so many per protocol are tried between every two hosts."""
_Pair = tuple[str, str, Path]
_Transport = Literal["tcp", "udp"]


def sample(intent: Intent, computed: Reach, seed: int) -> tuple[Flow, ...]:
    """Flows to try, in canonical order, for every ordered pair of deployed hosts and path.

    TCP and UDP: the first and last port of each range that intent or model allow, the ports
    beside them, and one at random; a handful where all ports are allowed; and, refused or not,
    the ports that the estate itself uses most, for those are what a mistake opens. ICMP: one echo.
    Random ports lie below 32768, out of the range from which the kernel takes its own; they
    depend on the seed and the pair alone, so that another host changes no other pair's.
    """
    return tuple(sorted(_all(intent, computed, seed)))


def _all(intent: Intent, computed: Reach, seed: int) -> set[Flow]:
    pairs = {
        (source, target, path): intent.delivered(source, target, path)
        | computed.delivered(source, target, path)
        for source, target in product(computed.hosts, repeat=2)
        for path in computed.paths(source, target)
    }
    found = {Flow(*pair, "icmp", 0) for pair in pairs}
    for protocol in ("tcp", "udp"):
        own = _own(pairs.values(), protocol)
        for pair, allowed in pairs.items():
            ports = own | _numbered(pair, protocol, allowed, seed)
            found |= {Flow(*pair, protocol, port) for port in ports if 1 <= port <= 65535}
    return found


def _own(allowed: Iterable[Ports], protocol: _Transport) -> set[int]:
    """The ports at which most pairs are let through; ports of full ranges say nothing."""
    every = Ports.of(NUMBERS[protocol])
    counts = Counter(
        span.first
        for ports in allowed
        for span in ports & every
        if (span.first, span.last) != (0, 65535)
    )
    commonest = sorted(counts, key=lambda port: (-counts[port], port))
    return set(commonest[:_OWN_PORTS])


def _numbered(pair: _Pair, protocol: _Transport, allowed: Ports, seed: int) -> set[int]:
    random = Random(f"{seed} {' '.join(pair)} {protocol}")
    ports = {random.randrange(1, EPHEMERAL[0])}
    for span in allowed & Ports.of(NUMBERS[protocol]):
        ports.update(_edges(span.first, span.last))
    return ports


def _edges(first: int, last: int) -> tuple[int, ...]:
    if (first, last) == (0, 65535):
        return _HANDFUL
    return (first - 1, first, first + 1, last - 1, last, last + 1)

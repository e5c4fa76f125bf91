"""Which flows to try with packets: the edges of everything allowed, and one port at random."""

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


def sample(intent: Intent, computed: Reach, seed: int) -> tuple[Flow, ...]:
    """Flows to try, in canonical order, for every ordered pair of deployed hosts and path.

    TCP and UDP: the first and last port of each range that intent or model allow, the ports
    beside them, and one at random; a handful where all ports are allowed. ICMP: one echo.
    Random ports lie below 32768, out of the range from which the kernel takes its own; they
    depend on the seed and the pair alone, so that another host changes no other pair's.
    """
    return tuple(sorted(_all(intent, computed, seed)))


def _all(intent: Intent, computed: Reach, seed: int) -> set[Flow]:
    found: set[Flow] = set()
    for source, target in product(computed.hosts, repeat=2):
        for path in computed.paths(source, target):
            pair = (source, target, path)
            allowed = intent.allowed(*pair) | computed.delivered(*pair)
            found.add(Flow(*pair, "icmp", 0))
            found |= _numbered(pair, "tcp", allowed, seed) | _numbered(pair, "udp", allowed, seed)
    return found


def _numbered(
    pair: tuple[str, str, Path], protocol: Literal["tcp", "udp"], allowed: Ports, seed: int
) -> set[Flow]:
    random = Random(f"{seed} {' '.join(pair)} {protocol}")
    ports = {random.randrange(1, EPHEMERAL[0])}
    for span in allowed & Ports.of(NUMBERS[protocol]):
        ports.update(_edges(span.first, span.last))
    return {Flow(*pair, protocol, port) for port in ports if 1 <= port <= 65535}


def _edges(first: int, last: int) -> tuple[int, ...]:
    if (first, last) == (0, 65535):
        return _HANDFUL
    return (first - 1, first, first + 1, last - 1, last, last + 1)

"""An exact algebra of services: sets of (protocol, port), as intervals on one line.

The pair (protocol, port) is the point `protocol * 65536 + port`, so a set of services is a
sorted tuple of disjoint intervals, and `all protocols` is one of them. Protocols are IANA
numbers 0 to 255; ICMP's "port" is `type * 256 + code`. Protocols without ports have all
65,536 points or none.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from bulkhead.network.deployed import ALL, Flow

ICMP, TCP, UDP = 1, 6, 17
ECHO_REQUEST, ECHO_REPLY = 8 * 256, 0
"""ICMP types 8 and 0 with code 0, as points of protocol 1."""
_SIZE = 65536
_END = 256 * _SIZE
_NAMES = {ALL: "all", ICMP: "icmp", TCP: "tcp", UDP: "udp"}
NUMBERS = {"any": ALL, "icmp": ICMP, "tcp": TCP, "udp": UDP}
"""Protocol numbers of the plan's and the flows' words."""

Interval = tuple[int, int]


class Span(NamedTuple):
    """A protocol (or ALL) and an inclusive range of its ports."""

    protocol: int
    first: int
    last: int

    def __str__(self) -> str:
        """As people write it: `tcp 22`, `udp 1000-2000`, `icmp type 8`, `all`."""
        name = _NAMES.get(self.protocol, f"protocol {self.protocol}")
        if (self.first, self.last) == (0, _SIZE - 1) and self.protocol not in (TCP, UDP):
            return name
        if self.protocol == ICMP:
            return f"{name} {_icmp(self.first, self.last)}"
        return f"{name} {self.first}" + (f"-{self.last}" if self.last != self.first else "")


def _icmp(first: int, last: int) -> str:
    (kind, code), (end, final) = divmod(first, 256), divmod(last, 256)
    if (code, final) == (0, 255):
        return f"type {kind}" if kind == end else f"types {kind}-{end}"
    if first == last:
        return f"type {kind} code {code}"
    return f"type {kind} code {code} to type {end} code {final}"


@dataclass(frozen=True, slots=True)
class Ports:
    """A set of services. Equal sets are equal values; build with `of`, combine with | & -."""

    intervals: tuple[Interval, ...] = ()

    @staticmethod
    def of(protocol: int, first: int = 0, last: int = _SIZE - 1) -> "Ports":
        """One protocol's range, both ends included; ValueError outside 0 to 65535."""
        if protocol == ALL:
            return EVERYTHING
        if not (0 <= protocol < 256 and 0 <= first <= last < _SIZE):
            raise ValueError(f"no such range: protocol {protocol}, ports {first} to {last}")
        return Ports(((protocol * _SIZE + first, protocol * _SIZE + last),))

    @staticmethod
    def union(parts: Iterable["Ports"]) -> "Ports":
        """Everything that is in any of the parts."""
        found = [part for part in parts if part.intervals]
        if len(found) <= 1:
            return found[0] if found else NOTHING
        return Ports(_merged(sorted(pair for part in found for pair in part.intervals)))

    def __or__(self, other: "Ports") -> "Ports":
        return Ports.union((self, other))

    def __and__(self, other: "Ports") -> "Ports":
        if other is EVERYTHING or self == other:
            return self
        return other if self is EVERYTHING else Ports(_common(self.intervals, other.intervals))

    def __sub__(self, other: "Ports") -> "Ports":
        return self & Ports(_complement(other.intervals)) if other.intervals else self

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __iter__(self) -> Iterator[Span]:
        return iter(self.spans())

    def contains(self, protocol: int, port: int) -> bool:
        """Whether one packet's protocol (0 to 255) and port are in the set."""
        point = protocol * _SIZE + port
        return any(first <= point <= last for first, last in self.intervals)

    def covers(self, other: "Ports") -> bool:
        """Whether all of `other` is in this set."""
        return not other - self

    def spans(self) -> tuple[Span, ...]:
        """The set as services, by protocol and port; everything is the one span ALL."""
        if self == EVERYTHING:
            return (Span(ALL, 0, _SIZE - 1),)
        return tuple(span for pair in self.intervals for span in _by_protocol(*pair))

    def __str__(self) -> str:
        """As people write it; what leaves out less than it holds is said as `all but …`."""
        if not self:
            return "nothing"
        spans = self.spans()
        if len(spans) > 8 and len((EVERYTHING - self).spans()) < len(spans):
            return f"all but {EVERYTHING - self}"
        return ", ".join(map(str, spans))


NOTHING = Ports()
EVERYTHING = Ports(((0, _END - 1),))


def point_of(flow: Flow) -> tuple[int, int]:
    """A flow's protocol number and port; icmp asks with an echo request (type 8, code 0)."""
    number = NUMBERS[flow.protocol]
    return (number, ECHO_REQUEST if number == ICMP else flow.port)


def _merged(pairs: list[Interval]) -> tuple[Interval, ...]:
    """Sorted intervals with those that overlap or touch made one."""
    done: list[Interval] = []
    for first, last in pairs:
        if done and first <= done[-1][1] + 1:
            done[-1] = (done[-1][0], max(done[-1][1], last))
        else:
            done.append((first, last))
    return tuple(done)


def _common(left: tuple[Interval, ...], right: tuple[Interval, ...]) -> tuple[Interval, ...]:
    found, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        first, last = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if first <= last:
            found.append((first, last))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def _complement(pairs: tuple[Interval, ...]) -> tuple[Interval, ...]:
    starts = (0, *(last + 1 for _, last in pairs))
    ends = (*(first - 1 for first, _ in pairs), _END - 1)
    return tuple((first, last) for first, last in zip(starts, ends, strict=True) if first <= last)


def _by_protocol(first: int, last: int) -> Iterator[Span]:
    for protocol in range(first // _SIZE, last // _SIZE + 1):
        base = protocol * _SIZE
        yield Span(protocol, max(first - base, 0), min(last - base, _SIZE - 1))

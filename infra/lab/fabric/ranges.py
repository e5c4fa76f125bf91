"""Arithmetic on inclusive integer ranges: disjoint boxes and longest-prefix match.

A span is `(low, high)`, both included; a box is a tuple of spans, one for each dimension.
The kernel's concatenated interval sets refuse overlapping elements, so what is loaded is
always the canonical form made here: equal sets of points give equal boxes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network
from itertools import pairwise
from typing import TypeVar

Span = tuple[int, int]
Box = tuple[Span, ...]
T = TypeVar("T")
EVERY_ADDRESS: Span = (0, 2**32 - 1)


def network(cidr: str) -> Span:
    """The first and last address of an IPv4 prefix as integers."""
    parsed = IPv4Network(cidr)
    return int(parsed.network_address), int(parsed.broadcast_address)


def address(span: Span) -> str:
    """A range of addresses as nft writes it, `10.0.0.0-10.0.0.255` or one address."""
    low, high = (str(IPv4Address(end)) for end in span)
    return low if low == high else f"{low}-{high}"


def number(span: Span) -> str:
    """A range of numbers as nft writes it, `443-445` or one number."""
    low, high = span
    return str(low) if low == high else f"{low}-{high}"


def meet(one: Span, other: Span) -> Span | None:
    """What two spans share, None if nothing."""
    low, high = max(one[0], other[0]), min(one[1], other[1])
    return (low, high) if low <= high else None


def disjoint(boxes: Iterable[Box]) -> tuple[Box, ...]:
    """The same points as `boxes` (all of one dimension), as sorted boxes that do not overlap."""
    distinct = set(boxes)
    if not distinct or () in distinct:
        return tuple(distinct)
    return tuple((span, *rest) for span, inner in _slabs(distinct) for rest in inner)


def _slabs(boxes: set[Box]) -> list[tuple[Span, tuple[Box, ...]]]:
    """Maximal slabs along the first dimension, each with its canonical cross-section."""
    opening: dict[int, list[Box]] = defaultdict(list)
    closing: dict[int, list[Box]] = defaultdict(list)
    for (low, high), *rest in boxes:
        opening[low].append(tuple(rest))
        closing[high + 1].append(tuple(rest))
    active: Counter[Box] = Counter()
    sections: dict[frozenset[Box], tuple[Box, ...]] = {}
    slabs: list[tuple[Span, tuple[Box, ...]]] = []
    for low, after in pairwise(sorted({*opening, *closing})):
        active.update(opening[low])
        active.subtract(closing[low])
        active = +active
        key = frozenset(active)
        if key not in sections:
            sections[key] = disjoint(key)
        _append(slabs, (low, after - 1), sections[key])
    return slabs


def _append(slabs: list[tuple[Span, tuple[Box, ...]]], span: Span, inner: tuple[Box, ...]) -> None:
    """Add a slab, or lengthen the last one where the cross-section goes on unchanged."""
    if not inner:
        return
    if slabs and slabs[-1][1] == inner and slabs[-1][0][1] + 1 == span[0]:
        slabs[-1] = ((slabs[-1][0][0], span[1]), inner)
    else:
        slabs.append((span, inner))


def most_specific(routes: Sequence[tuple[str, T]]) -> list[tuple[Span, T]]:
    """Disjoint address ranges, each with the value of the longest prefix that covers it.

    routes: (IPv4 prefix, value). Of equal prefixes the first one given wins.
    """
    spans = [(network(cidr), value) for cidr, value in routes]
    edges = sorted({low for (low, _), _ in spans} | {high + 1 for (_, high), _ in spans})
    found = []
    for low, after in pairwise(edges):
        covering = [(high - first, value) for (first, high), value in spans if first <= low <= high]
        if covering:
            found.append(((low, after - 1), min(covering, key=lambda one: one[0])[1]))
    return found

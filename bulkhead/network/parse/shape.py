"""Fields of an API shape: read, ignored on purpose, or refused when they say anything."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from bulkhead.errors import BulkheadError, Problem

Item = Mapping[str, Any]
NAME_TAG = "bulkhead:id"
COMMON_TAG = "Name"
"""The tag by which AWS's console calls things."""
_NUMBERS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}
ICMP = 1


class NotModelled(BulkheadError):
    """The deployment holds something that decides about packets and that we do not model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One shape of EC2's responses, by the name and fields that botocore gives it.

    reads: fields that the parser consumes. ignores: fields that cannot decide whether a packet
    passes. empty: fields that must have no content. only: fields with the values accepted.
    """

    name: str
    operation: str
    reads: frozenset[str]
    ignores: frozenset[str] = frozenset()
    empty: frozenset[str] = frozenset()
    only: Mapping[str, tuple[object, ...]] = field(default_factory=dict)

    @property
    def fields(self) -> frozenset[str]:
        """Every field that has its place."""
        return self.reads | self.ignores | self.empty | self.only.keys()


def words(text: str) -> frozenset[str]:
    """A set of field names written as one text."""
    return frozenset(text.split())


def accept(shape: Shape, item: Item, where: str) -> Item:
    """The item, if nothing in it is unknown or beyond the model; else NotModelled.

    where: the id of the resource that the item describes or belongs to.
    """
    for name, value in item.items():
        if name in shape.reads or name in shape.ignores:
            continue
        if name in shape.empty:
            if value:
                raise refusal(shape, name, value, where, "empty or absent")
        elif name not in shape.only:
            raise refusal(shape, name, value, where, "a field that the reader knows")
        elif value is not None and value not in shape.only[name]:
            raise refusal(shape, name, value, where, " or ".join(map(repr, shape.only[name])))
    return item


def refusal(shape: Shape, name: str, value: object, where: str, allowed: str) -> NotModelled:
    """The error for one field: operation, resource, field, value, and what to do."""
    return NotModelled(
        Problem(
            where=f"{shape.operation} {where}",
            what=f"{shape.name}.{name} is {value!r}, and what that does to packets is not modelled",
            allowed=allowed,
            remedy="remove it from the deployment, or read only accounts and VPCs without it",
        )
    )


def needed(shape: Shape, item: Item, name: str, where: str) -> Any:
    """A field that must be there, else NotModelled."""
    if item.get(name) is None:
        raise refusal(shape, name, None, where, "a value")
    return item[name]


def name_of(item: Item, identity: str) -> str:
    """The tag `bulkhead:id`, or the cloud's own id where there is no such tag."""
    return tags_of(item).get(NAME_TAG) or identity


def tags_of(item: Item) -> dict[str, str]:
    """A thing's tags by key."""
    return {str(tag["Key"]): str(tag["Value"]) for tag in item.get("Tags") or ()}


def prefix(cidr: str) -> str:
    """A CIDR in canonical form (host bits cleared)."""
    return str(ip_network(cidr, strict=False))


def protocol_number(text: str) -> int:
    """The API's protocol as a number: names of the four that have one, `-1` for all."""
    return _NUMBERS[text] if text in _NUMBERS else int(text)


def icmp_range(kind: int, code: int) -> tuple[int, int]:
    """ICMP type and code (-1 for any) as an inclusive range of type * 256 + code."""
    if kind == -1:
        return (0, 65535)
    return (kind * 256, kind * 256 + 255) if code == -1 else (kind * 256 + code,) * 2

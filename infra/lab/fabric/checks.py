"""What one machine cannot hold is refused before anything is loaded. Pure."""

import re
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TypeVar

from bulkhead.errors import Problem
from bulkhead.network.deployed import Vpc
from infra.lab.fabric.errors import FabricError
from infra.lab.fabric.ranges import meet, network

PLAIN_ID = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{0,63}")
"""Ids become names in nftables and of namespaces, so nothing else may be in them."""
T = TypeVar("T")


def find(table: Mapping[str, T], name: str, who: str) -> T:
    """The row called `name`, which `who` refers to; FabricError if the deployment lacks it."""
    if name not in table:
        raise FabricError(Problem(who, f"refers to {name}, which is not deployed"))
    return table[name]


def unique(what: str, pairs: Sequence[tuple[str, str]]) -> None:
    """Refuse two interfaces with the same `what`. pairs: (value, interface id)."""
    owner: dict[str, str] = {}
    for value, who in pairs:
        if value in owner:
            text = f"has the same {what} as {owner[value]}: {value}"
            raise FabricError(Problem(who, text, f"one interface for each {what} in a lab"))
        owner[value] = who


def one_space(vpcs: Sequence[Vpc]) -> None:
    """Refuse VPCs in use whose address ranges overlap: the fabric routes for all of them."""
    ranges = [(vpc.id, cidr, network(cidr)) for vpc in vpcs for cidr in vpc.cidrs]
    for (one, first, a), (other, second, b) in combinations(ranges, 2):
        if one != other and meet(a, b):
            text = f"{first} overlaps {second} of {other}, and hosts run in both"
            raise FabricError(Problem(one, text, "address ranges that are disjoint in a lab"))


def plain_ids(ids: Sequence[str]) -> None:
    """Refuse ids that could mean something to a kernel interface."""
    for name in ids:
        if not PLAIN_ID.fullmatch(name):
            raise FabricError(Problem(repr(name), "is not an id", "letters, digits and hyphens"))

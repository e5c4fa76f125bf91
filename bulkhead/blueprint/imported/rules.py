"""What an imported estate must hold beyond its schema: names that are there, and there once."""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network

from bulkhead.blueprint.faults import Fault, Where
from bulkhead.blueprint.imported.model import ImportedEstate
from bulkhead.plan import INTERNET

_PARTS = ("networks", "subnets", "peerings", "zones", "groups", "hosts", "endpoints", "conduits")


def check(estate: ImportedEstate) -> list[Fault]:
    """Everything that is wrong, for the whole file at once."""
    ids = {part: {row.id for row in getattr(estate, part)} for part in _PARTS}
    return [*_twice(estate), *_missing(estate, ids), *_outside(estate), *_unapproved(estate)]


def _twice(estate: ImportedEstate) -> Iterator[Fault]:
    for part in _PARTS:
        seen: set[str] = set()
        for index, row in enumerate(getattr(estate, part)):
            if row.id in seen:
                what = f"the id `{row.id}` is already taken"
                yield Fault((part, index, "id"), what, "an id of its own", "rename")
            seen.add(row.id)


def _missing(estate: ImportedEstate, ids: dict[str, set[str]]) -> Iterator[Fault]:
    ends = ids["groups"] | {INTERNET}
    for where, name, known in _references(estate, ids, ends):
        if name not in known:
            allowed = ", ".join(sorted(known)[:12]) or "none is declared"
            yield Fault(where, f"`{name}` is not in this file", allowed, "name one that is")


def _references(
    estate: ImportedEstate, ids: dict[str, set[str]], ends: set[str]
) -> Iterator[tuple[Where, str, set[str]]]:
    for index, subnet in enumerate(estate.subnets):
        yield ("subnets", index, "network"), subnet.network, ids["networks"]
        yield ("subnets", index, "zone"), subnet.zone, ids["zones"]
    for index, link in enumerate(estate.peerings):
        yield ("peerings", index, "requester"), link.requester, ids["networks"]
        yield ("peerings", index, "accepter"), link.accepter, ids["networks"]
    for index, group in enumerate(estate.groups):
        yield ("groups", index, "network"), group.network, ids["networks"]
    for part in ("hosts", "endpoints"):
        for index, row in enumerate(getattr(estate, part)):
            yield (part, index, "subnet"), row.subnet, ids["subnets"]
            yield (part, index, "group"), row.group, ids["groups"]
    for index, way in enumerate(estate.conduits):
        yield from _ends(("conduits", index, "from"), way.sources, ends)
        yield from _ends(("conduits", index, "to"), way.targets, ends)


def _ends(
    at: Where, names: Iterable[str], known: set[str]
) -> Iterator[tuple[Where, str, set[str]]]:
    yield from (((*at, number), name, known) for number, name in enumerate(names))


def _outside(estate: ImportedEstate) -> Iterator[Fault]:
    """Addresses lie in their subnets."""
    cidrs = {row.id: row.cidr for row in estate.subnets}
    for part in ("hosts", "endpoints"):
        for index, row in enumerate(getattr(estate, part)):
            cidr = cidrs.get(row.subnet)
            if cidr and IPv4Address(row.address) not in IPv4Network(cidr):
                what = f"{row.address} is not in subnet {row.subnet}"
                yield Fault((part, index, "address"), what, f"an address of {cidr}", "correct it")


def _unapproved(estate: ImportedEstate) -> Iterator[Fault]:
    """A target counts once it was approved; an approval approves a target."""
    for index, zone in enumerate(estate.zones):
        if zone.target and zone.approval is None:
            what = f"zone `{zone.id}` states a target that nobody approved"
            remedy = "add approval: {by: NAME, date: YYYY-MM-DD}"
            yield Fault(("zones", index, "approval"), what, "an approval with its day", remedy)
        if zone.target is None and zone.approval:
            what = f"zone `{zone.id}` has an approval, but no target"
            yield Fault(("zones", index, "target"), what, "{FR1: 0 to 4, … FR7: 0 to 4}", "add it")

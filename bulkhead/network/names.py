"""A deployment told in names alone, so that two readings of one program can be compared."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from bulkhead.network.deployed import Deployed, GroupRule


def canonical(deployed: Deployed, accounts: Mapping[str, str] | None = None) -> Deployed:
    """The same deployment with names for ids and without rule ids, sorted anew.

    accounts: names for account ids. What bears no name and is its VPC's default is called
    `<vpc>/default-group`, `<vpc>/default-acl` or `<vpc>/main-table`; other ids stay. ValueError
    when two things of a kind have one name, for then they cannot be told apart.
    """
    said = dict(accounts or {}) | dict(_names(deployed))
    tables = {item.name: _table(getattr(deployed, item.name), said) for item in fields(Deployed)}
    return Deployed(**tables)


def _table(items: tuple[Any, ...], said: Mapping[str, str]) -> tuple[Any, ...]:
    found = sorted((_told(item, said) for item in items), key=lambda item: str(item.id))
    names = [item.id for item in found]
    if len(set(names)) != len(names):
        raise ValueError(f"names borne twice: {sorted({n for n in names if names.count(n) > 1})}")
    return tuple(found)


def _told(value: Any, said: Mapping[str, str]) -> Any:
    """The value with every id in it replaced, however deep it lies."""
    if isinstance(value, str):
        return said.get(value, value)
    if isinstance(value, tuple):
        told = tuple(_told(item, said) for item in value)
        # Groups of an interface and rules of a group are sets: their order followed their ids.
        ordered = all(isinstance(item, str | GroupRule) for item in told)
        return tuple(sorted(told, key=repr)) if ordered else told
    return _told_row(value, said) if is_dataclass(value) else value


def _told_row(row: Any, said: Mapping[str, str]) -> Any:
    told = {item.name: _told(getattr(row, item.name), said) for item in fields(row)}
    if isinstance(row, GroupRule):
        told["id"] = ""
    elif "name" in told:
        told["name"] = told["id"]
    return replace(row, **told)


def _names(deployed: Deployed) -> Iterator[tuple[str, str]]:
    """Each cloud id with the name that stands for it."""
    vpcs = {item.id: item.name for item in deployed.vpcs}
    for table in (deployed.vpcs, deployed.subnets, deployed.peerings, deployed.gateways):
        yield from ((item.id, item.name) for item in table)
    for group in deployed.groups:
        yield group.id, _or_default(group, group.default, vpcs, "default-group")
    for acl in deployed.acls:
        yield acl.id, _or_default(acl, acl.default, vpcs, "default-acl")
    for routes in deployed.route_tables:
        yield routes.id, _or_default(routes, routes.main, vpcs, "main-table")
    for transits in (deployed.transits, deployed.attachments, deployed.transit_tables):
        yield from ((item.id, item.name) for item in transits)
    for interface in deployed.ends:
        yield interface.id, interface.host
        yield interface.instance, interface.host


def _or_default(item: Any, default: bool, vpcs: Mapping[str, str], word: str) -> str:
    unnamed = default and item.name == item.id
    return f"{vpcs.get(item.vpc, item.vpc)}/{word}" if unnamed else str(item.name)

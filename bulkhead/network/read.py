"""Read what AWS APIs say is deployed. The only door by which a Deployed comes to be."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from typing import Any, Protocol, TypeVar

from bulkhead.errors import BulkheadError, Problem
from bulkhead.network.deployed import (
    Acl,
    Attachment,
    Deployed,
    Endpoint,
    Gateway,
    Group,
    Interface,
    Peering,
    RouteTable,
    Subnet,
    TransitGateway,
    TransitTable,
    Vpc,
)
from bulkhead.network.parse import acls, endpoints, groups, instances, routing, transit, vpcs

ALL_KINDS = frozenset(item.name for item in fields(Deployed))
"""The kinds that can be read: the names of Deployed's fields."""
_Kind = TypeVar(
    "_Kind",
    Vpc,
    RouteTable,
    Acl,
    Group,
    Peering,
    Gateway,
    TransitGateway,
    Attachment,
    TransitTable,
)
_ROUTING = frozenset({"subnets", "route_tables", "acls"})
_IMPLIED = {
    "subnets": _ROUTING,
    "route_tables": _ROUTING,
    "acls": _ROUTING,
    # A VPC comes and goes with its default group, network ACL and route table.
    "vpcs": _ROUTING | {"groups"},
    # Routes turn into black holes when their next hop goes.
    "peerings": _ROUTING,
    "gateways": _ROUTING,
    "transits": _ROUTING | {"attachments", "transit_tables"},
    "attachments": _ROUTING | {"transit_tables"},
}

_ALONE = {
    "groups": ("describe_security_groups", "GroupIds"),
    "acls": ("describe_network_acls", "NetworkAclIds"),
    "route_tables": ("describe_route_tables", "RouteTableIds"),
}
"""Kinds of which one row can be read alone: the operation and its parameter for ids."""


class Api(Protocol):
    """One account's EC2 API in one region. account: its 12-digit id."""

    @property
    def account(self) -> str:
        """The 12-digit id."""
        ...

    def describe(self, operation: str, **filters: object) -> list[dict[str, Any]]:
        """All items of a paginated call named as boto3's client method, in order."""
        ...


def read(
    apis: Sequence[Api],
    kinds: Iterable[str] = ALL_KINDS,
    previous: Deployed | None = None,
) -> Deployed:
    """What is deployed in the accounts of `apis`, sorted by id, each thing once.

    With `previous`, only `kinds` and what depends on them are read; the rest is taken over.
    NotModelled where the API says something about packets that the tables cannot hold.
    """
    asked = ALL_KINDS if previous is None else expanded(kinds)
    parts: dict[str, Any] = {}
    for kind, reader in _READERS.items():
        if kind in asked:
            parts[kind] = reader(apis)
    if asked & _ROUTING:
        parts |= _routing(apis)
    return replace(previous or Deployed(), **parts)


def read_one(api: Api, kind: str, identity: str) -> Group | Acl | RouteTable:
    """One row of `groups`, `acls` or `route_tables`, by id; BulkheadError when there is none."""
    operation, parameter = _ALONE[kind]
    found = api.describe(operation, **{parameter: [identity]})
    if not found:
        raise BulkheadError(Problem(identity, f"account {api.account} has none in its {kind}"))
    if kind == "acls":
        return acls.acl(found[0], api.account)
    if kind == "route_tables":
        return routing.route_table(found[0], api.account)
    wanted = [{"Name": "group-id", "Values": [identity]}]
    return groups.group(found[0], api.describe("describe_security_group_rules", Filters=wanted))


def expanded(kinds: Iterable[str]) -> frozenset[str]:
    """`kinds` and what is read together with them; ValueError for a kind that there is not."""
    asked = frozenset(kinds)
    if unknown := asked - ALL_KINDS:
        raise ValueError(f"no such kinds: {sorted(unknown)}")
    return asked.union(*(_IMPLIED.get(kind, ()) for kind in asked))


def _each(
    operation: str, parse: Callable[[dict[str, Any], str], _Kind | None]
) -> Callable[[Sequence[Api]], tuple[_Kind, ...]]:
    """A reader of a kind whose items stand alone."""

    def reader(apis: Sequence[Api]) -> tuple[_Kind, ...]:
        found = (parse(item, api.account) for api in apis for item in api.describe(operation))
        return _once(item for item in found if item is not None)

    return reader


def _once(found: Iterable[_Kind]) -> tuple[_Kind, ...]:
    """Sorted by id. What two accounts see (a peering) is kept once, as the one who named it."""
    kept: dict[str, _Kind] = {}
    for item in found:
        if item.id not in kept or kept[item.id].name == item.id:
            kept[item.id] = item
    return tuple(kept[identity] for identity in sorted(kept))


def _groups(apis: Sequence[Api]) -> tuple[Group, ...]:
    found = []
    for api in apis:
        rules: dict[str, list[dict[str, Any]]] = {}
        for rule in api.describe("describe_security_group_rules"):
            rules.setdefault(rule["GroupId"], []).append(rule)
        for item in api.describe("describe_security_groups"):
            found.append(groups.group(item, rules.get(item["GroupId"], ())))
    return _once(found)


def _interfaces(apis: Sequence[Api]) -> tuple[Interface, ...]:
    return instances.told_apart(
        pair
        for api in apis
        for reservation in api.describe("describe_instances")
        for pair in instances.interfaces(reservation, api.account)
    )


def _endpoints(apis: Sequence[Api]) -> tuple[Endpoint, ...]:
    return endpoints.told_apart(item for api in apis for item in _endpoints_of(api))


def _endpoints_of(api: Api) -> Iterable[Endpoint]:
    found = api.describe("describe_vpc_endpoints")
    wanted = [one for item in found for one in item.get("NetworkInterfaceIds") or ()]
    rows = api.describe("describe_network_interfaces", NetworkInterfaceIds=wanted) if wanted else ()
    addresses = {row["NetworkInterfaceId"]: row["PrivateIpAddress"] for row in rows}
    parsed = (endpoints.endpoint(item, addresses, api.account) for item in found)
    return [item for item in parsed if item is not None]


def _transit_tables(apis: Sequence[Api]) -> tuple[TransitTable, ...]:
    return _once(
        transit.table(item, _transit_routes(api, item["TransitGatewayRouteTableId"]))
        for api in apis
        for item in api.describe("describe_transit_gateway_route_tables")
        if transit.live(item)
    )


def _transit_routes(api: Api, table: str) -> list[dict[str, Any]]:
    """All routes of a table: the call wants a filter, and these are all states that count."""
    states = [{"Name": "state", "Values": ["active", "blackhole"]}]
    return api.describe(
        "search_transit_gateway_routes", TransitGatewayRouteTableId=table, Filters=states
    )


def _routing(apis: Sequence[Api]) -> dict[str, Any]:
    """Subnets, route tables and ACLs: the latter two say which subnets they are in force for."""
    found: dict[str, Subnet] = {}
    tables, lists = [], []
    for api in apis:
        own_tables = api.describe("describe_route_tables")
        own_lists = api.describe("describe_network_acls")
        in_force = routing.tables_in_force(own_tables), acls.acls_in_force(own_lists)
        for item in api.describe("describe_subnets"):
            found.setdefault(item["SubnetId"], routing.subnet(item, *in_force))
        tables += [routing.route_table(item, api.account) for item in own_tables]
        lists += [acls.acl(item, api.account) for item in own_lists]
    return {
        "subnets": tuple(found[identity] for identity in sorted(found)),
        "route_tables": _once(tables),
        "acls": _once(lists),
    }


_READERS: dict[str, Callable[[Sequence[Api]], tuple[Any, ...]]] = {
    "vpcs": _each("describe_vpcs", vpcs.vpc),
    "gateways": _each("describe_internet_gateways", vpcs.gateway),
    "peerings": _each("describe_vpc_peering_connections", vpcs.peering),
    "groups": _groups,
    "interfaces": _interfaces,
    "endpoints": _endpoints,
    "transits": _each("describe_transit_gateways", transit.gateway),
    "attachments": _each("describe_transit_gateway_attachments", transit.attachment),
    "transit_tables": _transit_tables,
}

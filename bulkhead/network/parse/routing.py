"""Subnets and route tables: which table and which network ACL are in force where."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Network

from bulkhead.network.deployed import Route, RouteTable, Subnet
from bulkhead.network.parse.shape import (
    Item,
    Shape,
    accept,
    name_of,
    needed,
    prefix,
    refusal,
    words,
)
from bulkhead.network.parse.vpcs import accept_block

_SUBNET = Shape(
    name="Subnet",
    operation="describe_subnets",
    reads=words("SubnetId VpcId CidrBlock Tags BlockPublicAccessStates"),
    ignores=words(
        "AvailabilityZone AvailabilityZoneId OwnerId SubnetArn State AvailableIpAddressCount "
        "DefaultForAz MapPublicIpOnLaunch PrivateDnsNameOptionsOnLaunch EnableDns64 Type"
    ),
    empty=words(
        "Ipv6CidrBlockAssociationSet AssignIpv6AddressOnCreation Ipv6Native OutpostArn "
        "MapCustomerOwnedIpOnLaunch CustomerOwnedIpv4Pool EnableLniAtDeviceIndex"
    ),
)
_TABLE = Shape(
    name="RouteTable",
    operation="describe_route_tables",
    reads=words("RouteTableId VpcId Associations Routes Tags"),
    ignores=words("OwnerId"),
    empty=words("PropagatingVgws"),
)
_ASSOCIATION = Shape(
    name="RouteTableAssociation",
    operation="describe_route_tables",
    reads=words("Main SubnetId AssociationState"),
    ignores=words("RouteTableAssociationId RouteTableId"),
    empty=words("GatewayId PublicIpv4Pool"),
)
_HOPS = words(
    "NatGatewayId LocalGatewayId CarrierGatewayId NetworkInterfaceId InstanceId "
    "InstanceOwnerId EgressOnlyInternetGatewayId CoreNetworkArn OdbNetworkArn IpAddress"
)
_ROUTE = Shape(
    name="Route",
    operation="describe_route_tables",
    reads=words("DestinationCidrBlock GatewayId VpcPeeringConnectionId TransitGatewayId State"),
    empty=words("DestinationIpv6CidrBlock DestinationPrefixListId") | _HOPS,
    only={"Origin": ("CreateRouteTable", "CreateRoute")},
)
# Nothing passes a black hole, so that the next hop which is gone need not be one we model.
_BLACK_HOLE = Shape(
    name="Route",
    operation="describe_route_tables",
    reads=_ROUTE.reads | _HOPS,
    empty=_ROUTE.empty - _HOPS,
    only=_ROUTE.only,
)
SHAPES = (_SUBNET, _TABLE, _ASSOCIATION, _ROUTE, _BLACK_HOLE)


def route_table(item: Item, _account: str) -> RouteTable:
    """One route table with its IPv4 routes in order of prefix."""
    identity = item["RouteTableId"]
    accept(_TABLE, item, identity)
    links = [accept(_ASSOCIATION, link, identity) for link in item.get("Associations") or ()]
    routes = [_route(each, identity) for each in item.get("Routes") or ()]
    return RouteTable(
        id=identity,
        name=name_of(item, identity),
        vpc=item["VpcId"],
        main=any(link.get("Main") for link in links),
        routes=tuple(sorted(routes, key=lambda route: IPv4Network(route.cidr))),
    )


def subnet(item: Item, tables: Mapping[str, str], acls: Mapping[str, str]) -> Subnet:
    """One subnet. tables, acls: what is in force, by subnet id, or by VPC id for the default."""
    identity = item["SubnetId"]
    accept(_SUBNET, item, identity)
    accept_block(item, identity)
    vpc = item["VpcId"]
    return Subnet(
        id=identity,
        name=name_of(item, identity),
        vpc=vpc,
        cidr=prefix(item["CidrBlock"]),
        route_table=tables.get(identity) or tables.get(vpc, ""),
        acl=acls.get(identity) or acls.get(vpc, ""),
    )


def tables_in_force(items: Iterable[Item]) -> dict[str, str]:
    """The route table of each associated subnet, and the main one of each VPC."""
    found: dict[str, str] = {}
    for item in items:
        for link in item.get("Associations") or ():
            state = (link.get("AssociationState") or {}).get("State", "associated")
            if state in ("associated", "associating"):
                found[item["VpcId"] if link.get("Main") else link["SubnetId"]] = item[
                    "RouteTableId"
                ]
    return found


def _route(item: Item, where: str) -> Route:
    active = needed(_ROUTE, item, "State", where) == "active"
    accept(_ROUTE if active else _BLACK_HOLE, item, where)
    target = item.get("GatewayId") or item.get("VpcPeeringConnectionId")
    target = target or item.get("TransitGatewayId")
    if active and not str(target).startswith(("local", "igw-", "pcx-", "tgw-")):
        allowed = "local, igw-…, a peering or a transit gateway"
        raise refusal(_ROUTE, "GatewayId", target, where, allowed)
    gone = [item[hop] for hop in sorted(_HOPS) if item.get(hop)]
    cidr = prefix(needed(_ROUTE, item, "DestinationCidrBlock", where))
    return Route(cidr=cidr, target=str(target or (gone or ["nowhere"])[0]), active=active)

"""Transit gateways, what is attached to them, and their route tables."""

from collections.abc import Iterable
from ipaddress import IPv4Network

from bulkhead.network.deployed import Attachment, Route, TransitGateway, TransitTable
from bulkhead.network.parse.shape import Item, Shape, accept, name_of, prefix, refusal, words

_GATEWAY = Shape(
    name="TransitGateway",
    operation="describe_transit_gateways",
    reads=words("TransitGatewayId OwnerId State Tags"),
    # Default tables decide only through the associations and routes that they lead to.
    ignores=words("TransitGatewayArn Description CreationTime Options"),
)
_ATTACHMENT = Shape(
    name="TransitGatewayAttachment",
    operation="describe_transit_gateway_attachments",
    reads=words("TransitGatewayAttachmentId TransitGatewayId ResourceId State Association Tags"),
    ignores=words("TransitGatewayOwnerId ResourceOwnerId CreationTime"),
    empty=words("NatGatewaySupport"),
    only={"ResourceType": ("vpc",)},
)
_ASSOCIATION = Shape(
    name="TransitGatewayAttachmentAssociation",
    operation="describe_transit_gateway_attachments",
    reads=words("TransitGatewayRouteTableId State"),
    empty=words("TransitGatewayPolicyTableId"),
)
_TABLE = Shape(
    name="TransitGatewayRouteTable",
    operation="describe_transit_gateway_route_tables",
    reads=words("TransitGatewayRouteTableId TransitGatewayId State Tags"),
    ignores=words("DefaultAssociationRouteTable DefaultPropagationRouteTable CreationTime"),
)
_ROUTE = Shape(
    name="TransitGatewayRoute",
    operation="search_transit_gateway_routes",
    reads=words("DestinationCidrBlock TransitGatewayAttachments State"),
    # A static route wins over a propagated one to the same prefix: AWS lists the winner alone.
    ignores=words("Type TransitGatewayRouteTableAnnouncementId"),
    empty=words("PrefixListId"),
)
_HOP = Shape(
    name="TransitGatewayRouteAttachment",
    operation="search_transit_gateway_routes",
    reads=words("TransitGatewayAttachmentId"),
    ignores=words("ResourceId"),
    only={"ResourceType": ("vpc",)},
)
SHAPES = (_GATEWAY, _ATTACHMENT, _ASSOCIATION, _TABLE, _ROUTE, _HOP)
_GONE = frozenset({"deleted", "deleting", "failed", "rejected", "rejecting", "failing"})


def gateway(item: Item, account: str) -> TransitGateway | None:
    """One transit gateway; None when it is gone."""
    identity = item["TransitGatewayId"]
    accept(_GATEWAY, item, identity)
    if item["State"] in _GONE:
        return None
    owner = item.get("OwnerId") or account
    return TransitGateway(id=identity, name=name_of(item, identity), account=owner)


def attachment(item: Item, _account: str) -> Attachment | None:
    """One VPC's attachment; None when it is gone."""
    identity = item["TransitGatewayAttachmentId"]
    accept(_ATTACHMENT, item, identity)
    if item["State"] in _GONE:
        return None
    link = accept(_ASSOCIATION, item.get("Association") or {}, identity)
    table = link.get("TransitGatewayRouteTableId") if link.get("State") == "associated" else None
    return Attachment(
        id=identity,
        name=name_of(item, identity),
        gateway=item["TransitGatewayId"],
        vpc=item["ResourceId"],
        table=str(table or ""),
        available=item["State"] == "available",
    )


def live(item: Item) -> bool:
    """Whether a route table is there (the API shows deleted ones for a while)."""
    return item["State"] not in _GONE


def table(item: Item, routes: Iterable[Item]) -> TransitTable:
    """One route table with its routes in order of prefix."""
    identity = item["TransitGatewayRouteTableId"]
    accept(_TABLE, item, identity)
    found = [_route(each, identity) for each in routes if ":" not in each["DestinationCidrBlock"]]
    return TransitTable(
        id=identity,
        name=name_of(item, identity),
        gateway=item["TransitGatewayId"],
        routes=tuple(sorted(found, key=lambda route: IPv4Network(route.cidr))),
    )


def _route(item: Item, where: str) -> Route:
    accept(_ROUTE, item, where)
    hops = [accept(_HOP, hop, where) for hop in item.get("TransitGatewayAttachments") or ()]
    active = item["State"] == "active"
    if active and len(hops) != 1:
        raise refusal(_ROUTE, "TransitGatewayAttachments", hops, where, "exactly one")
    target = hops[0]["TransitGatewayAttachmentId"] if hops else "nowhere"
    return Route(cidr=prefix(item["DestinationCidrBlock"]), target=str(target), active=active)

"""What routes in tables have in common: their targets, and inline routes held exactly."""

from collections.abc import Mapping
from typing import Any, Final

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop, canonical
from infra.lab.provider.resource import only, unless_gone
from infra.lab.provider.wire import Props

TARGETS: Final = {
    "gatewayId": "GatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "transitGatewayId": "TransitGatewayId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
}
"""Next hops that are implemented: property name to the API's."""

ROUTES: Final = Prop(
    kind="objects",
    computed=True,
    fields={"cidrBlock": Prop(required=True), **dict.fromkeys(TARGETS, Prop())},
)
"""The inline `routes` of a table: when given, the table holds exactly these."""


def target(props: Mapping[str, Any]) -> dict[str, str]:
    """The next hop in the API's words."""
    return {theirs: props[ours] for ours, theirs in TARGETS.items() if props.get(ours)}


def of(route: Mapping[str, Any]) -> Props:
    """An API route's next hop in property names. An instance's interface stands for it."""
    return {ours: route[theirs] for ours, theirs in TARGETS.items() if route.get(theirs)}


def table(aws: Aws, id_: str) -> Mapping[str, Any] | None:
    """The route table as the API has it."""
    answer = unless_gone(aws.ec2.describe_route_tables, RouteTableIds=[id_])
    found: Mapping[str, Any] | None = only(answer, "RouteTables")
    return found


def made(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """A table's routes to IPv4 ranges that somebody made: neither local nor propagated."""
    return [
        route
        for route in found["Routes"]
        if route.get("DestinationCidrBlock") and route.get("Origin") == "CreateRoute"
    ]


def shown(aws: Aws, found: Mapping[str, Any]) -> Props:
    """The properties of a table."""
    id_, owner = found["RouteTableId"], found["OwnerId"]
    return {
        "arn": aws.arn(f"route-table/{id_}", owner),
        "ownerId": owner,
        "routes": [{"cidrBlock": r["DestinationCidrBlock"]} | of(r) for r in made(found)],
        "tags": tags.shown(found.get("Tags")),
        "vpcId": found["VpcId"],
    }


def hold(aws: Aws, id_: str, wanted: list[Props], state: list[Props]) -> bool:
    """Bring a table's routes from `state` to exactly `wanted`; answer whether that took a call."""
    goal = {route["cidrBlock"]: route for route in canonical(ROUTES, wanted)}
    there = {route["cidrBlock"]: route for route in canonical(ROUTES, state)}
    for cidr in there.keys() - goal.keys():
        aws.ec2.delete_route(RouteTableId=id_, DestinationCidrBlock=cidr)
    for cidr, route in goal.items():
        if route == there.get(cidr):
            continue
        call = aws.ec2.replace_route if cidr in there else aws.ec2.create_route
        call(RouteTableId=id_, DestinationCidrBlock=cidr, **target(route))
    return goal != there

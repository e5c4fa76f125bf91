"""aws:ec2transitgateway/routeTable:RouteTable."""

from collections.abc import Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, only, unless_gone
from infra.lab.provider.wire import Props


class RouteTable(Resource):
    """A table of a transit gateway: it judges what comes from the attachments put into it."""

    kind = "aws:ec2transitgateway/routeTable:RouteTable"
    props = {"transitGatewayId": Prop(replace=True, required=True), "tags": TAGS}
    outputs = ("arn", "defaultAssociationRouteTable", "defaultPropagationRouteTable")

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateTransitGatewayRouteTable."""
        made = aws.ec2.create_transit_gateway_route_table(
            TransitGatewayId=want["transitGatewayId"],
            TagSpecifications=[
                {"ResourceType": "transit-gateway-route-table", "Tags": tags.as_list(marks)}
            ],
        )
        return str(made["TransitGatewayRouteTable"]["TransitGatewayRouteTableId"])

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The table, unless it is going."""
        answer = unless_gone(
            aws.ec2.describe_transit_gateway_route_tables, TransitGatewayRouteTableIds=[id_]
        )
        found = only(answer, "TransitGatewayRouteTables")
        if found is None or found["State"] in ("deleting", "deleted"):
            return None
        return {
            "arn": aws.arn(f"transit-gateway-route-table/{id_}"),
            "defaultAssociationRouteTable": bool(found["DefaultAssociationRouteTable"]),
            "defaultPropagationRouteTable": bool(found["DefaultPropagationRouteTable"]),
            "tags": tags.shown(found.get("Tags")),
            "transitGatewayId": found["TransitGatewayId"],
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteTransitGatewayRouteTable."""
        unless_gone(aws.ec2.delete_transit_gateway_route_table, TransitGatewayRouteTableId=id_)


TYPE = RouteTable()

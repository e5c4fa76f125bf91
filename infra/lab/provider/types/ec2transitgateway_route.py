"""aws:ec2transitgateway/route:Route."""

from collections.abc import Mapping

from infra.lab.provider.aws import Aws
from infra.lab.provider.errors import Failed
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import Resource, unless_gone
from infra.lab.provider.wire import Props


class Route(Resource):
    """A static route of a transit gateway's table, known by table and destination."""

    kind = "aws:ec2transitgateway/route:Route"
    props = {
        "destinationCidrBlock": Prop(replace=True, required=True),
        "transitGatewayRouteTableId": Prop(replace=True, required=True),
        "transitGatewayAttachmentId": Prop(replace=True),
        "blackhole": Prop(kind="bool", replace=True, default=False),
    }
    natural = True
    delete_first = True

    def key(self, want: Props) -> str:
        """`transit route tgw-rtb-1 to 10.0.0.0/8`."""
        table = want["transitGatewayRouteTableId"]
        return f"transit route {table} to {want['destinationCidrBlock']}"

    def refusals(self, want: Props) -> list[tuple[str, str]]:
        """An attachment or a black hole."""
        if bool(want.get("transitGatewayAttachmentId")) != bool(want.get("blackhole")):
            return []
        return [("transitGatewayAttachmentId", "name an attachment, or say `blackhole`")]

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateTransitGatewayRoute."""
        table, cidr = want["transitGatewayRouteTableId"], want["destinationCidrBlock"]
        to = {"TransitGatewayAttachmentId": want.get("transitGatewayAttachmentId")}
        aws.ec2.create_transit_gateway_route(
            TransitGatewayRouteTableId=table,
            DestinationCidrBlock=cidr,
            **({"Blackhole": True} if want["blackhole"] else to),
        )
        return f"{table}_{cidr}"

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The route, found in its table by destination."""
        table, cidr = known["transitGatewayRouteTableId"], known["destinationCidrBlock"]
        wanted = [
            {"Name": "type", "Values": ["static"]},
            {"Name": "route-search.exact-match", "Values": [cidr]},
        ]
        answer = unless_gone(
            aws.ec2.search_transit_gateway_routes,
            TransitGatewayRouteTableId=table,
            Filters=wanted,
        )
        for route in answer["Routes"] if answer else []:
            hops = route.get("TransitGatewayAttachments") or [{}]
            there = hops[0].get("TransitGatewayAttachmentId", "")
            return {
                "id": f"{table}_{cidr}",
                "blackhole": not there,
                "destinationCidrBlock": cidr,
                "transitGatewayAttachmentId": there,
                "transitGatewayRouteTableId": table,
            }
        return None

    def imported(self, id_: str) -> Props:
        """`TABLEID_DESTINATION`, as Terraform has it."""
        table, _, cidr = id_.partition("_")
        if not cidr:
            raise Failed(f"a transit route is imported as TABLEID_DESTINATION, not {id_}")
        return {"transitGatewayRouteTableId": table, "destinationCidrBlock": cidr}

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteTransitGatewayRoute."""
        unless_gone(
            aws.ec2.delete_transit_gateway_route,
            TransitGatewayRouteTableId=known["transitGatewayRouteTableId"],
            DestinationCidrBlock=known["destinationCidrBlock"],
        )


TYPE = Route()

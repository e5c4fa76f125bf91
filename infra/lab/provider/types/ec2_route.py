"""aws:ec2/route:Route."""

import zlib
from collections.abc import Mapping

from infra.lab.provider.aws import Aws
from infra.lab.provider.errors import Failed
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import Resource, unless_gone
from infra.lab.provider.types import _routes
from infra.lab.provider.wire import Props


class Route(Resource):
    """One route of a table, known by table and destination."""

    kind = "aws:ec2/route:Route"
    props = {
        "routeTableId": Prop(replace=True, required=True),
        "destinationCidrBlock": Prop(replace=True, required=True),
        "gatewayId": Prop(),
        "networkInterfaceId": Prop(),
        "transitGatewayId": Prop(),
        "vpcPeeringConnectionId": Prop(),
    }
    outputs = ("instanceId", "instanceOwnerId", "origin", "state")
    natural = True
    delete_first = True

    def key(self, want: Props) -> str:
        """`rtb-1 to 10.0.0.0/8`."""
        return f"route {want['routeTableId']} to {want['destinationCidrBlock']}"

    def refusals(self, want: Props) -> list[tuple[str, str]]:
        """One next hop, no more and no fewer."""
        given = [name for name in _routes.TARGETS if want.get(name)]
        wrong = f"name exactly one next hop of {', '.join(_routes.TARGETS)}"
        return [] if len(given) == 1 else [("destinationCidrBlock", wrong)]

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateRoute."""
        table, cidr = want["routeTableId"], want["destinationCidrBlock"]
        aws.ec2.create_route(RouteTableId=table, DestinationCidrBlock=cidr, **_routes.target(want))
        return _id(table, cidr)

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """ReplaceRoute, when it leads elsewhere."""
        wanted = _routes.target(want)
        if wanted == _routes.target(state):
            return False
        cidr = want["destinationCidrBlock"]
        aws.ec2.replace_route(
            RouteTableId=want["routeTableId"], DestinationCidrBlock=cidr, **wanted
        )
        return True

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The route, found in its table by destination."""
        table, cidr = known["routeTableId"], known["destinationCidrBlock"]
        found = _routes.table(aws, table)
        for route in found["Routes"] if found else []:
            if route.get("DestinationCidrBlock") == cidr:
                return {
                    "id": _id(table, cidr),
                    "routeTableId": table,
                    "destinationCidrBlock": cidr,
                    **dict.fromkeys(_routes.TARGETS, ""),
                    **_routes.of(route),
                    "instanceId": route.get("InstanceId", ""),
                    "instanceOwnerId": route.get("InstanceOwnerId", ""),
                    "origin": route.get("Origin"),
                    "state": route.get("State"),
                }
        return None

    def imported(self, id_: str) -> Props:
        """`ROUTETABLEID_DESTINATION`, as Terraform has it."""
        table, _, cidr = id_.partition("_")
        if not cidr:
            raise Failed(f"a route is imported as ROUTETABLEID_DESTINATION, not {id_}")
        return {"routeTableId": table, "destinationCidrBlock": cidr}

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteRoute."""
        table, cidr = known["routeTableId"], known["destinationCidrBlock"]
        unless_gone(aws.ec2.delete_route, RouteTableId=table, DestinationCidrBlock=cidr)


def _id(table: str, cidr: str) -> str:
    return f"r-{table}{zlib.crc32(cidr.encode())}"


TYPE = Route()

"""aws:ec2/routeTable:RouteTable."""

from collections.abc import Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, unless_gone
from infra.lab.provider.types import _routes
from infra.lab.provider.wire import Props


class RouteTable(Resource):
    """A route table; without inline `routes` its routes are left to Route resources."""

    kind = "aws:ec2/routeTable:RouteTable"
    props = {
        "vpcId": Prop(replace=True, required=True),
        "routes": _routes.ROUTES,
        "tags": TAGS,
    }
    outputs = ("arn", "ownerId")

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateRouteTable."""
        marked = [{"ResourceType": "route-table", "Tags": tags.as_list(marks)}]
        made = aws.ec2.create_route_table(VpcId=want["vpcId"], TagSpecifications=marked)
        return str(made["RouteTable"]["RouteTableId"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Inline routes, if they are given."""
        wanted = want.get("routes")
        return wanted is not None and _routes.hold(aws, id_, wanted, state["routes"])

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The table."""
        found = _routes.table(aws, id_)
        return _routes.shown(aws, found) if found else None

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteRouteTable, once no subnet uses it."""
        for association in (_routes.table(aws, id_) or {}).get("Associations", []):
            unless_gone(
                aws.ec2.disassociate_route_table,
                AssociationId=association["RouteTableAssociationId"],
            )
        unless_gone(aws.ec2.delete_route_table, RouteTableId=id_)


TYPE = RouteTable()

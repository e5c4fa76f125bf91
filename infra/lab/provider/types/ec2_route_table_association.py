"""aws:ec2/routeTableAssociation:RouteTableAssociation."""

from collections.abc import Mapping
from typing import Any

from infra.lab.provider.aws import Aws
from infra.lab.provider.errors import Failed
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import Resource, only, unless_gone
from infra.lab.provider.wire import Props


class RouteTableAssociation(Resource):
    """A subnet's route table. A subnet has one, so the subnet is its key.

    AWS gives the association a new id whenever the table changes, while the engine keeps the id
    of the creation: it is therefore always looked up by its subnet.
    """

    kind = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    props = {
        "routeTableId": Prop(required=True),
        "subnetId": Prop(required=True, replace=True),
    }
    natural = True
    delete_first = True

    def key(self, want: Props) -> str:
        """The subnet."""
        return f"a route table association of {want['subnetId']}"

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """AssociateRouteTable."""
        made = aws.ec2.associate_route_table(
            RouteTableId=want["routeTableId"], SubnetId=want["subnetId"]
        )
        return str(made["AssociationId"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """ReplaceRouteTableAssociation, when it is another table."""
        if want["routeTableId"] == state["routeTableId"]:
            return False
        aws.ec2.replace_route_table_association(
            AssociationId=state["id"], RouteTableId=want["routeTableId"]
        )
        return True

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The subnet's association."""
        name, value = (
            ("association.subnet-id", known["subnetId"])
            if known.get("subnetId")
            else ("association.route-table-association-id", id_)
        )
        answer = aws.ec2.describe_route_tables(Filters=[{"Name": name, "Values": [value]}])
        table: dict[str, Any] = only(answer, "RouteTables") or {}
        for association in table.get("Associations", []):
            if value in (association.get("SubnetId"), association["RouteTableAssociationId"]):
                return {
                    "id": association["RouteTableAssociationId"],
                    "routeTableId": table["RouteTableId"],
                    "subnetId": association.get("SubnetId"),
                }
        return None

    def imported(self, id_: str) -> Props:
        """`SUBNETID/ROUTETABLEID`, as Terraform has it."""
        subnet, _, table = id_.partition("/")
        if not table:
            raise Failed(f"an association is imported as SUBNETID/ROUTETABLEID, not {id_}")
        return {"subnetId": subnet, "routeTableId": table}

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DisassociateRouteTable, unless the subnet has been given another table since."""
        state = self.read(aws, id_, known)
        if state and state["routeTableId"] == known["routeTableId"]:
            unless_gone(aws.ec2.disassociate_route_table, AssociationId=state["id"])


TYPE = RouteTableAssociation()

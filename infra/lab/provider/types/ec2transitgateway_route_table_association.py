"""aws:ec2transitgateway/routeTableAssociation:RouteTableAssociation."""

from collections.abc import Mapping
from typing import Any

from infra.lab.provider.aws import Aws
from infra.lab.provider.errors import Failed
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import Resource, only, unless_gone
from infra.lab.provider.wire import Props


class RouteTableAssociation(Resource):
    """The table that judges what comes from an attachment. An attachment is in one at most."""

    kind = "aws:ec2transitgateway/routeTableAssociation:RouteTableAssociation"
    props = {
        "transitGatewayAttachmentId": Prop(replace=True, required=True),
        "transitGatewayRouteTableId": Prop(replace=True, required=True),
        "replaceExistingAssociation": Prop(kind="bool", default=False),
    }
    outputs = ("resourceId", "resourceType")
    natural = True
    delete_first = True

    def key(self, want: Props) -> str:
        """The attachment."""
        return f"a transit table association of {want['transitGatewayAttachmentId']}"

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """AssociateTransitGatewayRouteTable."""
        table, attachment = _ends(want)
        aws.ec2.associate_transit_gateway_route_table(
            TransitGatewayRouteTableId=table, TransitGatewayAttachmentId=attachment
        )
        return f"{table}_{attachment}"

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The attachment's association."""
        found = _attachment(aws, known["transitGatewayAttachmentId"])
        link = (found or {}).get("Association") or {}
        table = link.get("TransitGatewayRouteTableId")
        if found is None or not table or link.get("State") != "associated":
            return None
        if id_ and table != known["transitGatewayRouteTableId"]:
            return None  # it was put into another table since
        return {
            "id": f"{table}_{known['transitGatewayAttachmentId']}",
            "replaceExistingAssociation": known.get("replaceExistingAssociation", False),
            "resourceId": found["ResourceId"],
            "resourceType": found["ResourceType"],
            "transitGatewayAttachmentId": known["transitGatewayAttachmentId"],
            "transitGatewayRouteTableId": table,
        }

    def imported(self, id_: str) -> Props:
        """`TABLEID_ATTACHMENTID`, as Terraform has it."""
        table, _, attachment = id_.partition("_")
        if not attachment:
            raise Failed(f"an association is imported as TABLEID_ATTACHMENTID, not {id_}")
        return {"transitGatewayAttachmentId": attachment, "transitGatewayRouteTableId": table}

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DisassociateTransitGatewayRouteTable, unless it is in another table since."""
        if self.read(aws, id_, known):
            table, attachment = _ends(known)
            unless_gone(
                aws.ec2.disassociate_transit_gateway_route_table,
                TransitGatewayRouteTableId=table,
                TransitGatewayAttachmentId=attachment,
            )


def _ends(props: Props) -> tuple[str, str]:
    return props["transitGatewayRouteTableId"], props["transitGatewayAttachmentId"]


def _attachment(aws: Aws, id_: str) -> Mapping[str, Any] | None:
    answer = unless_gone(
        aws.ec2.describe_transit_gateway_attachments, TransitGatewayAttachmentIds=[id_]
    )
    found: Mapping[str, Any] | None = only(answer, "TransitGatewayAttachments")
    return found


TYPE = RouteTableAssociation()

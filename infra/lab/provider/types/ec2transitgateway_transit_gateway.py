"""aws:ec2transitgateway/transitGateway:TransitGateway."""

from collections.abc import Mapping
from typing import Any

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, only, unless_gone
from infra.lab.provider.wire import Props

_OPTIONS = {
    "autoAcceptSharedAttachments": ("AutoAcceptSharedAttachments", "disable"),
    "defaultRouteTableAssociation": ("DefaultRouteTableAssociation", "enable"),
    "defaultRouteTablePropagation": ("DefaultRouteTablePropagation", "enable"),
    "dnsSupport": ("DnsSupport", "enable"),
    "securityGroupReferencingSupport": ("SecurityGroupReferencingSupport", "disable"),
    "vpnEcmpSupport": ("VpnEcmpSupport", "enable"),
}
"""Property name -> the API's name, and AWS's default."""


class TransitGateway(Resource):
    """A router between VPCs. Its options change in place."""

    kind = "aws:ec2transitgateway/transitGateway:TransitGateway"
    props = {
        "description": Prop(),
        **{name: Prop(default=default) for name, (_, default) in _OPTIONS.items()},
        "tags": TAGS,
    }
    outputs = (
        "amazonSideAsn",
        "arn",
        "associationDefaultRouteTableId",
        "ownerId",
        "propagationDefaultRouteTableId",
    )

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateTransitGateway."""
        made = aws.ec2.create_transit_gateway(
            Options={theirs: want[ours] for ours, (theirs, _) in _OPTIONS.items()},
            TagSpecifications=[{"ResourceType": "transit-gateway", "Tags": tags.as_list(marks)}],
            **({"Description": want["description"]} if want.get("description") else {}),
        )
        return str(made["TransitGateway"]["TransitGatewayId"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """ModifyTransitGateway."""
        change: dict[str, Any] = {}
        if (want.get("description") or "") != state["description"]:
            change["Description"] = want.get("description") or ""
        options = {
            theirs: want[ours]
            for ours, (theirs, _) in _OPTIONS.items()
            if want[ours] != state[ours]
        }
        if options:
            change["Options"] = options
        if change:
            aws.ec2.modify_transit_gateway(TransitGatewayId=id_, **change)
        return bool(change)

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The gateway, unless it is going."""
        answer = unless_gone(aws.ec2.describe_transit_gateways, TransitGatewayIds=[id_])
        found = only(answer, "TransitGateways")
        if found is None or found["State"] in ("deleting", "deleted"):
            return None
        options = found["Options"]
        return {
            **{ours: options.get(theirs, default) for ours, (theirs, default) in _OPTIONS.items()},
            "amazonSideAsn": int(options.get("AmazonSideAsn", 64512)),
            "arn": found["TransitGatewayArn"],
            "associationDefaultRouteTableId": options.get("AssociationDefaultRouteTableId", ""),
            "description": found.get("Description") or "",
            "ownerId": found["OwnerId"],
            "propagationDefaultRouteTableId": options.get("PropagationDefaultRouteTableId", ""),
            "tags": tags.shown(found.get("Tags")),
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteTransitGateway."""
        unless_gone(aws.ec2.delete_transit_gateway, TransitGatewayId=id_)


TYPE = TransitGateway()

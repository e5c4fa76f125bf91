"""aws:ec2transitgateway/vpcAttachment:VpcAttachment."""

from collections.abc import Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, only, unless_gone
from infra.lab.provider.wire import Props

_OPTIONS = {
    "applianceModeSupport": ("ApplianceModeSupport", "disable"),
    "dnsSupport": ("DnsSupport", "enable"),
    "ipv6Support": ("Ipv6Support", "disable"),
    "securityGroupReferencingSupport": ("SecurityGroupReferencingSupport", "disable"),
}
_DEFAULT = "transitGatewayDefaultRouteTable"
_LIVE = ("initiating", "initiatingRequest", "pending", "pendingAcceptance", "available")


class VpcAttachment(Resource):
    """A VPC's attachment to a transit gateway, by a subnet in each zone.

    Whether it joins the gateway's default tables is the gateway's to say in the lab: the two
    properties about it are taken where they agree with that.
    """

    kind = "aws:ec2transitgateway/vpcAttachment:VpcAttachment"
    props = {
        "transitGatewayId": Prop(replace=True, required=True),
        "vpcId": Prop(replace=True, required=True),
        "subnetIds": Prop(kind="strings", required=True),
        **{name: Prop(default=default) for name, (_, default) in _OPTIONS.items()},
        f"{_DEFAULT}Association": Prop(kind="bool", default=True),
        f"{_DEFAULT}Propagation": Prop(kind="bool", default=True),
        "tags": TAGS,
    }
    outputs = ("arn", "vpcOwnerId")
    delete_first = True  # a VPC is attached once

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateTransitGatewayVpcAttachment."""
        made = aws.ec2.create_transit_gateway_vpc_attachment(
            TransitGatewayId=want["transitGatewayId"],
            VpcId=want["vpcId"],
            SubnetIds=want["subnetIds"],
            Options={theirs: want[ours] for ours, (theirs, _) in _OPTIONS.items()},
            TagSpecifications=[
                {"ResourceType": "transit-gateway-attachment", "Tags": tags.as_list(marks)}
            ],
        )
        return str(made["TransitGatewayVpcAttachment"]["TransitGatewayAttachmentId"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """ModifyTransitGatewayVpcAttachment."""
        add = sorted(set(want["subnetIds"]) - set(state["subnetIds"]))
        drop = sorted(set(state["subnetIds"]) - set(want["subnetIds"]))
        options = {
            theirs: want[ours]
            for ours, (theirs, _) in _OPTIONS.items()
            if want[ours] != state[ours]
        }
        parts = {"AddSubnetIds": add, "RemoveSubnetIds": drop, "Options": options}
        change = {name: value for name, value in parts.items() if value}
        if change:
            aws.ec2.modify_transit_gateway_vpc_attachment(TransitGatewayAttachmentId=id_, **change)
        return bool(change)

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The attachment, unless it is going."""
        answer = unless_gone(
            aws.ec2.describe_transit_gateway_vpc_attachments, TransitGatewayAttachmentIds=[id_]
        )
        found = only(answer, "TransitGatewayVpcAttachments")
        if found is None or found["State"] not in _LIVE:
            return None
        options = found.get("Options") or {}
        return {
            **{ours: options.get(theirs, default) for ours, (theirs, default) in _OPTIONS.items()},
            f"{_DEFAULT}Association": known.get(f"{_DEFAULT}Association", True),
            f"{_DEFAULT}Propagation": known.get(f"{_DEFAULT}Propagation", True),
            "arn": aws.arn(f"transit-gateway-attachment/{id_}", found["VpcOwnerId"]),
            "subnetIds": sorted(found["SubnetIds"]),
            "tags": tags.shown(found.get("Tags")),
            "transitGatewayId": found["TransitGatewayId"],
            "vpcId": found["VpcId"],
            "vpcOwnerId": found["VpcOwnerId"],
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteTransitGatewayVpcAttachment."""
        unless_gone(aws.ec2.delete_transit_gateway_vpc_attachment, TransitGatewayAttachmentId=id_)


TYPE = VpcAttachment()

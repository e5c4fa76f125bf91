"""aws:ec2/internetGateway:InternetGateway."""

from collections.abc import Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, only, unless_gone
from infra.lab.provider.wire import Props


class InternetGateway(Resource):
    """An internet gateway, attached to one VPC or to none."""

    kind = "aws:ec2/internetGateway:InternetGateway"
    props = {"vpcId": Prop(computed=True), "tags": TAGS}
    outputs = ("arn", "ownerId")

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateInternetGateway; `settle` attaches it."""
        marked = [{"ResourceType": "internet-gateway", "Tags": tags.as_list(marks)}]
        made = aws.ec2.create_internet_gateway(TagSpecifications=marked)
        return str(made["InternetGateway"]["InternetGatewayId"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Detach it from another VPC and attach it to the wanted one."""
        wanted = want.get("vpcId")
        if not wanted or wanted == state["vpcId"]:
            return False
        if state["vpcId"]:
            aws.ec2.detach_internet_gateway(InternetGatewayId=id_, VpcId=state["vpcId"])
        aws.ec2.attach_internet_gateway(InternetGatewayId=id_, VpcId=wanted)
        return True

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The gateway and where it is attached ("" for nowhere)."""
        answer = unless_gone(aws.ec2.describe_internet_gateways, InternetGatewayIds=[id_])
        gateway = only(answer, "InternetGateways")
        return gateway and {
            "arn": aws.arn(f"internet-gateway/{id_}", gateway["OwnerId"]),
            "ownerId": gateway["OwnerId"],
            "tags": tags.shown(gateway.get("Tags")),
            "vpcId": (only(gateway, "Attachments") or {}).get("VpcId", ""),
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """Detach, then DeleteInternetGateway."""
        state = self.read(aws, id_, known)
        if state and state["vpcId"]:
            aws.ec2.detach_internet_gateway(InternetGatewayId=id_, VpcId=state["vpcId"])
        unless_gone(aws.ec2.delete_internet_gateway, InternetGatewayId=id_)


TYPE = InternetGateway()

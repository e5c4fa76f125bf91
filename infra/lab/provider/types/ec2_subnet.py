"""aws:ec2/subnet:Subnet."""

from collections.abc import Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, only, unless_gone
from infra.lab.provider.wire import Props

_PLACE = {"availabilityZone": "AvailabilityZone", "availabilityZoneId": "AvailabilityZoneId"}


class Subnet(Resource):
    """A subnet with one IPv4 range."""

    kind = "aws:ec2/subnet:Subnet"
    props = {
        "vpcId": Prop(replace=True, required=True),
        "cidrBlock": Prop(replace=True, required=True),
        "availabilityZone": Prop(replace=True, computed=True),
        "availabilityZoneId": Prop(replace=True, computed=True),
        "mapPublicIpOnLaunch": Prop(kind="bool", default=False),
        "tags": TAGS,
    }
    outputs = ("arn", "ownerId")
    delete_first = True  # two subnets of one range cannot stand in a VPC

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateSubnet."""
        place = {theirs: want[ours] for ours, theirs in _PLACE.items() if want.get(ours)}
        made = aws.ec2.create_subnet(
            VpcId=want["vpcId"],
            CidrBlock=want["cidrBlock"],
            TagSpecifications=[{"ResourceType": "subnet", "Tags": tags.as_list(marks)}],
            **place,
        )
        return str(made["Subnet"]["SubnetId"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Whether instances get a public address."""
        wanted = want["mapPublicIpOnLaunch"]
        if wanted == state["mapPublicIpOnLaunch"]:
            return False
        aws.ec2.modify_subnet_attribute(SubnetId=id_, MapPublicIpOnLaunch={"Value": wanted})
        return True

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The subnet."""
        subnet = only(unless_gone(aws.ec2.describe_subnets, SubnetIds=[id_]), "Subnets")
        return subnet and {
            "arn": subnet["SubnetArn"],
            "availabilityZone": subnet["AvailabilityZone"],
            "availabilityZoneId": subnet["AvailabilityZoneId"],
            "cidrBlock": subnet["CidrBlock"],
            "mapPublicIpOnLaunch": subnet["MapPublicIpOnLaunch"],
            "ownerId": subnet["OwnerId"],
            "tags": tags.shown(subnet.get("Tags")),
            "vpcId": subnet["VpcId"],
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteSubnet."""
        unless_gone(aws.ec2.delete_subnet, SubnetId=id_)


TYPE = Subnet()

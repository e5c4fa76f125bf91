"""aws:ec2/eip:Eip."""

from collections.abc import Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, only, unless_gone
from infra.lab.provider.wire import Props


class Eip(Resource):
    """A public address of the account; given to an instance by an EipAssociation."""

    kind = "aws:ec2/eip:Eip"
    props = {
        "address": Prop(replace=True, computed=True),
        "domain": Prop(replace=True, computed=True),
        "tags": TAGS,
    }
    outputs = (
        "allocationId",
        "arn",
        "associationId",
        "instance",
        "networkInterface",
        "privateIp",
        "publicIp",
    )
    delete_first = True  # one address cannot be allocated twice

    def refusals(self, want: Props) -> list[tuple[str, str]]:
        """There is but one domain."""
        wrong = want.get("domain", "vpc") != "vpc" and isinstance(want["domain"], str)
        return [("domain", "must be `vpc`")] if wrong else []

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """AllocateAddress, a certain one if `address` is given."""
        made = aws.ec2.allocate_address(
            Domain="vpc",
            TagSpecifications=[{"ResourceType": "elastic-ip", "Tags": tags.as_list(marks)}],
            **({"Address": want["address"]} if want.get("address") else {}),
        )
        return str(made["AllocationId"])

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The address and what has it ("" for nothing)."""
        found = only(unless_gone(aws.ec2.describe_addresses, AllocationIds=[id_]), "Addresses")
        return found and {
            "address": found["PublicIp"],
            "allocationId": id_,
            "arn": aws.arn(f"elastic-ip/{id_}"),
            "associationId": found.get("AssociationId", ""),
            "domain": "vpc",
            "instance": found.get("InstanceId", ""),
            "networkInterface": found.get("NetworkInterfaceId", ""),
            "privateIp": found.get("PrivateIpAddress", ""),
            "publicIp": found["PublicIp"],
            "tags": tags.shown(found.get("Tags")),
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """ReleaseAddress."""
        unless_gone(aws.ec2.release_address, AllocationId=id_)


TYPE = Eip()

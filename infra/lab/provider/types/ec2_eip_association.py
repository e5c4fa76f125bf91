"""aws:ec2/eipAssociation:EipAssociation."""

from collections.abc import Mapping

from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import Resource, only, unless_gone
from infra.lab.provider.wire import Props

_TO = {
    "instanceId": "InstanceId",
    "networkInterfaceId": "NetworkInterfaceId",
    "privateIpAddress": "PrivateIpAddress",
    "allowReassociation": "AllowReassociation",
}


class EipAssociation(Resource):
    """A public address given to an instance or interface, known by the address's allocation."""

    kind = "aws:ec2/eipAssociation:EipAssociation"
    props = {
        "allocationId": Prop(replace=True, required=True),
        "instanceId": Prop(replace=True, computed=True),
        "networkInterfaceId": Prop(replace=True, computed=True),
        "privateIpAddress": Prop(replace=True, computed=True),
        "allowReassociation": Prop(kind="bool", replace=True),
    }
    outputs = ("publicIp",)
    natural = True
    delete_first = True

    def key(self, want: Props) -> str:
        """The allocation."""
        return f"an association of {want['allocationId']}"

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """AssociateAddress."""
        to = {theirs: want[ours] for ours, theirs in _TO.items() if want.get(ours) is not None}
        made = aws.ec2.associate_address(AllocationId=want["allocationId"], **to)
        return str(made["AssociationId"])

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The allocation's association, or the one of this id."""
        found = only(self._address(aws, id_, known), "Addresses")
        return (
            found
            and found.get("AssociationId")
            and {
                "id": found["AssociationId"],
                "allocationId": found["AllocationId"],
                "instanceId": found.get("InstanceId", ""),
                "networkInterfaceId": found.get("NetworkInterfaceId", ""),
                "privateIpAddress": found.get("PrivateIpAddress", ""),
                "publicIp": found["PublicIp"],
            }
        )

    def _address(self, aws: Aws, id_: str, known: Props) -> Props | None:
        if known.get("allocationId"):
            wanted = {"AllocationIds": [known["allocationId"]]}
        else:
            wanted = {"Filters": [{"Name": "association-id", "Values": [id_]}]}
        answer: Props | None = unless_gone(aws.ec2.describe_addresses, **wanted)
        return answer

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DisassociateAddress."""
        unless_gone(aws.ec2.disassociate_address, AssociationId=id_)


TYPE = EipAssociation()

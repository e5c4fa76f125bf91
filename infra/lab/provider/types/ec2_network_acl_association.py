"""aws:ec2/networkAclAssociation:NetworkAclAssociation."""

from collections.abc import Mapping
from typing import Any

from infra.lab.provider.aws import Aws
from infra.lab.provider.errors import Failed
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import Resource, only, unless_gone
from infra.lab.provider.types import _acl
from infra.lab.provider.wire import Props


class NetworkAclAssociation(Resource):
    """A subnet's ACL. Every subnet has one at all times, so making it takes over what is there;
    each taking-over gives a new id, so that deleting a predecessor touches nothing."""

    kind = "aws:ec2/networkAclAssociation:NetworkAclAssociation"
    props = {
        "networkAclId": Prop(replace=True, required=True),
        "subnetId": Prop(replace=True, required=True),
    }
    adopts = True

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """ReplaceNetworkAclAssociation of the association that the subnet has."""
        there = _association(aws, "association.subnet-id", want["subnetId"])
        if there is None:
            raise Failed(f"subnet {want['subnetId']} does not exist")
        made = aws.ec2.replace_network_acl_association(
            AssociationId=there["NetworkAclAssociationId"], NetworkAclId=want["networkAclId"]
        )
        return str(made["NewAssociationId"])

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The association of this id."""
        found = _association(aws, "association.association-id", id_)
        if found is None:
            return None
        return {"networkAclId": found["NetworkAclId"], "subnetId": found["SubnetId"]}

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """Give the subnet back to its VPC's default ACL, if this association still holds."""
        there = _association(aws, "association.association-id", id_)
        acl = _acl.acl(aws, there["NetworkAclId"]) if there else None
        default = _acl.default_of(aws, acl["VpcId"]) if acl else None
        if default:
            call = aws.ec2.replace_network_acl_association
            unless_gone(call, AssociationId=id_, NetworkAclId=default)


def _association(aws: Aws, name: str, value: str) -> Mapping[str, Any] | None:
    answer = aws.ec2.describe_network_acls(Filters=[{"Name": name, "Values": [value]}])
    for link in (only(answer, "NetworkAcls") or {}).get("Associations", []):
        if value in (link["SubnetId"], link["NetworkAclAssociationId"]):
            found: Mapping[str, Any] = link
            return found
    return None


TYPE = NetworkAclAssociation()

"""aws:ec2/networkAcl:NetworkAcl."""

from collections.abc import Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, unless_gone
from infra.lab.provider.types import _acl
from infra.lab.provider.wire import Props

_INLINE = Prop(kind="objects", computed=True, fields=_acl.FIELDS)


class NetworkAcl(Resource):
    """A network ACL; without inline rules its rules are left to rule resources.

    Its subnets are left to NetworkAclAssociation: `subnetIds` is answered, and not accepted.
    """

    kind = "aws:ec2/networkAcl:NetworkAcl"
    props = {
        "vpcId": Prop(replace=True, required=True),
        "ingress": _INLINE,
        "egress": _INLINE,
        "tags": TAGS,
    }
    outputs = ("arn", "ownerId", "subnetIds")

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateNetworkAcl: a new one lets nothing pass."""
        marked = [{"ResourceType": "network-acl", "Tags": tags.as_list(marks)}]
        made = aws.ec2.create_network_acl(VpcId=want["vpcId"], TagSpecifications=marked)
        return str(made["NetworkAcl"]["NetworkAclId"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Inline rules of the sides that are given."""
        done = False
        for side in ("ingress", "egress"):
            if want.get(side) is not None:
                held = _acl.hold(aws, id_, side == "egress", want[side], state[side])
                done = held or done
        return done

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The ACL with its entries and subnets."""
        found = _acl.acl(aws, id_)
        return _acl.shown(aws, found) if found else None

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteNetworkAcl; subnets that still have it go back to the VPC's default first."""
        state = self.read(aws, id_, known)
        if state and state["subnetIds"] and (default := _acl.default_of(aws, state["vpcId"])):
            _acl.assign(aws, default, state["subnetIds"])
        unless_gone(aws.ec2.delete_network_acl, NetworkAclId=id_)


TYPE = NetworkAcl()

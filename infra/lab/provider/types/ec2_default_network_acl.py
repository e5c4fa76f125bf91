"""aws:ec2/defaultNetworkAcl:DefaultNetworkAcl."""

from collections.abc import Mapping

from infra.lab.provider.aws import Aws
from infra.lab.provider.errors import Failed
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource
from infra.lab.provider.types import _acl
from infra.lab.provider.wire import Props

_INLINE = Prop(kind="objects", fields=_acl.FIELDS)


class DefaultNetworkAcl(Resource):
    """A VPC's default ACL, taken over: it holds exactly the given rules, none if none is given."""

    kind = "aws:ec2/defaultNetworkAcl:DefaultNetworkAcl"
    props = {
        "defaultNetworkAclId": Prop(replace=True, required=True),
        "ingress": _INLINE,
        "egress": _INLINE,
        "tags": TAGS,
    }
    outputs = ("arn", "ownerId", "subnetIds", "vpcId")
    adopts = True

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """Take it over; `settle` empties it."""
        id_ = str(want["defaultNetworkAclId"])
        found = _acl.acl(aws, id_)
        if found is None or not found["IsDefault"]:
            raise Failed(f"network ACL {id_} does not exist, or is not a VPC's default")
        return id_

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Exactly the given rules."""
        done = _acl.hold(aws, id_, False, want.get("ingress") or [], state["ingress"])
        return _acl.hold(aws, id_, True, want.get("egress") or [], state["egress"]) or done

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The ACL with its entries and subnets."""
        found = _acl.acl(aws, id_)
        return {**_acl.shown(aws, found), "defaultNetworkAclId": id_} if found else None

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """Only forget it: a default ACL goes with its VPC."""


TYPE = DefaultNetworkAcl()

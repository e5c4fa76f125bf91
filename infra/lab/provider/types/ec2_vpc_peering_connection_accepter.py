"""aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter."""

from collections.abc import Mapping

from infra.lab.provider.aws import Aws
from infra.lab.provider.errors import Failed
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource
from infra.lab.provider.types import _peering
from infra.lab.provider.wire import Props


class VpcPeeringConnectionAccepter(Resource):
    """The accepter's end of a peering, usually through the provider of another account."""

    kind = "aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter"
    props = {
        "vpcPeeringConnectionId": Prop(replace=True, required=True),
        "autoAccept": Prop(kind="bool", default=False),
        "accepter": _peering.OPTIONS,
        "requester": _peering.OPTIONS,
        "tags": TAGS,
    }
    outputs = ("acceptStatus", "peerOwnerId", "peerRegion", "peerVpcId", "vpcId")
    adopts = True

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """Take over a peering that somebody has asked for."""
        id_ = str(want["vpcPeeringConnectionId"])
        if _peering.connection(aws, id_) is None:
            raise Failed(f"peering {id_} does not exist, or is over")
        return id_

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Accept it, and set its options."""
        accepted = _peering.accept(aws, id_, want, state)
        return _peering.set_options(aws, id_, want, state) or accepted

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The peering as the accepter sees it: the requester is the peer."""
        found = _peering.connection(aws, id_)
        if found is None:
            return None
        peer = found["RequesterVpcInfo"]
        return {
            **_peering.shown(found),
            "vpcPeeringConnectionId": id_,
            "vpcId": found["AccepterVpcInfo"]["VpcId"],
            "peerVpcId": peer["VpcId"],
            "peerOwnerId": peer["OwnerId"],
            "peerRegion": peer.get("Region", aws.region),
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """Only forget it: the requester deletes the peering."""


TYPE = VpcPeeringConnectionAccepter()

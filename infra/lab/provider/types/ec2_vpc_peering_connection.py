"""aws:ec2/vpcPeeringConnection:VpcPeeringConnection."""

from collections.abc import Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, unless_gone
from infra.lab.provider.types import _peering
from infra.lab.provider.wire import Props

_PEER = {"peerOwnerId": "PeerOwnerId", "peerRegion": "PeerRegion"}


class VpcPeeringConnection(Resource):
    """The requester's end of a peering."""

    kind = "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"
    props = {
        "vpcId": Prop(replace=True, required=True),
        "peerVpcId": Prop(replace=True, required=True),
        "peerOwnerId": Prop(replace=True, computed=True),
        "peerRegion": Prop(replace=True, computed=True),
        "autoAccept": Prop(kind="bool", default=False),
        "accepter": _peering.OPTIONS,
        "requester": _peering.OPTIONS,
        "tags": TAGS,
    }
    outputs = ("acceptStatus",)
    delete_first = True  # one peering between two VPCs

    def refusals(self, want: Props) -> list[tuple[str, str]]:
        """Another region's end must be accepted there."""
        wrong = want.get("autoAccept") is True and want.get("peerRegion")
        return [("autoAccept", "cannot be set together with peerRegion")] if wrong else []

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateVpcPeeringConnection."""
        made = aws.ec2.create_vpc_peering_connection(
            VpcId=want["vpcId"],
            PeerVpcId=want["peerVpcId"],
            TagSpecifications=[
                {"ResourceType": "vpc-peering-connection", "Tags": tags.as_list(marks)}
            ],
            **{theirs: want[ours] for ours, theirs in _PEER.items() if want.get(ours)},
        )
        return str(made["VpcPeeringConnection"]["VpcPeeringConnectionId"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Accept it, and set its options."""
        accepted = _peering.accept(aws, id_, want, state)
        return _peering.set_options(aws, id_, want, state) or accepted

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The peering as the requester sees it."""
        found = _peering.connection(aws, id_)
        if found is None:
            return None
        peer = found["AccepterVpcInfo"]
        return {
            **_peering.shown(found),
            "vpcId": found["RequesterVpcInfo"]["VpcId"],
            "peerVpcId": peer["VpcId"],
            "peerOwnerId": peer["OwnerId"],
            "peerRegion": peer.get("Region", aws.region),
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteVpcPeeringConnection, unless it is over already."""
        if _peering.connection(aws, id_):
            unless_gone(aws.ec2.delete_vpc_peering_connection, VpcPeeringConnectionId=id_)


TYPE = VpcPeeringConnection()

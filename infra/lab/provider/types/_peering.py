"""What both ends of a peering have in common."""

from collections.abc import Mapping
from typing import Any, Final

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import only, unless_gone
from infra.lab.provider.wire import Props

_DNS = "allowRemoteVpcDnsResolution"
OPTIONS: Final = Prop(kind="object", computed=True, fields={_DNS: Prop(kind="bool", default=False)})
"""`accepter` and `requester`: whether names resolve to private addresses across the peering."""

_LIVE = ("initiating-request", "pending-acceptance", "provisioning", "active")
_SIDES = {"accepter": "AccepterVpcInfo", "requester": "RequesterVpcInfo"}
_CALL = {
    "accepter": "AccepterPeeringConnectionOptions",
    "requester": "RequesterPeeringConnectionOptions",
}


def connection(aws: Aws, id_: str) -> Mapping[str, Any] | None:
    """The peering, unless it is refused, expired or deleted."""
    answer = unless_gone(aws.ec2.describe_vpc_peering_connections, VpcPeeringConnectionIds=[id_])
    found: Mapping[str, Any] | None = only(answer, "VpcPeeringConnections")
    return found if found and found["Status"]["Code"] in _LIVE else None


def shown(found: Mapping[str, Any]) -> Props:
    """Properties that do not depend on which end asks. `autoAccept` is not AWS's to say."""
    return {
        "acceptStatus": found["Status"]["Code"],
        "tags": tags.shown(found.get("Tags")),
        **{side: _options(found[info]) for side, info in _SIDES.items()},
    }


def _options(info: Mapping[str, Any]) -> Props:
    said = info.get("PeeringOptions") or {}
    return {_DNS: bool(said.get("AllowDnsResolutionFromRemoteVpc", False))}


def accept(aws: Aws, id_: str, want: Props, state: Props) -> bool:
    """Accept it if that is wanted and still to be done."""
    if not (want.get("autoAccept") and state["acceptStatus"] == "pending-acceptance"):
        return False
    aws.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=id_)
    return True


def set_options(aws: Aws, id_: str, want: Props, state: Props) -> bool:
    """Set the DNS options that are given and differ."""
    change = {}
    for side, name in _CALL.items():
        wanted = want.get(side)
        if wanted is not None and bool(wanted.get(_DNS)) != state[side][_DNS]:
            change[name] = {"AllowDnsResolutionFromRemoteVpc": bool(wanted.get(_DNS))}
    if change:
        aws.ec2.modify_vpc_peering_connection_options(VpcPeeringConnectionId=id_, **change)
    return bool(change)

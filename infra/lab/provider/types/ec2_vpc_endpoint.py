"""aws:ec2/vpcEndpoint:VpcEndpoint, of the interface kind."""

from collections.abc import Mapping
from typing import Any

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, only, unless_gone
from infra.lab.provider.wire import Props, is_unknown

_LIVE = ("pendingacceptance", "pending", "available")
_WISH = {"subnetId": Prop(required=True), "ipv4": Prop(computed=True)}


class VpcEndpoint(Resource):
    """An interface endpoint with its addresses, and the security groups that hold for it."""

    kind = "aws:ec2/vpcEndpoint:VpcEndpoint"
    props = {
        "vpcId": Prop(replace=True, required=True),
        "serviceName": Prop(replace=True, computed=True),
        "vpcEndpointType": Prop(replace=True, default="Gateway"),
        "subnetIds": Prop(kind="strings", computed=True, replace=True),
        "subnetConfigurations": Prop(kind="objects", computed=True, replace=True, fields=_WISH),
        "securityGroupIds": Prop(kind="strings", computed=True),
        "privateDnsEnabled": Prop(kind="bool", default=False),
        "tags": TAGS,
    }
    outputs = ("arn", "networkInterfaceIds", "ownerId", "requesterManaged", "state")
    delete_first = True  # an address that is asked for can be had once

    def refusals(self, want: Props) -> list[tuple[str, str]]:
        """The lab has endpoints with an address alone, and they need one."""
        said = []
        kind = want.get("vpcEndpointType")
        if kind != "Interface" and not is_unknown(kind):
            said.append(("vpcEndpointType", "the lab's provider implements `Interface` alone"))
        if not want.get("subnetIds") and not want.get("subnetConfigurations"):
            said.append(("subnetIds", "an interface endpoint needs a subnet"))
        return said

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateVpcEndpoint."""
        wishes = want.get("subnetConfigurations") or []
        subnets = want.get("subnetIds") or [wish["subnetId"] for wish in wishes]
        made = aws.ec2.create_vpc_endpoint(
            VpcEndpointType="Interface",
            VpcId=want["vpcId"],
            ServiceName=want["serviceName"],
            SubnetIds=subnets,
            PrivateDnsEnabled=want["privateDnsEnabled"],
            TagSpecifications=[{"ResourceType": "vpc-endpoint", "Tags": tags.as_list(marks)}],
            **_given("SecurityGroupIds", want.get("securityGroupIds")),
            **_given("SubnetConfigurations", [_asked(wish) for wish in wishes]),
        )
        return str(made["VpcEndpoint"]["VpcEndpointId"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """ModifyVpcEndpoint: its groups, and whether the service's own name leads to it."""
        change: dict[str, Any] = {}
        groups = want.get("securityGroupIds")
        if groups is not None:
            add = sorted(set(groups) - set(state["securityGroupIds"]))
            drop = sorted(set(state["securityGroupIds"]) - set(groups))
            change |= _given("AddSecurityGroupIds", add) | _given("RemoveSecurityGroupIds", drop)
        if want["privateDnsEnabled"] != state["privateDnsEnabled"]:
            change["PrivateDnsEnabled"] = want["privateDnsEnabled"]
        if change:
            aws.ec2.modify_vpc_endpoint(VpcEndpointId=id_, **change)
        return bool(change)

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The endpoint, unless it is gone or refused."""
        answer = unless_gone(aws.ec2.describe_vpc_endpoints, VpcEndpointIds=[id_])
        found = only(answer, "VpcEndpoints")
        if found is None or found["State"].lower() not in _LIVE:
            return None
        owner = found.get("OwnerId") or aws.account
        return {
            "arn": aws.arn(f"vpc-endpoint/{id_}", owner),
            "networkInterfaceIds": sorted(found["NetworkInterfaceIds"]),
            "ownerId": owner,
            "privateDnsEnabled": found["PrivateDnsEnabled"],
            "requesterManaged": bool(found.get("RequesterManaged", False)),
            "securityGroupIds": sorted(group["GroupId"] for group in found["Groups"]),
            "serviceName": found["ServiceName"],
            "state": found["State"],
            "subnetConfigurations": _addresses(aws, found["NetworkInterfaceIds"]),
            "subnetIds": sorted(found["SubnetIds"]),
            "tags": tags.shown(found.get("Tags")),
            "vpcEndpointType": found["VpcEndpointType"],
            "vpcId": found["VpcId"],
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteVpcEndpoints."""
        unless_gone(aws.ec2.delete_vpc_endpoints, VpcEndpointIds=[id_])


def _given(name: str, value: list[Any] | None) -> dict[str, Any]:
    return {name: value} if value else {}


def _asked(wish: Mapping[str, Any]) -> dict[str, str]:
    names = {"subnetId": "SubnetId", "ipv4": "Ipv4"}
    return {theirs: wish[ours] for ours, theirs in names.items() if wish.get(ours)}


def _addresses(aws: Aws, interfaces: list[str]) -> list[Props]:
    rows = aws.ec2.describe_network_interfaces(NetworkInterfaceIds=interfaces)["NetworkInterfaces"]
    return [
        {"ipv4": row["PrivateIpAddress"], "subnetId": row["SubnetId"]}
        for row in sorted(rows, key=lambda row: str(row["SubnetId"]))
    ]


TYPE = VpcEndpoint()

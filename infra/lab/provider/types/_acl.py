"""Entries of network ACLs: one as the API has it, and inline ones held exactly."""

from collections.abc import Mapping
from typing import Any, Final

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop, canonical
from infra.lab.provider.resource import only, unless_gone
from infra.lab.provider.types._protocols import number
from infra.lab.provider.wire import Props

FIELDS: Final = {
    "ruleNo": Prop(kind="int", required=True),
    "action": Prop(required=True),
    "protocol": Prop(required=True, canon=number),
    "cidrBlock": Prop(required=True),
    "fromPort": Prop(kind="int", required=True),
    "toPort": Prop(kind="int", required=True),
    "icmpType": Prop(kind="int", default=0),
    "icmpCode": Prop(kind="int", default=0),
}
_LAST = 32767
"""The number of AWS's own final `deny`, which is no rule of ours."""


def acl(aws: Aws, id_: str) -> Mapping[str, Any] | None:
    """The network ACL as the API has it."""
    answer = unless_gone(aws.ec2.describe_network_acls, NetworkAclIds=[id_])
    found: Mapping[str, Any] | None = only(answer, "NetworkAcls")
    return found


def entries(found: Mapping[str, Any], egress: bool) -> list[Mapping[str, Any]]:
    """The IPv4 entries of one direction, without AWS's last."""
    return [
        entry
        for entry in found["Entries"]
        if entry["Egress"] is egress and entry["RuleNumber"] < _LAST and entry.get("CidrBlock")
    ]


def shown(aws: Aws, found: Mapping[str, Any]) -> Props:
    """The properties of an ACL."""
    id_, owner = found["NetworkAclId"], found["OwnerId"]
    return {
        "arn": aws.arn(f"network-acl/{id_}", owner),
        "egress": [_inline(entry) for entry in entries(found, True)],
        "ingress": [_inline(entry) for entry in entries(found, False)],
        "ownerId": owner,
        "subnetIds": sorted(link["SubnetId"] for link in found["Associations"]),
        "tags": tags.shown(found.get("Tags")),
        "vpcId": found["VpcId"],
    }


def _inline(entry: Mapping[str, Any]) -> Props:
    ports, icmp = entry.get("PortRange") or {}, entry.get("IcmpTypeCode") or {}
    return {
        "ruleNo": entry["RuleNumber"],
        "action": entry["RuleAction"],
        "protocol": entry["Protocol"],
        "cidrBlock": entry["CidrBlock"],
        "fromPort": ports.get("From", 0),
        "toPort": ports.get("To", 0),
        "icmpType": icmp.get("Type", 0),
        "icmpCode": icmp.get("Code", 0),
    }


def request(number_: int, egress: bool, rule: Props) -> dict[str, Any]:
    """A Create- or ReplaceNetworkAclEntry call for a rule in the names of FIELDS."""
    protocol = number(rule["protocol"])
    call: dict[str, Any] = {
        "RuleNumber": number_,
        "Egress": egress,
        "Protocol": protocol,
        "RuleAction": rule["action"],
        "CidrBlock": rule["cidrBlock"],
    }
    if protocol in ("6", "17"):
        call["PortRange"] = {"From": rule.get("fromPort") or 0, "To": rule.get("toPort") or 0}
    if protocol == "1":
        call["IcmpTypeCode"] = {
            "Type": _or(rule.get("icmpType"), -1),
            "Code": _or(rule.get("icmpCode"), -1),
        }
    return call


def _or(value: Any, otherwise: int) -> int:
    return otherwise if value is None else int(value)


def hold(aws: Aws, id_: str, egress: bool, wanted: list[Props], state: list[Props]) -> bool:
    """Bring one direction of an ACL from `state` to exactly `wanted`; whether that took a call."""
    prop = Prop(kind="objects", fields=FIELDS)
    goal = {rule["ruleNo"]: rule for rule in canonical(prop, wanted)}
    there = {rule["ruleNo"]: rule for rule in canonical(prop, state)}
    for gone in there.keys() - goal.keys():
        aws.ec2.delete_network_acl_entry(NetworkAclId=id_, RuleNumber=gone, Egress=egress)
    for at, rule in goal.items():
        if rule == there.get(at):
            continue
        ec2 = aws.ec2
        call = ec2.replace_network_acl_entry if at in there else ec2.create_network_acl_entry
        call(NetworkAclId=id_, **request(at, egress, rule))
    return goal != there


def assign(aws: Aws, acl_id: str, subnets: list[str]) -> bool:
    """Give these subnets this ACL, where they have another; whether that took a call."""
    if not subnets:
        return False
    wanted = [{"Name": "association.subnet-id", "Values": subnets}]
    moved = False
    for found in aws.ec2.describe_network_acls(Filters=wanted)["NetworkAcls"]:
        for link in found["Associations"]:
            if link["SubnetId"] in subnets and found["NetworkAclId"] != acl_id:
                aws.ec2.replace_network_acl_association(
                    AssociationId=link["NetworkAclAssociationId"], NetworkAclId=acl_id
                )
                moved = True
    return moved


def default_of(aws: Aws, vpc: str) -> str | None:
    """The id of a VPC's default ACL."""
    answer = aws.ec2.describe_network_acls(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["true"]}]
    )
    found = only(answer, "NetworkAcls")
    return str(found["NetworkAclId"]) if found else None

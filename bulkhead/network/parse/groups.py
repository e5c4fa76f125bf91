"""Security groups. Rules come from describe_security_group_rules, which alone has their ids."""

from collections.abc import Iterable

from bulkhead.network.deployed import Group, GroupRule
from bulkhead.network.parse.shape import (
    ICMP,
    Item,
    Shape,
    accept,
    icmp_range,
    name_of,
    prefix,
    protocol_number,
    refusal,
    words,
)

_GROUP = Shape(
    name="SecurityGroup",
    operation="describe_security_groups",
    reads=words("GroupId GroupName VpcId Tags"),
    # The permissions are the same rules as describe_security_group_rules gives, without ids.
    ignores=words("OwnerId Description SecurityGroupArn IpPermissions IpPermissionsEgress"),
)
_RULE = Shape(
    name="SecurityGroupRule",
    operation="describe_security_group_rules",
    reads=words(
        "SecurityGroupRuleId GroupId IsEgress IpProtocol FromPort ToPort CidrIpv4 CidrIpv6 "
        "ReferencedGroupInfo"
    ),
    ignores=words("GroupOwnerId Description Tags SecurityGroupRuleArn"),
    empty=words("PrefixListId"),
)
_REFERENCE = Shape(
    name="ReferencedSecurityGroup",
    operation="describe_security_group_rules",
    reads=words("GroupId"),
    # Whether the reference is stale follows from the peerings themselves.
    ignores=words("PeeringStatus UserId VpcId VpcPeeringConnectionId"),
)
SHAPES = (_GROUP, _RULE, _REFERENCE)


def group(item: Item, rules: Iterable[Item]) -> Group:
    """One security group with the rules that are its own, in order of their ids."""
    identity = item["GroupId"]
    accept(_GROUP, item, identity)
    own = [rule(each) for each in rules if each["GroupId"] == identity]
    return Group(
        id=identity,
        name=name_of(item, identity),
        vpc=item["VpcId"],
        default=item["GroupName"] == "default",
        rules=tuple(sorted(own, key=lambda each: each.id)),
    )


def rule(item: Item) -> GroupRule:
    """One rule; its peer is exactly one of an IPv4 CIDR, an IPv6 CIDR and a group."""
    identity = item["SecurityGroupRuleId"]
    accept(_RULE, item, identity)
    referenced = accept(_REFERENCE, item.get("ReferencedGroupInfo") or {}, identity).get("GroupId")
    cidr = item.get("CidrIpv4") or item.get("CidrIpv6")
    if bool(cidr) == bool(referenced):
        raise refusal(_RULE, "CidrIpv4", cidr, identity, "one CIDR or one group")
    protocol = protocol_number(str(item["IpProtocol"]))
    first, last = _range(item, protocol)
    return GroupRule(
        id=identity,
        egress=bool(item["IsEgress"]),
        protocol=protocol,
        first=first,
        last=last,
        cidr=prefix(cidr) if cidr else None,
        group=referenced,
    )


def _range(item: Item, protocol: int) -> tuple[int, int]:
    first, last = item.get("FromPort"), item.get("ToPort")
    if protocol == ICMP:
        return icmp_range(-1 if first is None else int(first), -1 if last is None else int(last))
    if protocol not in (6, 17) or first is None or int(first) == -1:
        return (0, 65535)
    return (int(first), int(first if last is None else last))

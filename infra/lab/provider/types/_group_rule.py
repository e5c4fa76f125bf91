"""A security group's rule as a resource of its own; ingress and egress differ in direction only."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, only, unless_gone
from infra.lab.provider.types._protocols import number
from infra.lab.provider.wire import Props

_SOURCES = ("cidrIpv4", "referencedSecurityGroupId")
_EDITABLE = ("cidrIpv4", "referencedSecurityGroupId", "description", "fromPort", "toPort")


class GroupRule(Resource):
    """One allow: protocol, ports, and one peer, a CIDR or a group."""

    direction: ClassVar[str]
    props = {
        "securityGroupId": Prop(replace=True, required=True),
        "ipProtocol": Prop(required=True, canon=number),
        "fromPort": Prop(kind="int"),
        "toPort": Prop(kind="int"),
        "cidrIpv4": Prop(),
        "referencedSecurityGroupId": Prop(),
        "description": Prop(default=""),
        "tags": TAGS,
    }
    outputs = ("arn", "securityGroupRuleId")

    def refusals(self, want: Props) -> list[tuple[str, str]]:
        """One peer; ports if and only if the protocol is not `all`."""
        said = []
        if sum(want.get(name) is not None for name in _SOURCES) != 1:
            said.append(("cidrIpv4", f"name exactly one peer of {', '.join(_SOURCES)}"))
        ports = [name for name in ("fromPort", "toPort") if want.get(name) is not None]
        if not isinstance(want["ipProtocol"], str):
            return said
        if number(want["ipProtocol"]) == "-1":
            said += [(name, "protocol -1 has no ports") for name in ports]
        elif len(ports) < 2 and number(want["ipProtocol"]) in ("1", "6", "17"):
            said.append(("fromPort", "give fromPort and toPort (for ICMP: type and code)"))
        return said

    def replaced_by(self, old: Props, new: Props) -> Iterable[str]:
        """AWS cannot turn a CIDR into a group, or back."""
        kinds = [[name for name in _SOURCES if props.get(name) is not None] for props in (old, new)]
        return _SOURCES if kinds[0] != kinds[1] else ()

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """AuthorizeSecurityGroupIngress or -Egress."""
        call = getattr(aws.ec2, f"authorize_security_group_{self.direction}")
        made = call(
            GroupId=want["securityGroupId"],
            IpPermissions=[_permission(want)],
            TagSpecifications=[
                {"ResourceType": "security-group-rule", "Tags": tags.as_list(marks)}
            ],
        )
        return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """ModifySecurityGroupRules, when anything but the tags differs."""
        same = number(want["ipProtocol"]) == number(state["ipProtocol"])
        if same and all((want.get(n) or None) == (state.get(n) or None) for n in _EDITABLE):
            return False
        rule = {"SecurityGroupRuleId": id_, "SecurityGroupRule": _request(want)}
        group = want["securityGroupId"]
        aws.ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[rule])
        return True

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The rule, if it is of this direction."""
        call = aws.ec2.describe_security_group_rules
        rule = only(unless_gone(call, SecurityGroupRuleIds=[id_]), "SecurityGroupRules")
        if rule is None or rule["IsEgress"] != (self.direction == "egress"):
            return None
        all_ = number(rule["IpProtocol"]) == "-1"
        return {
            "arn": aws.arn(f"security-group-rule/{id_}", rule.get("GroupOwnerId")),
            "cidrIpv4": rule.get("CidrIpv4"),
            "description": rule.get("Description", ""),
            "fromPort": None if all_ else rule.get("FromPort"),
            "ipProtocol": rule["IpProtocol"],
            "referencedSecurityGroupId": (rule.get("ReferencedGroupInfo") or {}).get("GroupId"),
            "securityGroupId": rule["GroupId"],
            "securityGroupRuleId": id_,
            "tags": tags.shown(rule.get("Tags")),
            "toPort": None if all_ else rule.get("ToPort"),
        }

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """RevokeSecurityGroupIngress or -Egress, by the rule's id."""
        call = getattr(aws.ec2, f"revoke_security_group_{self.direction}")
        unless_gone(call, GroupId=known["securityGroupId"], SecurityGroupRuleIds=[id_])


def _permission(want: Props) -> dict[str, Any]:
    said = {"Description": want["description"]} if want.get("description") else {}
    if want.get("cidrIpv4") is not None:
        source = {"IpRanges": [{"CidrIp": want["cidrIpv4"], **said}]}
    else:
        source = {"UserIdGroupPairs": [{"GroupId": want["referencedSecurityGroupId"], **said}]}
    return {"IpProtocol": want["ipProtocol"], **_ports(want), **source}


def _request(want: Props) -> dict[str, Any]:
    names = {
        "cidrIpv4": "CidrIpv4",
        "referencedSecurityGroupId": "ReferencedGroupId",
        "description": "Description",
    }
    given = {theirs: want[ours] for ours, theirs in names.items() if want.get(ours)}
    return {"IpProtocol": want["ipProtocol"], **_ports(want), **given}


def _ports(want: Props) -> dict[str, int]:
    names = {"fromPort": "FromPort", "toPort": "ToPort"}
    return {theirs: want[ours] for ours, theirs in names.items() if want.get(ours) is not None}

"""aws:ec2/securityGroup:SecurityGroup."""

from collections.abc import Mapping

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, unless_gone
from infra.lab.provider.types import _rules
from infra.lab.provider.wire import Props

_INLINE = Prop(kind="objects", computed=True, fields=_rules.FIELDS, whole=_rules.meaning)


class SecurityGroup(Resource):
    """A security group; without inline rules its rules are left to rule resources.

    A new one lets nothing out: AWS's own allow-all egress rule is taken away, as the real plugin
    does, in creation only, so that no later rule is touched.
    """

    kind = "aws:ec2/securityGroup:SecurityGroup"
    props = {
        "name": Prop(replace=True, computed=True),
        "description": Prop(replace=True, default="Managed by Pulumi"),
        "vpcId": Prop(replace=True, computed=True),
        "ingress": _INLINE,
        "egress": _INLINE,
        "revokeRulesOnDelete": Prop(kind="bool", default=False),
        "tags": TAGS,
    }
    outputs = ("arn", "namePrefix", "ownerId")
    named = "name"

    def refusals(self, want: Props) -> list[tuple[str, str]]:
        """AWS keeps `sg-` for ids."""
        name = want.get("name")
        wrong = isinstance(name, str) and name.lower().startswith("sg-")
        return [("name", "must not begin with `sg-`: AWS keeps that for ids")] if wrong else []

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """CreateSecurityGroup."""
        made = aws.ec2.create_security_group(
            GroupName=want["name"],
            Description=want["description"],
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tags.as_list(marks)}],
            **({"VpcId": want["vpcId"]} if want.get("vpcId") else {}),
        )
        return str(made["GroupId"])

    def complete(self, aws: Aws, id_: str) -> None:
        """Take away the rule that AWS gives every new group."""
        _rules.hold(aws, id_, "egress", [])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Inline rules of the sides that are given."""
        done = _rules.hold(aws, id_, "ingress", want.get("ingress"))
        return _rules.hold(aws, id_, "egress", want.get("egress")) or done

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The group and its rules."""
        found = _rules.group(aws, id_)
        return _rules.shown(aws, found) if found else None

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """DeleteSecurityGroup, its own rules first if that is asked for."""
        if known.get("revokeRulesOnDelete"):
            _rules.hold(aws, id_, "ingress", [])
            _rules.hold(aws, id_, "egress", [])
        unless_gone(aws.ec2.delete_security_group, GroupId=id_)


TYPE = SecurityGroup()

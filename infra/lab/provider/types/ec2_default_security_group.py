"""aws:ec2/defaultSecurityGroup:DefaultSecurityGroup."""

from collections.abc import Mapping

from infra.lab.provider.aws import Aws
from infra.lab.provider.errors import Failed
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, only
from infra.lab.provider.types import _rules
from infra.lab.provider.wire import Props

_INLINE = Prop(kind="objects", fields=_rules.FIELDS, whole=_rules.meaning)


class DefaultSecurityGroup(Resource):
    """A VPC's default group, taken over: it holds the given rules and no others."""

    kind = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    props = {
        "vpcId": Prop(replace=True, required=True),
        "ingress": _INLINE,
        "egress": _INLINE,
        "revokeRulesOnDelete": Prop(kind="bool", default=False),
        "tags": TAGS,
    }
    outputs = ("arn", "description", "name", "namePrefix", "ownerId")
    adopts = True

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """Find the VPC's default group; `settle` empties it."""
        answer = aws.ec2.describe_security_groups(
            Filters=[
                {"Name": "vpc-id", "Values": [want["vpcId"]]},
                {"Name": "group-name", "Values": ["default"]},
            ]
        )
        found = only(answer, "SecurityGroups")
        if found is None:
            raise Failed(f"VPC {want['vpcId']} does not exist, or has no default group")
        return str(found["GroupId"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Exactly the given rules."""
        done = _rules.hold(aws, id_, "ingress", want.get("ingress") or [])
        return _rules.hold(aws, id_, "egress", want.get("egress") or []) or done

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The group and its rules."""
        found = _rules.group(aws, id_)
        return _rules.shown(aws, found) if found else None

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """Only forget it: a default group goes with its VPC."""


TYPE = DefaultSecurityGroup()

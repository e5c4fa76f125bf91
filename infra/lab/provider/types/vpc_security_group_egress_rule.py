"""aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule."""

from infra.lab.provider.types._group_rule import GroupRule


class SecurityGroupEgressRule(GroupRule):
    """One allow of a security group, egress."""

    kind = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    direction = "egress"


TYPE = SecurityGroupEgressRule()

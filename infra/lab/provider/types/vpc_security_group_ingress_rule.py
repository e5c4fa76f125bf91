"""aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule."""

from infra.lab.provider.types._group_rule import GroupRule


class SecurityGroupIngressRule(GroupRule):
    """One allow of a security group, ingress."""

    kind = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    direction = "ingress"


TYPE = SecurityGroupIngressRule()

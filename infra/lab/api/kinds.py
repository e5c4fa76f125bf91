"""Which tables of Deployed a call can have changed. What is not listed may have changed them all.

A test holds this table to the truth: after each of many random calls, reading only what is named
here must give the same as reading everything.
"""

from collections.abc import Mapping
from typing import Final

ALL_KINDS: Final = frozenset(
    {
        "vpcs",
        "subnets",
        "route_tables",
        "acls",
        "groups",
        "peerings",
        "gateways",
        "interfaces",
        "endpoints",
        "transits",
        "attachments",
        "transit_tables",
    }
)
"""The fields of bulkhead.network.deployed.Deployed."""

NOTHING: Final[frozenset[str]] = frozenset()

_QUIET_SERVICES = frozenset(
    {
        "budgets",
        "cloudtrail",
        "dynamodb",
        "iam",
        "kms",
        "logs",
        "s3",
        "secretsmanager",
        "sns",
        "sqs",
        "ssm",
        "sts",
    }
)
"""Services that cannot touch the network; every other one is taken to touch all of it."""

GROUP_RULES: Final = frozenset(
    {
        "AuthorizeSecurityGroupEgress",
        "AuthorizeSecurityGroupIngress",
        "ModifySecurityGroupRules",
        "RevokeSecurityGroupEgress",
        "RevokeSecurityGroupIngress",
    }
)
"""Actions that change the rules of the one group they name, and nothing else."""

_VERBS = ("Create", "Replace", "Delete")
_ONE: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(GROUP_RULES, ("groups", "GroupId")),
    **{f"{verb}NetworkAclEntry": ("acls", "NetworkAclId") for verb in _VERBS},
    **{f"{verb}Route": ("route_tables", "RouteTableId") for verb in _VERBS},
}
"""Action -> the table of which it changes one row, and the parameter that holds the row's id."""

_EC2: Mapping[str, frozenset[str]] = {
    "AcceptVpcPeeringConnection": frozenset({"peerings", "route_tables"}),
    "AllocateAddress": NOTHING,
    "AssociateAddress": frozenset({"interfaces"}),
    "AssociateIamInstanceProfile": NOTHING,
    "AssociateRouteTable": frozenset({"route_tables", "subnets"}),
    "AttachInternetGateway": frozenset({"gateways", "route_tables"}),
    "CreateFlowLogs": NOTHING,
    "CreateInternetGateway": frozenset({"gateways"}),
    "CreateKeyPair": NOTHING,
    "CreateNetworkAcl": frozenset({"acls"}),
    "CreateNetworkAclEntry": frozenset({"acls"}),
    "CreateRoute": frozenset({"route_tables"}),
    "CreateRouteTable": frozenset({"route_tables"}),
    "CreateSecurityGroup": frozenset({"groups"}),
    "CreateSubnet": frozenset({"subnets"}),
    "CreateVpc": frozenset({"vpcs", "route_tables", "acls", "groups"}),
    "CreateVpcPeeringConnection": frozenset({"peerings"}),
    "DeleteFlowLogs": NOTHING,
    "DeleteInternetGateway": frozenset({"gateways", "route_tables"}),
    "DeleteKeyPair": NOTHING,
    "DeleteNetworkAcl": frozenset({"acls"}),
    "DeleteNetworkAclEntry": frozenset({"acls"}),
    "DeleteRoute": frozenset({"route_tables"}),
    "DeleteRouteTable": frozenset({"route_tables"}),
    "DeleteSecurityGroup": frozenset({"groups"}),
    "DeleteSubnet": frozenset({"subnets", "acls", "route_tables"}),
    "DeleteVpcPeeringConnection": frozenset({"peerings", "route_tables"}),
    "DetachInternetGateway": frozenset({"gateways", "route_tables"}),
    "DisassociateAddress": frozenset({"interfaces"}),
    "DisassociateIamInstanceProfile": NOTHING,
    "DisassociateRouteTable": frozenset({"route_tables", "subnets"}),
    "ImportKeyPair": NOTHING,
    "ModifyInstanceAttribute": frozenset({"interfaces"}),
    "ModifyNetworkInterfaceAttribute": frozenset({"interfaces"}),
    "ModifySubnetAttribute": NOTHING,
    "ModifyVpcAttribute": NOTHING,
    "ModifyVpcPeeringConnectionOptions": NOTHING,
    "RejectVpcPeeringConnection": frozenset({"peerings", "route_tables"}),
    "ReleaseAddress": frozenset({"interfaces"}),
    "ReplaceIamInstanceProfileAssociation": NOTHING,
    "ReplaceNetworkAclAssociation": frozenset({"acls", "subnets"}),
    "ReplaceNetworkAclEntry": frozenset({"acls"}),
    "ReplaceRoute": frozenset({"route_tables"}),
    "ReplaceRouteTableAssociation": frozenset({"route_tables", "subnets"}),
    "RunInstances": frozenset({"interfaces"}),
    "StartInstances": frozenset({"interfaces", "route_tables"}),
    "StopInstances": frozenset({"interfaces", "route_tables"}),
    "TerminateInstances": frozenset({"interfaces", "route_tables"}),
    "UpdateSecurityGroupRuleDescriptionsEgress": NOTHING,
    "UpdateSecurityGroupRuleDescriptionsIngress": NOTHING,
}

_TAGGED = {
    "acl": "acls",
    "eipalloc": None,
    "eni": "interfaces",
    "fl": None,
    "i": "interfaces",
    "igw": "gateways",
    "pcx": "peerings",
    "rtb": "route_tables",
    "sg": "groups",
    "sgr": None,
    "subnet": "subnets",
    "tgw": "transits",
    "tgw-attach": "attachments",
    "tgw-rtb": "transit_tables",
    "vol": None,
    "vpc": "vpcs",
    "vpce": "endpoints",
}
"""Prefix of a resource id -> the table that shows its `bulkhead:id` (None: no table does)."""


def _of_tags(parameters: Mapping[str, str]) -> frozenset[str]:
    found: set[str] = set()
    for name, value in parameters.items():
        if not name.startswith("ResourceId"):
            continue
        prefix = value.rpartition("-")[0]
        if prefix not in _TAGGED:
            return ALL_KINDS
        kind = _TAGGED[prefix]
        found |= {kind} if kind else set()
    return frozenset(found)


def changed(service: str, action: str, parameters: Mapping[str, str]) -> frozenset[str]:
    """The tables that a call of this action may have changed, for group rules `groups`."""
    if service in _QUIET_SERVICES:
        return NOTHING
    if service != "ec2":
        return ALL_KINDS
    if action in GROUP_RULES:
        return frozenset({"groups"})
    if action in ("CreateTags", "DeleteTags"):
        return _of_tags(parameters)
    return _EC2.get(action, ALL_KINDS)


def one_row(service: str, action: str, parameters: Mapping[str, str]) -> tuple[str, str] | None:
    """Table and id of the only row that a call changes, or None where it is not that."""
    if service != "ec2" or action not in _ONE:
        return None
    table, parameter = _ONE[action]
    identity = parameters.get(parameter)
    return (table, identity) if identity else None

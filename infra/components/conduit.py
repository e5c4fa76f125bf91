"""Security groups, and the conduits' rules on both of their sides."""

from typing import Any

import pulumi
from pulumi_aws import ec2, vpc

from infra.components.context import Context, tags
from infra.specs.tables import ConduitSpec, GroupSpec, Peer, RuleSpec


def group(spec: GroupSpec, context: Context) -> None:
    """One security group without rules: AWS's default egress rule is dropped by the provider."""
    made = ec2.SecurityGroup(
        spec.id,
        vpc_id=context.find("networks", spec.network),
        description=f"Bulkhead {spec.id}",
        tags=tags(spec.id),
        opts=pulumi.ResourceOptions(provider=context.providers[spec.account]),
    )
    context.note("groups", spec.id, made.id)


class Conduit(pulumi.ComponentResource):
    """The rules of one conduit; the address of a host that others name is made before."""

    def __init__(self, spec: ConduitSpec, context: Context) -> None:
        super().__init__("bulkhead:network:Conduit", spec.id)
        for rule in spec.rules:
            self._rule(rule, context)
        self.register_outputs({})

    def _rule(self, spec: RuleSpec, context: Context) -> None:
        kind = vpc.SecurityGroupEgressRule if spec.egress else vpc.SecurityGroupIngressRule
        every = spec.protocol == "-1"
        kind(
            spec.id,
            security_group_id=context.find("groups", spec.group),
            ip_protocol=spec.protocol,
            from_port=None if every else spec.first,
            to_port=None if every else spec.last,
            tags=tags(spec.id),
            opts=context.options(self, spec.account, context.peerings),
            **_peer(spec.peer, context),
        )


def _peer(peer: Peer, context: Context) -> dict[str, Any]:
    if peer.kind == "group":
        return {"referenced_security_group_id": context.find("groups", peer.value)}
    if peer.kind == "public":
        address = context.find("public", peer.value)
        return {"cidr_ipv4": pulumi.Output.concat(address, "/32")}
    return {"cidr_ipv4": peer.value}

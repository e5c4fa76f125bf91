"""An instance in its subnet and group, and its public address if it has one."""

import pulumi
from pulumi_aws import ec2

from infra.components.context import Context, tags
from infra.components.user_data import user_data
from infra.specs.tables import HostSpec

INSTANCE_TYPE = "t3.small"


def address(spec: HostSpec, context: Context) -> None:
    """The public address of a host that has one: allocated, or the fixed one it brings."""
    made = ec2.Eip(
        spec.id,
        domain="vpc",
        address=None if spec.public == "allocate" else spec.public,
        tags=tags(spec.id),
        opts=pulumi.ResourceOptions(provider=context.providers[spec.account]),
    )
    context.note("public", spec.id, made.public_ip)
    context.note("allocations", spec.id, made.id)


class Host(pulumi.ComponentResource):
    """One instance: IMDSv2 alone, its disk encrypted, its role its own, no key pair."""

    def __init__(self, spec: HostSpec, context: Context) -> None:
        super().__init__("bulkhead:compute:Host", spec.id)
        # First boot alone reads user data: a change would stop the host, start it, and have no
        # effect. A host of another image takes the address of the one before, which goes first.
        life = pulumi.ResourceOptions(ignore_changes=["userData"], delete_before_replace=True)
        own = pulumi.ResourceOptions.merge(context.options(self, spec.account), life)
        instance = ec2.Instance(
            spec.id,
            ami=context.image,
            instance_type=INSTANCE_TYPE,
            subnet_id=context.find("subnets", spec.subnet),
            private_ip=spec.address,
            vpc_security_group_ids=[context.find("groups", spec.group)],
            iam_instance_profile=context.profile(spec.id),
            root_block_device=ec2.InstanceRootBlockDeviceArgs(
                encrypted=True,
                kms_key_id=context.find("keys", spec.key) if spec.key else None,
                volume_type="gp3",
            ),
            metadata_options=ec2.InstanceMetadataOptionsArgs(
                http_tokens="required", http_endpoint="enabled"
            ),
            user_data=user_data(spec.id, context.ssh_key) if context.ssh_key else None,
            tags={**tags(spec.id), "bulkhead:role": spec.role},
            opts=own,
        )
        context.note("hosts", spec.id, instance.id)
        context.note("addresses", spec.id, instance.private_ip)
        if spec.public:
            ec2.EipAssociation(
                spec.id,
                allocation_id=context.find("allocations", spec.id),
                instance_id=instance.id,
                opts=context.options(self, spec.account, context.gateways),
            )
        self.register_outputs({"instance_id": instance.id})

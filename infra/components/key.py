"""A KMS key with its policy and its alias."""

import pulumi
from pulumi_aws import kms

from infra.components.context import Context, tags
from infra.specs.keys import policy
from infra.specs.owned import KeySpec
from infra.specs.tables import StackSpec


class Key(pulumi.ComponentResource):
    """One key: rotated every year, gone only thirty days after somebody deletes it."""

    def __init__(self, spec: KeySpec, stack: StackSpec, context: Context) -> None:
        super().__init__("bulkhead:keys:Key", spec.id)
        kept = pulumi.ResourceOptions(protect=stack.logs is not None)
        own = pulumi.ResourceOptions.merge(context.options(self, spec.account), kept)
        key = kms.Key(
            spec.id,
            description=f"Bulkhead {stack.estate} {spec.id}",
            policy=policy(spec, stack.estate, stack.region, context.accounts),
            enable_key_rotation=True,
            deletion_window_in_days=30,
            tags=tags(spec.id),
            opts=own,
        )
        kms.Alias(spec.id, name=spec.alias, target_key_id=key.key_id, opts=own)
        context.note("keys", spec.id, key.arn)
        self.register_outputs({"arn": key.arn})

"""The IAM role of a host and its instance profile."""

import pulumi
from pulumi_aws import iam

from infra.components.context import Context, tags
from infra.specs.iam import policy, trust
from infra.specs.owned import RoleSpec
from infra.specs.tables import StackSpec


class Role(pulumi.ComponentResource):
    """One role; a host that needs nothing of AWS has one that may do nothing."""

    def __init__(self, spec: RoleSpec, stack: StackSpec, context: Context) -> None:
        super().__init__("bulkhead:access:Role", spec.id)
        own = context.options(self, spec.account)
        role = iam.Role(
            spec.id,
            name=spec.name,
            path=spec.path,
            description=f"Bulkhead {spec.id}",
            assume_role_policy=trust(),
            tags=tags(spec.id),
            opts=own,
        )
        may = policy(spec, stack.estate, stack.region, context.accounts)
        if may is not None:
            iam.RolePolicy(spec.id, name="own", role=role.name, policy=may, opts=own)
        profile = iam.InstanceProfile(
            spec.id, name=spec.name, path=spec.path, role=role.name, tags=tags(spec.id), opts=own
        )
        context.note("profiles", spec.id, profile.name)
        self.register_outputs({"arn": role.arn})

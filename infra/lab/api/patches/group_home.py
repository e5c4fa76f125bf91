"""A security group lies in a VPC of its own account; moto takes any id, and another account's."""

from typing import Any

from infra.lab.api.patches.means import exchange


def patch() -> None:
    """Check the VPC that a new group names."""
    from moto.ec2.exceptions import EC2ClientError, InvalidVPCIdError
    from moto.ec2.models.security_groups import SecurityGroupBackend

    create = SecurityGroupBackend.create_security_group

    def create_security_group(
        self: Any, name: str, description: str, vpc_id: str | None = None, **more: Any
    ) -> Any:
        if not vpc_id:
            raise EC2ClientError("VPCIdNotSpecified", "No default VPC for this user")
        if vpc_id not in self.vpcs:
            raise InvalidVPCIdError(vpc_id)
        return create(self, name, description, vpc_id, **more)

    exchange(SecurityGroupBackend, create_security_group=create_security_group)

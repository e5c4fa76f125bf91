"""The instance profile of an instance, which changes while it runs."""

from collections.abc import Mapping
from typing import Any

from infra.lab.provider.aws import Aws
from infra.lab.provider.resource import only
from infra.lab.provider.wire import Props


def shown(instance: Mapping[str, Any]) -> str:
    """The profile's name; "" for none."""
    arn = (instance.get("IamInstanceProfile") or {}).get("Arn", "")
    return str(arn.rsplit("/", 1)[-1])


def settle(aws: Aws, id_: str, want: Props, state: Props) -> bool:
    """Bring the one profile to what is wanted."""
    new = want.get("iamInstanceProfile") or ""
    if new == state["iamInstanceProfile"]:
        return False
    held = aws.ec2.describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [id_]}]
    )
    found = only(held, "IamInstanceProfileAssociations")
    if found:
        aws.ec2.disassociate_iam_instance_profile(AssociationId=found["AssociationId"])
    if new:
        aws.ec2.associate_iam_instance_profile(IamInstanceProfile={"Name": new}, InstanceId=id_)
    return True

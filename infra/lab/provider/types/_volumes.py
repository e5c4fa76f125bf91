"""The root volume of an instance: its size, its kind and its key are given when it is made."""

from collections.abc import Mapping
from typing import Any

from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import only

_FIELDS = {
    "encrypted": "Encrypted",
    "kmsKeyId": "KmsKeyId",
    "volumeSize": "VolumeSize",
    "volumeType": "VolumeType",
}
LEAST = 8
"""GiB of a root volume whose image says nothing."""
ROOT = Prop(
    kind="object",
    computed=True,
    replace=True,
    fields={
        "encrypted": Prop(kind="bool", computed=True),
        "kmsKeyId": Prop(computed=True),
        "volumeSize": Prop(kind="int", computed=True),
        "volumeType": Prop(computed=True),
    },
)
"""A change of any of it makes a new instance here; AWS could also grow a volume in place."""


def mapping(aws: Aws, image: str, root: Mapping[str, Any]) -> dict[str, Any]:
    """What RunInstances is asked for; the image says what its root device is called."""
    described = only(aws.ec2.describe_images(ImageIds=[image]), "Images") or {}
    asked = {theirs: root[ours] for ours, theirs in _FIELDS.items() if root.get(ours) is not None}
    name = described.get("RootDeviceName") or "/dev/sda1"
    return {
        "DeviceName": name,
        "Ebs": {"DeleteOnTermination": True, "VolumeSize": _size(described, name), **asked},
    }


def _size(image: Mapping[str, Any], device: str) -> int:
    """GiB of the image's own device: AWS takes it by itself, moto wants to be told."""
    sizes = (
        row.get("Ebs", {}).get("VolumeSize")
        for row in image.get("BlockDeviceMappings", ())
        if row["DeviceName"] == device
    )
    return next(filter(None, sizes), LEAST)


def shown(aws: Aws, instance: Mapping[str, Any]) -> dict[str, Any]:
    """The root volume that an instance has."""
    name = instance.get("RootDeviceName")
    ids = [
        device["Ebs"]["VolumeId"]
        for device in instance.get("BlockDeviceMappings", ())
        if device["DeviceName"] == name
    ]
    found = only(aws.ec2.describe_volumes(VolumeIds=ids), "Volumes") if ids else None
    if found is None:
        return {}
    return {
        "encrypted": bool(found.get("Encrypted")),
        "kmsKeyId": found.get("KmsKeyId", ""),
        "volumeSize": found["Size"],
        "volumeType": found["VolumeType"],
    }

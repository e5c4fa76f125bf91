"""aws:ec2/instance:Instance."""

import base64
from collections.abc import Mapping
from typing import Any

from infra.lab.provider import tags
from infra.lab.provider.aws import Aws
from infra.lab.provider.prop import Prop
from infra.lab.provider.resource import TAGS, Resource, only, unless_gone
from infra.lab.provider.types import _profile, _volumes
from infra.lab.provider.wire import Props

_RUN = {
    "ami": "ImageId",
    "instanceType": "InstanceType",
    "keyName": "KeyName",
    "privateIp": "PrivateIpAddress",
    "subnetId": "SubnetId",
    "userData": "UserData",
    "vpcSecurityGroupIds": "SecurityGroupIds",
}
_METADATA = {
    "httpEndpoint": "HttpEndpoint",
    "httpTokens": "HttpTokens",
    "httpPutResponseHopLimit": "HttpPutResponseHopLimit",
}
_LIVE = ("pending", "running", "stopping", "stopped")


class Instance(Resource):
    """An instance with one interface. Its type and user data change while it is stopped."""

    kind = "aws:ec2/instance:Instance"
    props = {
        "ami": Prop(replace=True, required=True),
        "instanceType": Prop(required=True),
        "subnetId": Prop(replace=True, computed=True),
        "privateIp": Prop(replace=True, computed=True),
        "vpcSecurityGroupIds": Prop(kind="strings", computed=True),
        "iamInstanceProfile": Prop(),
        "keyName": Prop(replace=True, computed=True),
        "rootBlockDevice": _volumes.ROOT,
        "userData": Prop(),
        "userDataReplaceOnChange": Prop(kind="bool", default=False),
        "sourceDestCheck": Prop(kind="bool", default=True),
        "metadataOptions": Prop(
            kind="object",
            computed=True,
            fields={
                "httpEndpoint": Prop(computed=True),
                "httpTokens": Prop(computed=True),
                "httpPutResponseHopLimit": Prop(kind="int", computed=True),
            },
        ),
        "tags": TAGS,
    }
    outputs = (
        "arn",
        "associatePublicIpAddress",
        "availabilityZone",
        "instanceState",
        "primaryNetworkInterfaceId",
        "privateDns",
        "publicDns",
        "publicIp",
        "tenancy",
    )

    def replaced_by(self, old: Props, new: Props) -> tuple[str, ...]:
        """User data, if that was asked for."""
        return ("userData",) if new.get("userDataReplaceOnChange") is True else ()

    def make(self, aws: Aws, want: Props, marks: Mapping[str, str]) -> str:
        """RunInstances."""
        asked = {theirs: want[ours] for ours, theirs in _RUN.items() if want.get(ours)}
        if metadata := _metadata(want):
            asked["MetadataOptions"] = metadata
        if profile := want.get("iamInstanceProfile"):
            asked["IamInstanceProfile"] = {"Name": profile}
        if root := want.get("rootBlockDevice"):
            asked["BlockDeviceMappings"] = [_volumes.mapping(aws, want["ami"], root)]
        made = aws.ec2.run_instances(
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags.as_list(marks)}],
            **asked,
        )
        return str(made["Instances"][0]["InstanceId"])

    def settle(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """Wait until it runs, then bring groups, metadata, type and user data to what is wanted."""
        done = state["instanceState"] == "pending"
        if done:
            aws.ec2.get_waiter("instance_running").wait(InstanceIds=[id_])
        done = self._live(aws, id_, want, state) or done
        done = _profile.settle(aws, id_, want, state) or done
        return self._stopped(aws, id_, want, state) or done

    def _live(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """What changes while it runs."""
        change: dict[str, Any] = {}
        groups = want.get("vpcSecurityGroupIds")
        if groups is not None and sorted(groups) != sorted(state["vpcSecurityGroupIds"]):
            change["Groups"] = groups
        if want["sourceDestCheck"] != state["sourceDestCheck"]:
            change["SourceDestCheck"] = {"Value": want["sourceDestCheck"]}
        for name, value in change.items():  # AWS takes one attribute a call
            aws.ec2.modify_network_interface_attribute(
                NetworkInterfaceId=state["primaryNetworkInterfaceId"], **{name: value}
            )
        metadata = _metadata(want)
        differs = any(metadata.get(n) not in (None, v) for n, v in _metadata(state).items())
        if differs:
            aws.ec2.modify_instance_metadata_options(InstanceId=id_, **metadata)
        return bool(change) or differs

    def _stopped(self, aws: Aws, id_: str, want: Props, state: Props) -> bool:
        """What changes only while it is stopped; it runs again afterwards if it ran before."""
        change: dict[str, Any] = {}
        if want["instanceType"] != state["instanceType"]:
            change["InstanceType"] = {"Value": want["instanceType"]}
        if (want.get("userData") or "") != state["userData"]:
            encoded = base64.b64encode((want.get("userData") or "").encode())
            change["UserData"] = {"Value": encoded}
        if not change:
            return False
        ran = state["instanceState"] != "stopped"
        if ran:
            aws.ec2.stop_instances(InstanceIds=[id_])
            aws.ec2.get_waiter("instance_stopped").wait(InstanceIds=[id_])
        for name, value in change.items():
            aws.ec2.modify_instance_attribute(InstanceId=id_, **{name: value})
        if ran:
            aws.ec2.start_instances(InstanceIds=[id_])
            aws.ec2.get_waiter("instance_running").wait(InstanceIds=[id_])
        return True

    def read(self, aws: Aws, id_: str, known: Props) -> Props | None:
        """The instance, unless it is terminated or about to be."""
        answer = unless_gone(aws.ec2.describe_instances, InstanceIds=[id_])
        reservation = only(answer, "Reservations")
        found = only(reservation, "Instances")
        if found is None or found["State"]["Name"] not in _LIVE:
            return None
        return self._shown(aws, id_, reservation["OwnerId"], found)

    def _shown(self, aws: Aws, id_: str, owner: str, found: Mapping[str, Any]) -> Props:
        interface = only(found, "NetworkInterfaces") or {}
        options = found.get("MetadataOptions") or {}
        groups = interface.get("Groups") or found.get("SecurityGroups", [])
        public = found.get("PublicIpAddress", "")
        return {
            "ami": found["ImageId"],
            "arn": aws.arn(f"instance/{id_}", owner),
            "associatePublicIpAddress": bool(public),
            "availabilityZone": found["Placement"]["AvailabilityZone"],
            "iamInstanceProfile": _profile.shown(found),
            "instanceState": found["State"]["Name"],
            "instanceType": found["InstanceType"],
            "keyName": found.get("KeyName", ""),
            "metadataOptions": {n: options[t] for n, t in _METADATA.items() if t in options},
            "primaryNetworkInterfaceId": interface.get("NetworkInterfaceId", ""),
            "privateDns": found.get("PrivateDnsName", ""),
            "privateIp": found.get("PrivateIpAddress", ""),
            "publicDns": found.get("PublicDnsName", ""),
            "publicIp": public,
            "rootBlockDevice": _volumes.shown(aws, found),
            "sourceDestCheck": interface.get("SourceDestCheck", True),
            "subnetId": found.get("SubnetId", ""),
            "tags": tags.shown(found.get("Tags")),
            "tenancy": found["Placement"].get("Tenancy", "default"),
            "userData": self._user_data(aws, id_),
            "vpcSecurityGroupIds": sorted(group["GroupId"] for group in groups),
        }

    def _user_data(self, aws: Aws, id_: str) -> str:
        answer = aws.ec2.describe_instance_attribute(InstanceId=id_, Attribute="userData")
        encoded = answer.get("UserData", {}).get("Value") or ""
        return base64.b64decode(encoded).decode("utf-8", "replace")

    def delete(self, aws: Aws, id_: str, known: Props) -> None:
        """TerminateInstances, and wait until it is over: its address and groups are free then."""
        if unless_gone(aws.ec2.terminate_instances, InstanceIds=[id_]):
            aws.ec2.get_waiter("instance_terminated").wait(InstanceIds=[id_])


def _metadata(props: Props) -> dict[str, Any]:
    given = props.get("metadataOptions") or {}
    return {t: given[n] for n, t in _METADATA.items() if given.get(n) is not None}


TYPE = Instance()

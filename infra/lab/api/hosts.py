"""The door from the API to what runs in instances, for calls that are not about the network."""

import base64
import time
from collections.abc import Collection
from typing import Protocol
from xml.sax.saxutils import escape

from infra.lab.api.answers import Answer, error, xml
from infra.lab.api.calls import Call
from infra.specs.images import BARE

_EC2 = "http://ec2.amazonaws.com/doc/2016-11-15/"


class Hosts(Protocol):
    """What runs in the instances. Nothing here waits for a host."""

    def images(self) -> Collection[str]:
        """Ids of the images that the region shows, and that instances may be started from."""
        ...

    def reboot(self, instance: str) -> None:
        """Restart an instance's host on its disk."""

    def console(self, instance: str) -> str:
        """What an instance's host has lately written to its console."""
        ...


class NoHosts:
    """Instances in which nothing runs."""

    def images(self) -> Collection[str]:
        """The bare one."""
        return (BARE,)

    def reboot(self, instance: str) -> None:
        """Nothing runs."""

    def console(self, instance: str) -> str:
        """Nothing speaks."""
        return ""


def unknown_image(call: Call, hosts: Hosts) -> Answer | None:
    """AWS's refusal where RunInstances names an image that is not here."""
    image = call.parameters.get("ImageId")
    if call.service != "ec2" or call.action != "RunInstances" or not image:
        return None
    if image in hosts.images():
        return None
    code = "InvalidAMIID.NotFound" if image.startswith("ami-") else "InvalidAMIID.Malformed"
    return error("ec2", 400, code, f"The image id '[{image}]' does not exist")


def console_output(call: Call, hosts: Hosts) -> Answer:
    """GetConsoleOutput's answer for an instance that exists."""
    instance = call.parameters.get("InstanceId", "")
    said = base64.b64encode(hosts.console(instance).encode()).decode()
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    return xml(
        200,
        f'<GetConsoleOutputResponse xmlns="{_EC2}"><requestId>bulkhead</requestId>'
        f"<instanceId>{escape(instance)}</instanceId><timestamp>{moment}</timestamp>"
        f"<output>{said}</output></GetConsoleOutputResponse>",
    )


def to_reboot(call: Call) -> list[str]:
    """The instances that a RebootInstances call names."""
    if call.service != "ec2" or call.action != "RebootInstances":
        return []
    return [value for name, value in call.parameters.items() if name.startswith("InstanceId.")]

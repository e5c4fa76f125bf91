"""The real AMI's builder instance: started, sealed into an image, ended (playbooks/ami.yml).

`python -m infra.ami start|seal|end` prints one JSON object. The account is the one that the AWS
SDK's own environment names. What is installed is playbooks/image.yml's concern alone.
"""

import argparse
import json
import sys
import time
from typing import Any

from bulkhead.errors import HELD, BulkheadError, Problem
from infra.lab.image import recipe
from infra.ssh.known import key_of

PATIENCE = 600.0
"""Seconds until EC2 shows a console; it takes minutes."""
INTERVAL = 5.0
DEBIAN = "136693071363"
"""The account that publishes Debian's AMIs (wiki.debian.org/Cloud/AmazonEC2Image)."""
RECIPE = "bulkhead:recipe"
"""The tag that says which recipe an image or its builder follows."""


def newest(ec2: Any) -> str:
    """The newest Debian 12 image of Debian's own account. Raises BulkheadError."""
    wanted = [{"Name": "name", "Values": ["debian-12-amd64-*"]}]
    found = ec2.describe_images(Owners=[DEBIAN], Filters=wanted)["Images"]
    if not found:
        what = f"account {DEBIAN} shows no debian-12-amd64 image in this region"
        raise BulkheadError(Problem("ami", what, remedy="name one with -e ami_base=ami-…"))
    return str(max(found, key=lambda image: image["CreationDate"])["ImageId"])


def start(ec2: Any, *, base: str | None, subnet: str, group: str, key: str) -> dict[str, str]:
    """Start a builder of a recipe; its instance id, address and SSH host key.

    base: an image id; None for Debian's newest. key: name of the EC2 key pair that may enter.
    Where it does not come up it is ended. Raises BulkheadError.
    """
    tags = [{"Key": "Name", "Value": "bulkhead-builder"}, {"Key": RECIPE, "Value": _recipe()}]
    made = ec2.run_instances(
        ImageId=base or newest(ec2),
        InstanceType="t3.small",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        SecurityGroupIds=[group],
        KeyName=key,
        MetadataOptions={"HttpTokens": "required", "HttpEndpoint": "enabled"},
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    instance = str(made["Instances"][0]["InstanceId"])
    try:
        ec2.get_waiter("instance_running").wait(InstanceIds=[instance])
        host_key = _host_key(ec2, instance)
        found = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    except BaseException:
        end(ec2, instance)
        raise
    address = found.get("PublicIpAddress") or found["PrivateIpAddress"]
    return {"instance": instance, "address": address, "host_key": host_key}


def _host_key(ec2: Any, instance: str) -> str:
    bound = time.monotonic() + PATIENCE
    while True:
        found = key_of(ec2.get_console_output(InstanceId=instance, Latest=True).get("Output", ""))
        if found:
            return found
        if time.monotonic() > bound:
            what = f"its console showed no SSH host key within {PATIENCE:.0f} s"
            raise BulkheadError(Problem(instance, what, remedy="is it an image with cloud-init?"))
        time.sleep(INTERVAL)  # the API tells of nothing by itself


def seal(ec2: Any, *, instance: str) -> dict[str, str]:
    """Stop a builder and make an image of it; its id, once it can be started from."""
    ec2.stop_instances(InstanceIds=[instance])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[instance])
    made = ec2.create_image(
        InstanceId=instance,
        Name=f"bulkhead-{_recipe()[:12]}-{int(time.time())}",
        TagSpecifications=[
            {"ResourceType": "image", "Tags": [{"Key": RECIPE, "Value": _recipe()}]}
        ],
    )
    ec2.get_waiter("image_available").wait(ImageIds=[made["ImageId"]])
    return {"image": made["ImageId"]}


def end(ec2: Any, instance: str) -> dict[str, str]:
    """Terminate a builder."""
    ec2.terminate_instances(InstanceIds=[instance])
    return {"ended": instance}


def _recipe() -> str:
    return recipe.digest()


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.ami", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    starting = verbs.add_parser("start")
    starting.add_argument("--base", default="", help="an image id; Debian's newest without it")
    for name in ("subnet", "group", "key"):
        starting.add_argument(f"--{name}", required=True)
    for verb in ("seal", "end"):
        verbs.add_parser(verb).add_argument("instance")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    """The exit code."""
    asked = _arguments(argv)
    import boto3

    ec2: Any = boto3.client("ec2")
    try:
        match asked.verb:
            case "start":
                place = {"subnet": asked.subnet, "group": asked.group, "key": asked.key}
                said = start(ec2, base=asked.base or None, **place)
            case "seal":
                said = seal(ec2, instance=asked.instance)
            case _:
                said = end(ec2, asked.instance)
    except BulkheadError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(f"{json.dumps(said)}\n")
    return HELD


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

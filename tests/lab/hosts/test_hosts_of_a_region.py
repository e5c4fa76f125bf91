"""A region's machines: what any AWS client does to an instance happens to its host."""

import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from machine_cases import READY, asked_in, awaited, kill, shown_keys, told_keys, traces

from infra.lab.fabric import kernel, names
from infra.lab.region import launch
from infra.lab.region.state import HOSTS, lab_id
from infra.specs.images import BARE

USER_DATA = "#!/bin/sh\necho once >>/root/ran\n"


class Region:
    """A region with one subnet, and the hosts in it."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.info = launch.start(state)
        self.ec2 = launch.clients(self.info)["platform"]
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")
        self.subnet = subnet["Subnet"]["SubnetId"]

    def run(self, image: str) -> str:
        tags = [{"Key": "bulkhead:id", "Value": "acme/ingest/ingest-1"}]
        made = self.ec2.run_instances(
            ImageId=image,
            MinCount=1,
            MaxCount=1,
            SubnetId=self.subnet,
            UserData=USER_DATA,
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )
        return str(made["Instances"][0]["InstanceId"])

    def disk(self, instance: str) -> Path:
        return self.state / HOSTS / instance

    def namespace(self, instance: str) -> str:
        return names.namespace(lab_id(self.state), instance)

    def console(self, instance: str) -> str:
        return str(self.ec2.get_console_output(InstanceId=instance).get("Output", ""))

    def ready(self, instance: str) -> None:
        awaited(lambda: shown_keys(self.namespace(instance)), READY)

    def asked(self, instance: str, *command: str) -> str:
        return asked_in(self.disk(instance), *command)


@pytest.fixture(scope="module")
def region(tmp_path_factory):
    made = Region(tmp_path_factory.mktemp("region") / "state")
    try:
        yield made
    finally:
        launch.stop(made.state, forget=True)


@pytest.fixture(scope="module")
def host(region, baked):
    started = time.monotonic()
    instance = region.run(baked.id)
    assert time.monotonic() - started < 5, "the API waited for a boot"
    region.ready(instance)
    return instance


def test_what_the_api_was_given_is_on_the_host(region, host):
    assert region.asked(host, "hostname") == "acme.ingest.ingest-1"
    assert region.asked(host, "cat", "/root/ran") == "once"


def test_the_api_gives_the_console_with_the_host_keys(region, host):
    assert told_keys(region.console(host)) == shown_keys(region.namespace(host))


def test_a_reboot_keeps_the_disk(region, host):
    before = region.asked(host, "cat", "/proc/sys/kernel/random/boot_id")
    region.ec2.reboot_instances(InstanceIds=[host])
    awaited(lambda: region.asked(host, "cat", "/proc/sys/kernel/random/boot_id") != before, READY)
    region.ready(host)
    assert region.asked(host, "cat", "/root/ran") == "once"


def test_stopped_it_is_gone_and_started_it_has_its_disk(region, host):
    region.ec2.stop_instances(InstanceIds=[host])
    awaited(lambda: traces(region.namespace(host)) == [], READY)
    assert region.disk(host).is_dir()
    region.ec2.start_instances(InstanceIds=[host])
    region.ready(host)
    assert region.asked(host, "cat", "/root/ran") == "once"


def test_stopped_and_started_at_once_it_runs(region, host):
    region.ec2.stop_instances(InstanceIds=[host])
    region.ec2.start_instances(InstanceIds=[host])
    region.ready(host)


def test_terminated_nothing_of_it_is_left(region, baked):
    instance = region.run(baked.id)
    region.ec2.terminate_instances(InstanceIds=[instance])
    assert traces(region.namespace(instance)) == []
    assert not region.disk(instance).exists()


def test_a_bare_instance_has_a_network_and_no_disk(region):
    instance = region.run(BARE)
    assert region.namespace(instance) in kernel.named("bh-")
    assert not region.disk(instance).exists()
    assert region.console(instance) == ""
    region.ec2.terminate_instances(InstanceIds=[instance])


def test_an_image_that_is_not_here_is_refused_as_aws_would(region):
    with pytest.raises(ClientError, match=r"InvalidAMIID\.NotFound"):
        region.run("ami-0123456789abcdef0")


def test_the_images_of_the_region_are_described(region, baked):
    said = region.ec2.describe_images(ImageIds=[BARE, baked.id])["Images"]
    assert {image["ImageId"] for image in said} == {BARE, baked.id}
    assert {image["State"] for image in said} == {"available"}


def test_after_kill_9_the_hosts_come_back_with_their_disks_and_a_stop_leaves_nothing(
    tmp_path, baked
):
    region = Region(tmp_path / "state")
    prefix = names.prefix(lab_id(region.state))
    try:
        kept, dropped = region.run(baked.id), region.run(baked.id)
        region.ready(kept)
        region.ec2.stop_instances(InstanceIds=[dropped])
        kill(region.info)
        assert traces(prefix), "the hosts ended with the region"
        region.info = launch.start(region.state)
        region.ec2 = launch.clients(region.info)["platform"]
        region.ready(kept)
        assert region.asked(kept, "cat", "/root/ran") == "once"
        region.ec2.terminate_instances(InstanceIds=[dropped])
        assert not region.disk(dropped).exists()
        kill(region.info)
    finally:
        launch.stop(region.state, forget=True)
    assert traces(prefix) == []
    assert kernel.named(prefix) == []
    assert not (region.state / HOSTS).exists()

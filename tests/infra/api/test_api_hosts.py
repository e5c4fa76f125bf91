"""Calls that reach into hosts: images, consoles, reboots, and what an instance was given."""

import pytest
from botocore.exceptions import ClientError
from region_in_process import SECRET, InProcess

from infra.lab.api.enforcement import Enforcement
from infra.lab.api.gate import Gate
from infra.lab.api.instances import given
from infra.specs.images import BARE

BAKED = "ami-0123456789abcdef0"


class Hosts:
    """One image, consoles that say their instance's name, and reboots to count."""

    def __init__(self):
        self.rebooted, self.has = [], [BARE, BAKED]

    def images(self):
        return self.has

    def reboot(self, instance):
        self.rebooted.append(instance)

    def console(self, instance):
        return f"console of {instance} & <more>\n"


class WithHosts(InProcess):
    def _start(self):
        super()._start()
        self.hosts = Hosts()
        enforcement = Enforcement(self.reader, self.enforcer)
        self.gate = Gate(self.world, self.journal, enforcement, SECRET, self.hosts)
        self.gate.enforcement.refresh()


@pytest.fixture
def region(tmp_path):
    made = WithHosts(tmp_path)
    yield made
    made.journal.close()


def run(region, image, **wish):
    client = region.client()
    vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    made = client.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnet, **wish)
    return made["Instances"][0]


@pytest.mark.parametrize(
    ("image", "code"),
    [("ami-0000000000000dead", "InvalidAMIID.NotFound"), ("debian", "InvalidAMIID.Malformed")],
)
def test_an_image_that_is_not_here_is_refused_and_nothing_is_made(region, image, code):
    with pytest.raises(ClientError) as refused:
        run(region, image)
    assert refused.value.response["Error"]["Code"] == code
    assert region.client().describe_instances()["Reservations"] == []


def test_an_instance_of_an_image_that_is_gone_is_there_after_a_restart(region):
    before = run(region, BAKED)
    region.hosts.has = [BARE]
    region.restart()
    found = region.client().describe_instances()["Reservations"][0]["Instances"][0]
    for name in ("InstanceId", "ImageId", "VirtualizationType", "PrivateIpAddress"):
        assert found[name] == before[name]


def test_the_regions_images_are_described_to_every_account_and_filters_hold(region):
    for alias in ("platform", "plant"):
        images = region.client(alias).describe_images()["Images"]
        assert {image["ImageId"] for image in images} == {BARE, BAKED}
    one = region.client().describe_images(ImageIds=[BAKED])["Images"]
    assert [(image["ImageId"], image["Architecture"]) for image in one] == [(BAKED, "x86_64")]
    assert region.client().describe_images(Owners=["amazon"])["Images"] == []
    assert region.client().describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    region.hosts.has = [BARE]
    with pytest.raises(ClientError, match=r"InvalidAMIID\.NotFound"):
        region.client().describe_images(ImageIds=[BAKED])


def test_the_console_is_the_hosts_own(region):
    instance = run(region, BAKED)["InstanceId"]
    said = region.client().get_console_output(InstanceId=instance)
    assert said["Output"] == f"console of {instance} & <more>\n"
    assert said["InstanceId"] == instance
    with pytest.raises(ClientError, match=r"InvalidInstanceID\.NotFound"):
        region.client().get_console_output(InstanceId="i-0123456789abcdef0")


def test_a_reboot_reaches_the_host_once_and_not_again_in_a_replay(region):
    instance = run(region, BAKED)["InstanceId"]
    region.client().reboot_instances(InstanceIds=[instance])
    assert region.hosts.rebooted == [instance]
    with pytest.raises(ClientError):
        region.client().reboot_instances(InstanceIds=["i-0123456789abcdef0"])
    assert region.hosts.rebooted == [instance]
    region.restart()
    assert region.hosts.rebooted == []


def test_what_an_instance_was_given_is_known(region):
    tags = [{"Key": "bulkhead:id", "Value": "acme/lyon/ai/gw-1"}]
    made = run(
        region,
        BAKED,
        UserData="#!/bin/sh\necho ü\n",
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )
    known = given(made["InstanceId"])
    assert known.image == BAKED
    assert known.hostname == "acme.lyon.ai.gw-1"
    assert known.user_data == "#!/bin/sh\necho ü\n"
    assert known.tags == {"bulkhead:id": "acme/lyon/ai/gw-1"}


def test_an_instance_without_a_plan_is_named_by_its_address(region):
    made = run(region, BARE)
    known = given(made["InstanceId"])
    assert known.hostname == "ip-10-0-1-4"
    assert known.user_data == ""
    assert given("i-0123456789abcdef0") is None

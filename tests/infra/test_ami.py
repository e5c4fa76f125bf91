"""The builder of the real AMI: started with what AWS needs, sealed, and ended whatever happens."""

import boto3
import pytest
from moto import mock_aws

from bulkhead.errors import BulkheadError
from infra import ami

KEY = "ssh-ed25519 " + "A" * 68
CONSOLE = (
    f"boot\n-----BEGIN SSH HOST KEY KEYS-----\n{KEY} root@b\n-----END SSH HOST KEY KEYS-----\n"
)


@pytest.fixture
def ec2(monkeypatch):
    with mock_aws():
        client = boto3.client(
            "ec2", "eu-central-1", aws_access_key_id="k", aws_secret_access_key="s"
        )
        vpc = client.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = client.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
        group = client.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
        client.place = {"subnet": subnet, "group": group, "key": "pair"}
        client.said = CONSOLE
        monkeypatch.setattr(client, "get_console_output", lambda **_: {"Output": client.said})
        yield client


def states(ec2):
    return {
        instance["InstanceId"]: instance["State"]["Name"]
        for reservation in ec2.describe_instances()["Reservations"]
        for instance in reservation["Instances"]
    }


def test_a_builder_comes_with_its_host_key_and_becomes_an_image_of_the_recipe(ec2):
    builder = ami.start(ec2, base="ami-12c6146b", **ec2.place)
    assert builder["host_key"] == KEY
    sealed = ami.seal(ec2, instance=builder["instance"])
    ami.end(ec2, builder["instance"])
    assert states(ec2) == {builder["instance"]: "terminated"}
    image = ec2.describe_images(ImageIds=[sealed["image"]])["Images"][0]
    assert {"Key": ami.RECIPE, "Value": ami.recipe.digest()} in image["Tags"]


def test_a_builder_whose_console_shows_no_key_is_ended(ec2, monkeypatch):
    monkeypatch.setattr(ami, "PATIENCE", 0.0)
    ec2.said = "nothing to see"
    with pytest.raises(BulkheadError, match="no SSH host key"):
        ami.start(ec2, base="ami-12c6146b", **ec2.place)
    assert set(states(ec2).values()) == {"terminated"}


def test_without_an_image_of_debian_the_remedy_is_said(ec2):
    with pytest.raises(BulkheadError, match="ami_base"):
        ami.newest(ec2)

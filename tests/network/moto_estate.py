"""A small estate in moto's API, built with boto3: what `read` is tried against."""

import contextlib
import functools
import os
from unittest import mock

import boto3
import moto
from botocore.config import Config

from bulkhead.network.boto import BotoApi

PLATFORM, AUDIT = "111111111111", "222222222222"
REGION = "eu-central-1"


@contextlib.contextmanager
def account_switch():
    """moto in this process; yields a function from an account's id to its EC2 client."""
    with mock.patch.dict(os.environ, {"AWS_CONFIG_FILE": "/dev/null"}), moto.mock_aws():
        client_of.cache_clear()
        yield client_of


@functools.cache
def client_of(account):
    """A client whose calls land in that account (moto takes the id as an access key)."""
    keys = credentials_of(account)
    return boto3.client(
        "ec2", region_name=REGION, config=Config(retries={"max_attempts": 1}), **keys
    )


def credentials_of(account):
    """Credentials that moto resolves to `account`, by assuming a role there."""
    sts = boto3.client("sts", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="y")
    got = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/lab", RoleSessionName="lab")
    found = got["Credentials"]
    return {
        "aws_access_key_id": found["AccessKeyId"],
        "aws_secret_access_key": found["SecretAccessKey"],
        "aws_session_token": found["SessionToken"],
    }


def api_of(account):
    return BotoApi(client_of(account), account)


def tags(kind, name):
    return [{"ResourceType": kind, "Tags": [{"Key": "bulkhead:id", "Value": name}]}]


def make_vpc(ec2, name, cidr):
    made = ec2.create_vpc(CidrBlock=cidr, TagSpecifications=tags("vpc", name))
    return made["Vpc"]["VpcId"]


def make_subnet(ec2, name, vpc, cidr):
    made = ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, TagSpecifications=tags("subnet", name))
    return made["Subnet"]["SubnetId"]


def make_group(ec2, name, vpc):
    made = ec2.create_security_group(
        GroupName=name.replace("/", "-"),
        Description="test",
        VpcId=vpc,
        TagSpecifications=tags("security-group", name),
    )
    return made["GroupId"]


def make_host(ec2, name, subnet, group, address):
    made = ec2.run_instances(
        ImageId="ami-12345678",
        MinCount=1,
        MaxCount=1,
        SubnetId=subnet,
        SecurityGroupIds=[group],
        PrivateIpAddress=address,
        TagSpecifications=tags("instance", name),
    )
    return made["Instances"][0]["InstanceId"]

"""What lies beside the network: keys, roles, buckets, trails; the same after a restart."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from region_in_process import REGION, InProcess

BUCKET = "bulkhead-222222222222-example-logs"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "ec2.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


def make(lab: InProcess) -> None:
    """A key, a bucket of the audit account, a flow log and a trail of the platform's into it."""
    audit, platform = lab.client("audit", "s3"), lab.client()
    audit.create_bucket(
        Bucket=BUCKET,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": REGION},
    )
    kept = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 400}}
    audit.put_object_lock_configuration(
        Bucket=BUCKET, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": kept}
    )
    lab.client(service="kms").create_key(Description="one")
    lab.client(service="iam").create_role(RoleName="one", AssumeRolePolicyDocument=TRUST)
    vpc = platform.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    lab.client(service="cloudtrail").create_trail(Name="trail", S3BucketName=BUCKET)
    flow_log(lab, vpc, f"arn:aws:s3:::{BUCKET}/acme")


def flow_log(lab: InProcess, vpc: str, where: str) -> Any:
    return lab.client().create_flow_logs(
        ResourceIds=[vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination=where,
    )


def seen(lab: InProcess) -> list[Any]:
    """All of it, as clients see it."""
    kms, s3 = lab.client(service="kms"), lab.client("audit", "s3")
    found: list[Any] = [
        [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]],
        lab.client(service="iam").list_roles()["Roles"],
        s3.get_object_lock_configuration(Bucket=BUCKET)["ObjectLockConfiguration"],
        lab.client().describe_flow_logs()["FlowLogs"],
        lab.client(service="cloudtrail").describe_trails()["trailList"],
    ]
    assert all(found)
    return found


def test_keys_roles_buckets_and_trails_are_the_same_after_a_restart(lab: InProcess) -> None:
    make(lab)
    before = seen(lab)
    lab.restart()
    assert seen(lab) == before


def test_none_of_it_makes_the_network_be_read_again(lab: InProcess) -> None:
    applied = len(lab.enforcer.applied)
    make(lab)
    # One VPC was made, and nothing else touches packets.
    assert len(lab.enforcer.applied) == applied + 1


def test_a_flow_log_goes_to_a_folder_of_another_accounts_bucket(lab: InProcess) -> None:
    make(lab)
    (found,) = lab.client().describe_flow_logs()["FlowLogs"]
    assert found["LogDestination"] == f"arn:aws:s3:::{BUCKET}/acme"


def test_a_flow_log_to_a_bucket_that_is_not_there_is_refused(lab: InProcess) -> None:
    vpc = lab.client().create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = flow_log(lab, vpc, "arn:aws:s3:::nobodys/acme")
    assert not made["FlowLogIds"]
    assert made["Unsuccessful"][0]["ResourceId"] == vpc


def test_two_flow_logs_of_a_network_to_one_folder_are_refused(lab: InProcess) -> None:
    make(lab)
    (vpc,) = lab.client().describe_vpcs()["Vpcs"]
    with pytest.raises(ClientError, match="FlowLogAlreadyExists"):
        flow_log(lab, vpc["VpcId"], f"arn:aws:s3:::{BUCKET}/acme")

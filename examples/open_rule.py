"""Open or close tcp 8883 of a tenant's broker to the whole internet, as any AWS client could.

Usage: python examples/open_rule.py open|close (with a lab up: `bulkhead up … --env lab`)
"""

import json
import subprocess
import sys

import boto3

GROUP = "borealis/ingest/broker"


def main(verb: str) -> None:
    """Find the group by its tag and authorize or revoke one rule."""
    said = subprocess.check_output(["bulkhead", "status", "--env", "lab", "--json"])
    lab = json.loads(said)
    ec2 = boto3.client(
        "ec2",
        endpoint_url=lab["aws_endpoint"],
        aws_access_key_id=lab["access_key"],
        aws_secret_access_key=lab["secret_key"],
        region_name=lab["region"],
    )
    wanted = [{"Name": "tag:bulkhead:id", "Values": [GROUP]}]
    group = ec2.describe_security_groups(Filters=wanted)["SecurityGroups"][0]["GroupId"]
    change = (
        ec2.authorize_security_group_ingress
        if verb == "open"
        else ec2.revoke_security_group_ingress
    )
    anywhere = [{"CidrIp": "0.0.0.0/0"}]
    change(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 8883, "ToPort": 8883, "IpRanges": anywhere}
        ],
    )
    sys.stdout.write(f"{verb}: tcp 8883 into {GROUP} ({group}) from 0.0.0.0/0\n")


if __name__ == "__main__":
    main(sys.argv[1])

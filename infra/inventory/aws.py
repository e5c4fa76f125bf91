"""Reading an account: the caller's own credentials, and the roles of further accounts."""

import os
from typing import Any

from bulkhead.errors import MissingHere, Problem
from bulkhead.network.boto import BotoApi
from bulkhead.network.deployed import Deployed
from bulkhead.network.read import read

ROLES = "BULKHEAD_ROLES"
"""Environment variable: ARNs of further accounts' roles to read with, separated by commas."""


def clients(region: str) -> dict[str, Any]:
    """An EC2 client for each account that can be read, by its id. MissingHere if none can."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        own = boto3.session.Session(region_name=region)
        sessions = [own, *(_assumed(own, arn, region) for arn in _roles())]
        return {_account(session): session.client("ec2") for session in sessions}
    except (BotoCoreError, ClientError) as error:
        raise unreadable(region, error) from None


def deployed(region: str, readers: dict[str, Any]) -> Deployed:
    """What these accounts hold."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return read([BotoApi(client, account) for account, client in readers.items()])
    except (BotoCoreError, ClientError) as error:
        raise unreadable(region, error) from None


def unreadable(region: str, error: Exception) -> MissingHere:
    """The API cannot be read, in words."""
    if "Unauthorized" in str(error) or "AccessDenied" in str(error):
        return MissingHere(
            Problem(
                where=f"AWS, {region}",
                what=f"a call was denied: {error}",
                allowed="sts:GetCallerIdentity and ec2:Describe*; nothing that writes is needed",
                remedy="have ec2:Describe* allowed for these credentials",
            )
        )
    return MissingHere(
        Problem(
            where=f"AWS, {region}",
            what=f"its API cannot be read: {error}",
            remedy="give credentials as for the aws command (AWS_PROFILE, AWS_ACCESS_KEY_ID); "
            f"further accounts by {ROLES}",
        )
    )


def _roles() -> list[str]:
    return [arn.strip() for arn in os.environ.get(ROLES, "").split(",") if arn.strip()]


def _assumed(session: Any, arn: str, region: str) -> Any:
    import boto3

    keys = session.client("sts").assume_role(RoleArn=arn, RoleSessionName="bulkhead-read")
    held = keys["Credentials"]
    return boto3.session.Session(
        aws_access_key_id=held["AccessKeyId"],
        aws_secret_access_key=held["SecretAccessKey"],
        aws_session_token=held["SessionToken"],
        region_name=region,
    )


def _account(session: Any) -> str:
    return str(session.client("sts").get_caller_identity()["Account"])

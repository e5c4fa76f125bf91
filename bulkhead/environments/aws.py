"""`aws`: what an account says is deployed, read with the user's own credentials."""

import os
from typing import Any

from bulkhead.errors import MissingHere, Problem
from bulkhead.network.boto import BotoApi
from bulkhead.network.deployed import Deployed
from bulkhead.network.read import read
from bulkhead.plan import Plan

ROLES = "BULKHEAD_ROLES"
"""Environment variable: ARNs of further accounts' roles to read with, separated by commas."""


def deployed(plan: Plan) -> Deployed:
    """Every account that can be read: the caller's own, and those whose roles ROLES names."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        own = boto3.session.Session(region_name=plan.region)
        sessions = [own, *(_assumed(own, arn, plan.region) for arn in _roles())]
        return read([_api(session) for session in sessions])
    except (BotoCoreError, ClientError) as error:
        raise MissingHere(
            Problem(
                where=f"AWS, {plan.region}",
                what=f"its API cannot be read: {error}",
                remedy="give credentials as for the aws command (AWS_PROFILE, AWS_ACCESS_KEY_ID); "
                f"further accounts by {ROLES}",
            )
        ) from None


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


def _api(session: Any) -> BotoApi:
    account = session.client("sts").get_caller_identity()["Account"]
    return BotoApi(session.client("ec2"), account)

"""`aws`: what an account says is deployed, and what a signed scope lets us try from here."""

import os
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bulkhead.errors import MissingHere, Problem
from bulkhead.network.boto import BotoApi
from bulkhead.network.deployed import Deployed, Flow, Verdict
from bulkhead.network.read import read
from bulkhead.network.scope import Scope
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


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one flow; `verdict.because` says how it is known, or why it was not tried."""

    verdict: Verdict


Connect = Callable[[str, int], bool]
PATIENCE = 2.0
"""Seconds until a connection counts as unanswered."""


def observe(
    flows: Sequence[Flow],
    deployed: Deployed,
    scope: Scope,
    plants: frozenset[str],
    connect: Connect | None = None,
) -> Mapping[Flow, Tried]:
    """Try what the scope allows, no faster than it allows; the rest is `not observed`.

    Seen from this machine, an answer proves that a way is open. Silence proves nothing, for
    nobody has shown that somebody listens: it is `not observed` too.
    """
    public = {row.host: row.public for row in deployed.interfaces if row.public}
    attempt = connect or _connect
    found = {}
    for flow in flows:
        why = scope.why_not(flow, plants, datetime.now(UTC)) or (
            "" if flow.target in public else "it has no public address"
        )
        if why:
            found[flow] = _unobserved(why)
            continue
        due = time.monotonic() + 1 / scope.rate
        found[flow] = _tried(attempt(str(public[flow.target]), flow.port))
        # Not a wait for something to happen: the rate itself is what was agreed.
        time.sleep(max(0.0, due - time.monotonic()))
    return found


def _tried(answered: bool) -> Tried:
    if answered:
        return Tried(Verdict("answered", None, ("it answered from here",)))
    return _unobserved("silence: nobody has shown that somebody listens")


def _unobserved(why: str) -> Tried:
    return Tried(Verdict("not observed", None, (why,)))


def _connect(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=PATIENCE):
            return True
    except OSError:
        return False


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

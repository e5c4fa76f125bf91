"""Log storage: a stack of its own, which no tenant's end includes. Pure."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bulkhead.plan import Network, Plan
from infra.specs import limits
from infra.specs.owned import FlowLogSpec, KeySpec, LogsSpec
from infra.specs.tables import StackSpec

LOGS = "logs"
"""The stack. It comes first, for the others' logs go to it, and is never removed."""
LOGS_KEY = "logs"
"""The id of the bucket's key."""
AUDIT = "audit"
PREMISES = "plant"
RETENTION = {"flat": 365, "acl": 365, "segmented": 730, "dedicated": 1095, "mesh": 1095}
"""Days that logs are kept by default, by tier: what a provider promises, and no law's number. One
bucket has one default: the longest of its tenants'. It can be made longer, never shorter."""
LEAST = 365
SERVICES = ("cloudtrail.amazonaws.com", "delivery.logs.amazonaws.com")
SHARED_TAG = "shared"
"""The tag `tenant` of the provider's own roles: its log host writes for every tenant."""


def log_storage(plan: Plan, digest: str) -> StackSpec:
    """The stack of log storage: the bucket, its key, the trails, and nothing of any tenant."""
    return StackSpec(
        stack=LOGS,
        estate=plan.estate,
        region=plan.region,
        digest=digest,
        networks=(),
        groups=(),
        conduits=(),
        peerings=(),
        hosts=(),
        tier=LOGS,
        keys=(logs_key(plan),),
        logs=logs(plan),
    )


def logs(plan: Plan) -> LogsSpec:
    """The bucket, and whose logs arrive in it."""
    return LogsSpec(
        id=LOGS,
        account=AUDIT,
        estate=plan.estate,
        key=LOGS_KEY,
        days=max([LEAST, *(RETENTION.get(tenant.tier, LEAST) for tenant in plan.tenants)]),
        trail=limits.trail(plan.estate),
        accounts=_accounts(plan),
    )


def logs_key(plan: Plan) -> KeySpec:
    """The key of the bucket: services write with it, roles of other accounts too, nobody reads."""
    return KeySpec(
        id=LOGS_KEY,
        account=AUDIT,
        owner=LOGS,
        alias=limits.alias(plan.estate, LOGS_KEY),
        services=SERVICES,
        writers=_accounts(plan),
    )


def _accounts(plan: Plan) -> tuple[str, ...]:
    """The accounts whose calls are recorded: all but the customers' premises."""
    used = {network.account for network in plan.networks if not network.standin}
    return tuple(sorted(used | {AUDIT, "platform"}))


def flow_logs(networks: Iterable[Network]) -> tuple[FlowLogSpec, ...]:
    """A flow log of each network but a stand-in, in the folder of the stack that owns it."""
    return tuple(
        FlowLogSpec(id=row.id, account=row.account, network=row.id, folder=row.stack)
        for row in networks
        if not row.standin
    )


def break_glass(estate: str) -> str:
    """The name of the one role that may change how logs are kept."""
    return limits.role(estate, "break-glass")


LOCKED = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObjectVersion",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
)
"""What would shorten, empty or open: for the break-glass role alone. COMPLIANCE binds even it."""
KMS = "s3:x-amz-server-side-encryption"
KMS_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"


def bucket_policy(spec: LogsSpec, key_arn: str, accounts: Mapping[str, str]) -> str:
    """The bucket's policy, as JSON. accounts: alias to 12-digit id."""
    bucket = f"arn:aws:s3:::{limits.bucket(spec.estate, accounts[spec.account])}"
    ids = sorted(accounts[alias] for alias in spec.accounts)
    said = [*_denials(spec, bucket, key_arn, accounts), *_allowances(spec, bucket, ids)]
    return json.dumps({"Version": "2012-10-17", "Statement": said}, sort_keys=True)


def _denials(
    spec: LogsSpec, bucket: str, key_arn: str, accounts: Mapping[str, str]
) -> Iterable[dict[str, Any]]:
    both, inside = [bucket, f"{bucket}/*"], f"{bucket}/*"
    glass = f"arn:aws:iam::{accounts[spec.account]}:role{_glass_path(spec.estate)}"
    glass += break_glass(spec.estate)
    yield _deny("Insecure", "s3:*", both, {"Bool": {"aws:SecureTransport": "false"}})
    yield _deny("OldTls", "s3:*", both, {"NumericLessThan": {"s3:TlsVersion": "1.2"}})
    yield _deny("Unsigned", "s3:*", both, {"StringEquals": {"aws:PrincipalType": "Anonymous"}})
    yield _deny("OldSignature", "s3:*", both, {"StringEquals": {"s3:signatureversion": "AWS"}})
    # Nothing said is the bucket's own default, which is this key; log delivery says nothing.
    other = {"StringNotEqualsIfExists": {KMS: "aws:kms"}}
    yield _deny("Unencrypted", "s3:PutObject", inside, other)
    yield _deny("OtherKey", "s3:PutObject", inside, {"StringNotEqualsIfExists": {KMS_KEY: key_arn}})
    no_key = {"StringEquals": {KMS: "aws:kms"}, "Null": {KMS_KEY: "true"}}
    yield _deny("AwsKey", "s3:PutObject", inside, no_key)
    # One statement for any number of tenants: a bucket's policy holds 20 KB.
    tenants = {
        "Null": {"aws:PrincipalTag/tenant": "false"},
        "StringNotEquals": {"aws:PrincipalTag/tenant": SHARED_TAG},
    }
    own = f"{bucket}/${{aws:PrincipalTag/tenant}}/*"
    yield _deny("CrossTenant", "s3:*", own, tenants, outside=True)
    unless = {"ArnNotEquals": {"aws:PrincipalArn": glass}}
    yield _deny("Retention", list(LOCKED), both, unless)


def _allowances(spec: LogsSpec, bucket: str, ids: list[str]) -> Iterable[dict[str, Any]]:
    mine = [f"arn:aws:iam::{account}:role{limits.path(spec.estate, '*')}*" for account in ids]
    yield {
        "Sid": "RolesPut",
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:aws:iam::{account}:root" for account in ids]},
        "Action": "s3:PutObject",
        "Resource": f"{bucket}/*",
        "Condition": {"ArnLike": {"aws:PrincipalArn": mine}},
    }
    for sid, service, folder in (
        ("Trail", SERVICES[0], "cloudtrail/AWSLogs"),
        ("Flows", SERVICES[1], "*/AWSLogs"),
    ):
        ours = {"StringEquals": {"aws:SourceAccount": ids}}
        rest = {"Effect": "Allow", "Principal": {"Service": service}, "Condition": ours}
        look = {"Action": "s3:GetBucketAcl", "Resource": bucket}
        put = {"Action": "s3:PutObject", "Resource": [f"{bucket}/{folder}/{one}/*" for one in ids]}
        yield {"Sid": f"{sid}Looks", **rest, **look}
        yield {"Sid": f"{sid}Puts", **rest, **put}


def _glass_path(estate: str) -> str:
    return limits.path(estate, LOGS)


def glass_trust(account: str) -> str:
    """Who may take the break-glass role: the audit account's own people, with a second factor."""
    second = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
                    "Action": "sts:AssumeRole",
                    "Condition": second,
                }
            ],
        },
        sort_keys=True,
    )


def glass_policy(estate: str, account: str) -> str:
    """What it may do with the one bucket, and no other."""
    bucket = f"arn:aws:s3:::{limits.bucket(estate, account)}"
    statement = {"Effect": "Allow", "Action": list(LOCKED), "Resource": [bucket, f"{bucket}/*"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, sort_keys=True)


def _deny(
    sid: str, action: Any, resource: Any, condition: Mapping[str, Any], *, outside: bool = False
) -> dict[str, Any]:
    """outside: the resource is what is not denied."""
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "NotResource" if outside else "Resource": resource,
        "Condition": dict(condition),
    }

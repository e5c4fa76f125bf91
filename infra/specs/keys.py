"""The KMS keys: one for each owner in each account where it has hosts. Pure."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bulkhead.plan import Plan
from infra.specs import limits
from infra.specs.owned import KeySpec

ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListAliases",
    "kms:ListGrants",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
"""What the account may do with a key: all but use it."""
USE = ("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")
SEAL = ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*")
"""What a service or a writer needs that puts encrypted objects into a bucket."""
PREMISES = "plant"
"""The account that stands for customers' premises: what is there has no key of the estate."""


def key_id(owner: str, account: str) -> str:
    """The id of an owner's key in an account."""
    return owner if account == "platform" else f"{owner}/{account}"


def keys(plan: Plan, owner: str, accounts: Iterable[str]) -> tuple[KeySpec, ...]:
    """The keys of a stack, whose hosts lie in these accounts."""
    return tuple(
        KeySpec(
            id=key_id(owner, account),
            account=account,
            owner=owner,
            alias=limits.alias(plan.estate, key_id(owner, account)),
        )
        for account in sorted(set(accounts) - {PREMISES})
    )


def policy(spec: KeySpec, estate: str, region: str, accounts: Mapping[str, str]) -> str:
    """The key's policy, as JSON. accounts: alias to 12-digit id."""
    own = accounts[spec.account]
    root = f"arn:aws:iam::{own}:root"
    said = [
        _allow("account administers", ADMINISTRATION, {"AWS": root}),
        _allow(
            "owner's roles use",
            USE,
            {"AWS": root},
            # By condition, not by name: AWS refuses a policy that names a role not made yet.
            {"ArnLike": {"aws:PrincipalArn": roles_of(own, estate, spec.owner)}},
        ),
    ]
    if not spec.services:
        volumes = {
            "StringEquals": {
                "kms:CallerAccount": own,
                "kms:ViaService": f"ec2.{region}.amazonaws.com",
            }
        }
        said.append(
            _allow("volumes of instances", (*USE, "kms:CreateGrant"), {"AWS": root}, volumes)
        )
    if spec.services:
        ids = sorted(accounts[alias] for alias in spec.writers)
        ours = {"StringEquals": {"aws:SourceAccount": ids}}
        said.append(_allow("services write", SEAL, {"Service": list(spec.services)}, ours))
    for alias in spec.writers:
        other = accounts[alias]
        writing = {"ArnLike": {"aws:PrincipalArn": roles_of(other, estate, "*")}}
        said.append(_allow(f"{alias} writes", SEAL, {"AWS": f"arn:aws:iam::{other}:root"}, writing))
    return json.dumps({"Version": "2012-10-17", "Statement": said}, sort_keys=True)


def roles_of(account: str, estate: str, owner: str) -> str:
    """The pattern of the ARNs of an owner's roles: a path, so that `a` is not also `a-b`."""
    return f"arn:aws:iam::{account}:role{limits.path(estate, owner)}*"


def _allow(
    sid: str, actions: Iterable[str], principal: Mapping[str, Any], condition: Any = None
) -> dict[str, Any]:
    words = "".join(part.capitalize() for part in sid.replace("'", "").split())
    made = {
        "Sid": "".join(filter(str.isalnum, words)),
        "Effect": "Allow",
        "Principal": dict(principal),
        "Action": list(actions),
        "Resource": "*",
    }
    return made | ({"Condition": condition} if condition else {})

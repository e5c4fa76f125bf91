"""The IAM role of each host, and what it may do: what its role needs, and nothing else. Pure."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from bulkhead.plan import Host, Plan
from infra.specs import limits
from infra.specs.keys import PREMISES, key_id
from infra.specs.logs import LOGS_KEY
from infra.specs.owned import RoleSpec

GRANTS: Mapping[str, tuple[str, ...]] = {
    "bastion": ("session",),
    "logstore": ("put-logs",),
    "vault": ("unseal",),
}
"""Role of a host -> what it is granted. Every other host has a role that may do nothing."""
SESSION = (
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
"""What Session Manager's agent asks for: the provider's way in when the bastion's SSH fails."""


def roles(plan: Plan, hosts: Iterable[tuple[Host, str]]) -> tuple[RoleSpec, ...]:
    """A role for each (host, account alias); a customer's own premises have none of the estate."""
    return tuple(
        RoleSpec(
            id=host.id,
            account=account,
            owner=host.stack,
            name=limits.role(plan.estate, host.id),
            path=limits.path(plan.estate, host.stack),
            grants=GRANTS.get(host.role, ()),
        )
        for host, account in hosts
        if account != PREMISES
    )


def trust() -> str:
    """The document by which EC2, and nobody else, gives a role to an instance."""
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    )


def policy(spec: RoleSpec, estate: str, region: str, accounts: Mapping[str, str]) -> str | None:
    """What the role may do, as JSON; None for nothing. accounts: alias to 12-digit id."""
    said: list[dict[str, Any]] = []
    for grant in spec.grants:
        said += _STATEMENTS[grant](spec, estate, region, accounts)
    return _document(*said) if said else None


def _session(*_: Any) -> list[dict[str, Any]]:
    return [{"Effect": "Allow", "Action": list(SESSION), "Resource": "*"}]


def _put_logs(
    spec: RoleSpec, estate: str, region: str, accounts: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Put, never read, list or delete."""
    audit = accounts["audit"]
    bucket = limits.bucket(estate, audit)
    put = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    actions = ["kms:Decrypt", "kms:GenerateDataKey"]
    return [put, _with_key(actions, region, audit, limits.alias(estate, LOGS_KEY))]


def _unseal(
    spec: RoleSpec, estate: str, region: str, accounts: Mapping[str, str]
) -> list[dict[str, Any]]:
    actions = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"]
    alias = limits.alias(estate, key_id(spec.owner, spec.account))
    return [_with_key(actions, region, accounts[spec.account], alias)]


def _with_key(actions: list[str], region: str, account: str, alias: str) -> dict[str, Any]:
    """By its alias: a policy's resource cannot be one, and the key's id is another stack's."""
    return {
        "Effect": "Allow",
        "Action": actions,
        "Resource": f"arn:aws:kms:{region}:{account}:key/*",
        "Condition": {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}},
    }


_STATEMENTS = {"session": _session, "put-logs": _put_logs, "unseal": _unseal}


def _document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)

"""One explicit provider per account. The real plugin and the lab's take the same arguments."""

from typing import Any

import pulumi_aws as aws

from infra.program.target import SERVICES, Target
from infra.specs import limits
from infra.specs.tables import StackSpec


def providers(spec: StackSpec, target: Target) -> dict[str, aws.Provider]:
    """A provider for each account in which the stack makes something."""
    return {
        account: aws.Provider(account, **_arguments(spec, target, account))
        for account in spec.accounts
    }


def _arguments(spec: StackSpec, target: Target, account: str) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "region": spec.region,
        "default_tags": aws.ProviderDefaultTagsArgs(
            tags={
                "bulkhead:estate": limits.tag(spec.estate),
                "bulkhead:stack": limits.tag(spec.stack),
                # Whose cost it is; and policies tell tenants' roles apart by `tenant`.
                "tenant": limits.tag(spec.stack),
                "tier": limits.tag(spec.tier),
                "cost-centre": limits.tag(f"{spec.estate}/{spec.stack}"),
            }
        ),
    }
    if account in target.roles:
        arguments["assume_roles"] = [
            aws.ProviderAssumeRoleArgs(role_arn=target.roles[account], session_name="bulkhead")
        ]
    else:
        arguments["allowed_account_ids"] = [target.accounts[account]]
    if target.endpoint:
        arguments |= {
            "endpoints": [aws.ProviderEndpointArgs(**dict.fromkeys(SERVICES, target.endpoint))],
            "access_key": target.access_key,
            "secret_key": target.secret_key,
            "s3_use_path_style": True,
            "skip_credentials_validation": True,
            "skip_metadata_api_check": True,
            "skip_requesting_account_id": True,
        }
        arguments.pop("allowed_account_ids", None)
    return arguments

"""Where a program is aimed: accounts, endpoint and credentials. The plan says nothing of these."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The accounts behind the plan's aliases, and how to reach them.

    accounts: alias to 12-digit id. roles: alias to the ARN of the role to assume; an alias
    without one uses the caller's own credentials. endpoint: None for AWS itself. image: AMI id.
    standins: whether the plants' stand-in networks are deployed. ssh_key: the operator's public
    key, with which hosts let themselves be configured at first; None for hosts that run nothing.
    """

    accounts: dict[str, str]
    image: str
    standins: bool
    ssh_key: str | None = None
    roles: dict[str, str] = field(default_factory=dict)
    endpoint: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)


SERVICES = ("budgets", "cloudtrail", "ec2", "iam", "kms", "s3", "ssm", "sts")
"""Every AWS service that the program speaks to; with a custom endpoint each must be named."""

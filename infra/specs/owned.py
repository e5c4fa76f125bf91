"""What a stack owns beside its networks: keys, roles, recording. Frozen; pure.

Policy documents are made by `keys`, `iam` and `logs` once account ids are known: no plan has them.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySpec:
    """A KMS key of `owner` (a tenant's id, or `shared`), whose roles alone use it.

    services: those of AWS that encrypt with it, e.g. CloudTrail, for the accounts in `writers`,
    whose roles of this estate may encrypt with it too (aliases).
    """

    id: str
    account: str
    owner: str
    alias: str
    services: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSpec:
    """The IAM role and the instance profile of a host. grants: see `infra.specs.iam.GRANTS`."""

    id: str
    account: str
    owner: str
    name: str
    path: str
    grants: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowLogSpec:
    """The flow log of a network, into the owner's folder of the log bucket."""

    id: str
    account: str
    network: str
    folder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogsSpec:
    """Log storage: a bucket that locks what it is given for `days`, and a trail into it.

    accounts: aliases whose calls, flows and hosts' logs arrive.
    """

    id: str
    account: str
    estate: str
    key: str
    days: int
    trail: str
    accounts: tuple[str, ...]

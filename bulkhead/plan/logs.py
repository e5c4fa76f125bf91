"""Where logs are kept, and for how long: a bucket for each retention, a prefix for each tenant.

Whoever puts has no say in how long: the bucket keeps whatever is put for its own days. So tenants
of one retention share a bucket, and none of their people can shorten it.
"""

from collections.abc import Mapping
from typing import Literal

from bulkhead.plan.tables import SHARED, Plan

Kind = Literal["events", "flows", "api"]
PLANE = 365
"""Days, at least, for logs of the provider's own plane; never less than any tenant's."""


def retention(plan: Plan) -> Mapping[str, int]:
    """Days by tenant, the provider's own plane (`shared`) among them."""
    found = {tenant.id: tenant.retention for tenant in plan.tenants}
    return {**found, SHARED: max([PLANE, *found.values()])}


def bucket(plan: Plan, days: int) -> str:
    """The bucket that keeps for so many days."""
    return f"{plan.estate}-logs-{days}d"


def buckets(plan: Plan) -> Mapping[str, int]:
    """Days by bucket, of all that the estate needs, in the buckets' order."""
    return {bucket(plan, days): days for days in sorted(set(retention(plan).values()))}


def prefix(plan: Plan, tenant: str, kind: Kind) -> str:
    """`BUCKET/TENANT/KIND/`: below it lie that tenant's logs of that kind."""
    return f"{bucket(plan, retention(plan)[tenant])}/{tenant}/{kind}/"

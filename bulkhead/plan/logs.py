"""Where logs are kept, and for how long: a bucket for each retention, a prefix for each tenant.

Whoever puts has no say in how long: the bucket keeps whatever is put for its own days. So tenants
of one retention share a bucket, and none of their people can shorten it. A tenant that has an audit
plane of its own has a store of its own there.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from bulkhead.plan.tables import SHARED, Host, Plan

Kind = Literal["events", "flows", "api"]
PLANE = 365
"""Days, at least, for logs of the provider's own plane; never less than any tenant's."""


def retention(plan: Plan) -> Mapping[str, int]:
    """Days by tenant, the provider's own plane (`shared`) among them."""
    found = {tenant.id: tenant.retention for tenant in plan.tenants}
    return {**found, SHARED: max([PLANE, *found.values()])}


def stored(plan: Plan, store: Host) -> tuple[str, ...]:
    """Whose logs lie on a host: everybody's on the provider's, else its own tenant's."""
    return tuple(sorted(retention(plan))) if store.tenant == SHARED else (store.tenant,)


def bucket(plan: Plan, days: int) -> str:
    """The bucket that keeps for so many days."""
    return f"{plan.estate}-logs-{days}d"


def buckets(plan: Plan, tenants: Iterable[str]) -> Mapping[str, int]:
    """Days by bucket, of all that these tenants need, the shortest first."""
    kept = retention(plan)
    return {bucket(plan, days): days for days in sorted({kept[row] for row in tenants})}


def prefix(plan: Plan, tenant: str, kind: Kind) -> str:
    """`BUCKET/TENANT/KIND/`: below it lie that tenant's logs of that kind."""
    return f"{bucket(plan, retention(plan)[tenant])}/{tenant}/{kind}/"

"""Who of the plan's people is meant by a role. Pure."""

from bulkhead.plan import SHARED, Person, Plan

_LAST = 1 << 30


def holder(plan: Plan, role: str, tenant: str | None) -> Person | None:
    """Whoever is asked first of those with a role; None if nobody has it.

    role: `customer.engineer`, `provider.operator`, or `engineer`: then the tenant's own people
    come before the provider's. A person's id (`acme/marc`) means that person.
    """
    if exact := [one for one in plan.people if one.id == role]:
        return exact[0]
    side, dot, name = role.rpartition(".")
    homes = {"provider": (SHARED,), "customer": (tenant,)}.get(side, (tenant, SHARED))
    wanted = name if dot else role
    for home in homes:
        able = [one for one in plan.people if one.tenant == home and wanted in one.roles]
        if able:
            return min(able, key=lambda one: (one.escalation or _LAST, one.id))
    return None

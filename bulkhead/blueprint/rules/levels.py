"""Security levels: what a tier carries, and who accepted that it falls short."""

from collections.abc import Iterator
from datetime import date

from bulkhead.blueprint.faults import Fault, Where
from bulkhead.blueprint.kinds import HOSTED
from bulkhead.blueprint.model import Estate, TenantSpec
from bulkhead.blueprint.policy import zone_policy
from bulkhead.blueprint.tiers import Tier, tiers


def tiers_are_known(estate: Estate, today: date) -> Iterator[Fault]:
    """Each tenant's tier has a file."""
    for index, tenant in enumerate(estate.tenants):
        if tenant.tier not in tiers():
            known = "; ".join(f"{tier.name}: {tier.summary}" for tier in tiers().values())
            what = f"there is no tier `{tenant.tier[:40]}`"
            yield Fault(("tenants", index, "tier"), what, known, "choose one of these")


def tiers_carry_their_targets(estate: Estate, today: date) -> Iterator[Fault]:
    """A hosted zone's target is within the tier's capability, or an exception covers the rest."""
    for index, tenant in enumerate(estate.tenants):
        tier = tiers().get(tenant.tier)
        if tier is None:
            continue
        for kind in HOSTED:
            yield from _short(estate, tenant, ("tenants", index), kind, tier)


def _short(estate: Estate, tenant: TenantSpec, at: Where, kind: str, tier: Tier) -> Iterator[Fault]:
    wanted = zone_policy(estate, tenant, kind, None).spec.target.vector()
    covered = {
        requirement
        for exception in tenant.exceptions
        if kind in exception.zones
        for requirement in exception.covers
    }
    gaps = [
        f"FR{number} {want} > {can.level}"
        for number, (want, can) in enumerate(zip(wanted, tier.capability, strict=True), 1)
        if want > can.level and f"FR{number}" not in covered
    ]
    if gaps:
        override = getattr(tenant.zones, kind)
        stated = override is not None and override.target is not None
        where: Where = (*at, "zones", kind, "target") if stated else (*at, "tier")
        yield Fault(
            where,
            f"tier {tier.name} cannot carry the target of {tenant.id}/{kind}: {', '.join(gaps)}",
            "SL-T up to " + ", ".join(f"FR{n} {c.level}" for n, c in enumerate(tier.capability, 1)),
            "choose a stronger tier, lower the target with a reason, or add an exception with "
            "owner, approver and expiry",
        )


def exceptions_have_not_expired(estate: Estate, today: date) -> Iterator[Fault]:
    """An exception holds up to and including its day."""
    for index, tenant in enumerate(estate.tenants):
        for number, exception in enumerate(tenant.exceptions):
            if date.fromisoformat(exception.expires) < today:
                yield Fault(
                    ("tenants", index, "exceptions", number, "expires"),
                    f"the exception expired on {exception.expires}; today is {today.isoformat()}",
                    "a day from today on",
                    "choose a stronger tier, or have it approved again with a new expiry",
                )

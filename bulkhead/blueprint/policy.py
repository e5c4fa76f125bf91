"""Estate-wide defaults and the differences of tenants and sites, put together."""

from bulkhead.blueprint.model import (
    ApprovalSpec,
    Estate,
    IdentityDefault,
    IdentityOverride,
    IdentityOverrides,
    SiteSpec,
    Strict,
    TenantSpec,
    ZoneSpec,
)

KINDS = ("human", "device", "workload")


class ZonePolicy(Strict):
    """What holds for one zone in the end."""

    spec: ZoneSpec
    approval: ApprovalSpec


def zone_policy(estate: Estate, tenant: TenantSpec, kind: str, site: SiteSpec | None) -> ZonePolicy:
    """The estate's default for the kind, changed by the tenant's and then the site's override."""
    spec: ZoneSpec = getattr(estate.zones, kind)
    approval = tenant.approval
    for override in (
        getattr(tenant.zones, kind, None),
        getattr(site.zones, kind) if site else None,
    ):
        if override is None:
            continue
        approval = override.approval or approval
        spec = ZoneSpec(
            consequence=override.consequence or spec.consequence,
            target=override.target or spec.target,
            reason=override.reason,
        )
    return ZonePolicy(spec=spec, approval=approval)


def identity_policy(estate: Estate, overrides: IdentityOverrides, kind: str) -> IdentityDefault:
    """The estate's policy for a kind of identity, changed by a tenant's or the plane's override."""
    default: IdentityDefault = getattr(estate.identities, kind)
    override: IdentityOverride | None = getattr(overrides, kind)
    if override is None:
        return default
    return default.model_copy(update=override.model_dump(exclude_none=True))

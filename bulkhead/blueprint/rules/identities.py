"""Identities: somebody answers for each."""

from collections.abc import Iterator
from datetime import date

from bulkhead.blueprint.faults import Fault, Where
from bulkhead.blueprint.model import Estate, IdentityOverrides, TenantSpec
from bulkhead.blueprint.people import owner_id
from bulkhead.blueprint.policy import KINDS, identity_policy


def identities_have_an_owner(estate: Estate, today: date) -> Iterator[Fault]:
    """The owner that a policy names is a person, or a role somebody has, in every tenant."""
    yield from _owned(estate, None, ("shared",), estate.shared.identities)
    for index, tenant in enumerate(estate.tenants):
        yield from _owned(estate, tenant, ("tenants", index), tenant.identities)


def _owned(
    estate: Estate, tenant: TenantSpec | None, at: Where, overrides: IdentityOverrides
) -> Iterator[Fault]:
    for kind in KINDS if tenant else ("human", "workload"):
        ref = identity_policy(estate, overrides, kind).owner
        if owner_id(estate, tenant, ref) is not None:
            continue
        override = getattr(overrides, kind)
        stated = override is not None and override.owner is not None
        here: Where = (*at, "identities", kind, "owner")
        place: Where = here if stated else ("identities", kind, "owner")
        whose = tenant.id if tenant else "the shared plane"
        yield Fault(
            place,
            f"{kind} identities of {whose} have no owner: nobody is `{ref}`",
            "a person's id, or a role that somebody there has, e.g. customer.engineer",
            f"add such a person, or name another owner in the `identities` of {whose}",
        )

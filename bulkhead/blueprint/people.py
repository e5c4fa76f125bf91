"""Who is meant: references to people and roles, resolved to plan ids."""

from collections.abc import Iterable

from bulkhead.blueprint.model import Estate, PersonSpec, TenantSpec
from bulkhead.plan import SHARED

_LAST = 1 << 30


def person_id(estate: Estate, tenant: TenantSpec | None, ref: str) -> str | None:
    """The plan id of `ref`: one of the tenant's own people, or `shared/<id>`; None if unknown.

    Without a tenant the reference is made in the shared plane, whose own people are the
    provider's.
    """
    scope, _, name = ref.rpartition("/")
    provider = bool(scope) or tenant is None
    people: Iterable[PersonSpec] = estate.shared.people if provider else _own(tenant)
    home = SHARED if provider or tenant is None else tenant.id
    return f"{home}/{name}" if any(person.id == name for person in people) else None


def owner_id(estate: Estate, tenant: TenantSpec | None, ref: str) -> str | None:
    """The plan id of an owner: a person, or whoever of a role is asked first; None if nobody."""
    side, dot, role = ref.partition(".")
    if not dot:
        return person_id(estate, tenant, ref)
    provider = side == "provider"
    people: Iterable[PersonSpec] = estate.shared.people if provider else _own(tenant)
    home = SHARED if provider or tenant is None else tenant.id
    able = [person for person in people if role in getattr(person, "roles", ())]
    first = min(able, key=lambda person: (person.escalation or _LAST, person.id), default=None)
    return f"{home}/{first.id}" if first else None


def entrants(estate: Estate, ref: str) -> tuple[str, ...]:
    """The plan ids of those of the provider whom an entry means: one person, or all of a role.

    Nobody without a role that has accounts: a vendor's work is asked for case by case.
    """
    side, dot, role = ref.partition(".")
    able = [person for person in estate.shared.people if {"operator", "support"} & {*person.roles}]
    ids = [
        f"{SHARED}/{person.id}"
        for person in able
        if (role in person.roles if dot else f"{SHARED}/{person.id}" == side)
    ]
    return tuple(sorted(ids))


def _own(tenant: TenantSpec | None) -> tuple[PersonSpec, ...]:
    return tenant.people if tenant else ()

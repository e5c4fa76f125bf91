"""Entries: who of the provider may enter a tenant's zones is granted by that tenant's people.

That a grant has expired is no fault: it gives nothing from then on, and `bulkhead plan` tells it.
An estate must not become unloadable overnight.
"""

from collections.abc import Iterator
from datetime import date

from bulkhead.blueprint.faults import Fault, Where
from bulkhead.blueprint.model import EntrySpec, Estate, TenantSpec
from bulkhead.blueprint.people import entrants
from bulkhead.plan import SHARED


def entries_name_somebody(estate: Estate, today: date) -> Iterator[Fault]:
    """An entry means somebody of the provider who can have an account: never a vendor."""
    able = [row.id for row in estate.shared.people if entrants(estate, f"{SHARED}/{row.id}")]
    for where, _, entry in _entries(estate):
        if not entrants(estate, entry.who):
            yield Fault(
                (*where, "who"),
                f"`{entry.who}` is nobody who can have an account on a host",
                ", ".join(f"{SHARED}/{name}" for name in able[:20])
                or "an operator or support person of the provider",
                "name an operator or a support person; a vendor's work is asked for case by case",
            )


def entries_are_granted_by_the_tenant(estate: Estate, today: date) -> Iterator[Fault]:
    """Its approver is one of the tenant's own administrators."""
    for where, tenant, entry in _entries(estate):
        admins = [person.id for person in tenant.people if "admin" in person.roles]
        if entry.approver not in admins:
            yield Fault(
                (*where, "approver"),
                f"`{entry.approver}` is no administrator of {tenant.id} and cannot grant entry",
                ", ".join(admins[:20]) or f"a person of {tenant.id} with the role admin",
                "let the customer's administrator grant it",
            )


def entries_end_after_they_begin(estate: Estate, today: date) -> Iterator[Fault]:
    """A grant's last day is not before its first."""
    for where, _, entry in _entries(estate):
        if entry.expires < entry.start:
            what = f"the grant expires on {entry.expires}, before it begins on {entry.start}"
            allowed = "a day from the first one on"
            yield Fault((*where, "expires"), what, allowed, "exchange the two")


def entries_are_written_once(estate: Estate, today: date) -> Iterator[Fault]:
    """No two grants of a tenant to the same from the same day: which one ends it would be open."""
    seen: set[tuple[str, str, str]] = set()
    for where, tenant, entry in _entries(estate):
        key = (tenant.id, entry.who, entry.start)
        if key in seen:
            what = f"`{entry.who}` is granted entry from {entry.start} already"
            yield Fault((*where, "who"), what, "each once", "delete one of the two")
        seen.add(key)


def _entries(estate: Estate) -> Iterator[tuple[Where, TenantSpec, EntrySpec]]:
    for index, tenant in enumerate(estate.tenants):
        for number, entry in enumerate(tenant.entry):
            yield ("tenants", index, "entry", number), tenant, entry

"""Allowlists: each entry is written once and answered for by somebody who can be asked.

That an entry has expired is no fault: it does nothing from then on, and is left out of what is
deployed. An estate must not become unloadable overnight.
"""

from collections.abc import Iterator
from datetime import date

from bulkhead.blueprint.faults import Fault, Where
from bulkhead.blueprint.model import AllowSpec, Estate, TenantSpec
from bulkhead.blueprint.people import person_id


def allowances_have_an_owner(estate: Estate, today: date) -> Iterator[Fault]:
    """An entry's owner is one of the tenant's people or of the provider's, never a role alone."""
    for where, tenant, entry in _entries(estate):
        if person_id(estate, tenant, entry.owner) is None:
            own = tenant.people if tenant else estate.shared.people
            names = ", ".join(person.id for person in own[:20])
            what = f"nobody here is `{entry.owner}`"
            yield Fault((*where, "owner"), what, f"one of {names}", "name a listed person")


def allowances_are_written_once(estate: Estate, today: date) -> Iterator[Fault]:
    """No name twice in one list: two owners or two days would contradict each other."""
    seen: set[tuple[str, str]] = set()
    for where, tenant, entry in _entries(estate):
        key = (tenant.id if tenant else "", entry.egress)
        if key in seen:
            what = f"`{entry.egress}` is allowed already"
            yield Fault((*where, "egress"), what, "each name once", "delete one of the two")
        seen.add(key)


def _entries(estate: Estate) -> Iterator[tuple[Where, TenantSpec | None, AllowSpec]]:
    for number, entry in enumerate(estate.shared.allow):
        yield ("shared", "allow", number), None, entry
    for index, tenant in enumerate(estate.tenants):
        for number, entry in enumerate(tenant.allow):
            yield ("tenants", index, "allow", number), tenant, entry

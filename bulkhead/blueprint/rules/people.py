"""People: everybody named exists, nobody serves both sides, somebody is asked first."""

from collections.abc import Iterator
from datetime import date

from bulkhead.blueprint.faults import Fault, Where
from bulkhead.blueprint.model import Estate, PersonSpec, SiteZones, TenantSpec
from bulkhead.blueprint.people import person_id


def references_name_somebody(estate: Estate, today: date) -> Iterator[Fault]:
    """Approvers, owners of exceptions and the authority over production are people we know.

    What the asset owner approves is approved by the tenant's own people, never the provider's.
    """
    yield from _known(estate, None, ("shared", "approval", "by"), estate.shared.approval.by)
    for index, tenant in enumerate(estate.tenants):
        at: Where = ("tenants", index)
        yield from _known(estate, tenant, (*at, "authority"), tenant.authority)
        yield from _own(estate, tenant, (*at, "approval", "by"), tenant.approval.by)
        for where, by in _approvals(at, tenant):
            yield from _own(estate, tenant, where, by)
        for number, exception in enumerate(tenant.exceptions):
            there: Where = (*at, "exceptions", number)
            yield from _known(estate, tenant, (*there, "owner"), exception.owner)
            yield from _own(estate, tenant, (*there, "approver"), exception.approver)


def _approvals(at: Where, tenant: TenantSpec) -> Iterator[tuple[Where, str]]:
    yield from _zone_approvals((*at, "zones"), tenant.zones)
    for number, site in enumerate(tenant.sites):
        yield from _zone_approvals((*at, "sites", number, "zones"), site.zones)


def _zone_approvals(at: Where, zones: SiteZones) -> Iterator[tuple[Where, str]]:
    for kind in type(zones).model_fields:
        override = getattr(zones, kind)
        if override and override.approval:
            yield (*at, kind, "approval", "by"), override.approval.by


def _known(estate: Estate, tenant: TenantSpec | None, where: Where, ref: str) -> Iterator[Fault]:
    if person_id(estate, tenant, ref) is None:
        own = tenant.people if tenant else estate.shared.people
        names = ", ".join(person.id for person in own[:20])
        yield Fault(where, f"nobody here is `{ref}`", f"one of {names}", "name a listed person")


def _own(estate: Estate, tenant: TenantSpec, where: Where, ref: str) -> Iterator[Fault]:
    if "/" in ref:
        what = f"`{ref}` is the provider's and cannot approve for the asset owner"
        names = ", ".join(person.id for person in tenant.people[:20])
        yield Fault(where, what, f"one of {names}", "let the customer approve")
    else:
        yield from _known(estate, tenant, where, ref)


def nobody_serves_both_sides(estate: Estate, today: date) -> Iterator[Fault]:
    """One human, told by the contact, never has a provider's and a customer's roles."""
    provider = {_contact(person) for person in estate.shared.people}
    for index, tenant in enumerate(estate.tenants):
        for number, person in enumerate(tenant.people):
            if _contact(person) in provider:
                yield Fault(
                    ("tenants", index, "people", number, "contact"),
                    f"{person.contact} is also one of the provider's people",
                    "roles of one side only",
                    "remove the person from one of the two lists",
                )


def _contact(person: PersonSpec) -> str:
    return person.contact.casefold()


def escalation_is_an_order(estate: Estate, today: date) -> Iterator[Fault]:
    """In each tenant and at the provider, escalation counts 1, 2, 3 without gaps or ties."""
    yield from _ordered(("shared", "people"), estate.shared.people)
    for index, tenant in enumerate(estate.tenants):
        yield from _ordered(("tenants", index, "people"), tenant.people)


def _ordered(at: Where, people: tuple[PersonSpec, ...]) -> Iterator[Fault]:
    steps = sorted(person.escalation for person in people if person.escalation)
    if not steps or steps != list(range(1, len(steps) + 1)):
        said = ", ".join(map(str, steps)) or "nobody"
        yield Fault(at, f"the escalation is {said}", "1, 2, 3 and so on, each once", "renumber")


def freezes_end_after_they_begin(estate: Estate, today: date) -> Iterator[Fault]:
    """A freeze's last day is not before its first."""
    for index, tenant in enumerate(estate.tenants):
        for number, freeze in enumerate(tenant.freezes):
            if freeze.last < freeze.first:
                where: Where = ("tenants", index, "freezes", number, "last")
                what = f"the freeze ends on {freeze.last}, before it begins on {freeze.first}"
                yield Fault(where, what, "a day from the first one on", "exchange the two")

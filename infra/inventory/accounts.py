"""Who has an account on a host. Pure.

The shared plane is the provider's: its operators may do everything, support may look. On a
tenant's hosted host the same holds of those alone whom that tenant lets in, for that time. A
vendor has no account: what a vendor does is asked for case by case, and a standing account would
be a way in that nobody watches. A plant's host is its owner's: administrators and engineers may
do everything, operators may look, auditors have an account and no right beyond their own. In a
sealed zone nobody has an account: its hosts are configured by the provisioning account, and read
by nobody's shell.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Literal

from bulkhead.plan import SHARED, Host, Person, Plan
from bulkhead.wire.certificates import dotted

Sudo = Literal["all", "observe", "none"]
PROVIDER: dict[str, Sudo] = {"operator": "all", "support": "observe"}
CUSTOMER: dict[str, Sudo] = {
    "admin": "all",
    "engineer": "all",
    "operator": "observe",
    "auditor": "none",
}
ORDER: tuple[Sudo, ...] = ("none", "observe", "all")
PROVISION = "provision"
"""The principal of the provisioning account's certificates."""


def accounts(plan: Plan, host: Host, today: date) -> list[dict[str, Any]]:
    """`baseline_accounts` of a host on a day, sorted by name.

    A person's principal is the dotted id (`acme.claire`): two tenants' people of one name never
    meet, whichever host a certificate is shown to.
    """
    return [_account(person, sudo) for person, sudo in _entitled(plan, host, today)]


def _entitled(plan: Plan, host: Host, today: date) -> Iterator[tuple[Person, Sudo]]:
    rights = CUSTOMER if on_site(plan, host) else PROVIDER
    for person in _welcome(plan, host, today):
        sudo = right(person, rights)
        if sudo is not None:
            yield person, sudo


def _welcome(plan: Plan, host: Host, today: date) -> list[Person]:
    """Whose roles count on the host: its owner's people, or those whom its tenant let in."""
    if sealed(plan, host):
        return []
    if on_site(plan, host) or host.tenant == SHARED:
        return [person for person in plan.people if person.tenant == host.tenant]
    granted = {
        name
        for row in plan.entries
        if row.tenant == host.tenant and row.holds(today.isoformat())
        for name in row.people
    }
    return [row for row in plan.people if row.tenant == SHARED and row.id in granted]


def sealed(plan: Plan, host: Host) -> bool:
    """Whether the host stands in a zone in which nobody has an account."""
    return any(zone.id == host.zone and zone.sealed for zone in plan.zones)


def on_site(plan: Plan, host: Host) -> bool:
    """Whether the host stands in a plant, among its owner's people."""
    networks = {subnet.id: subnet.network for subnet in plan.subnets}
    standins = {network.id for network in plan.networks if network.standin}
    return networks[host.subnet] in standins


def right(person: Person, rights: dict[str, Sudo]) -> Sudo | None:
    """The most that one of the person's roles gives; None for no account at all."""
    held = [rights[role] for role in person.roles if role in rights]
    return max(held, key=ORDER.index) if held else None


def principal(person: Person) -> str:
    """What the person's certificates say: `shared.olga`."""
    return dotted(person.id)


def account_name(person: Person) -> str:
    """The person's account on hosts: `olga`."""
    return person.id.rpartition("/")[2]


def may_enter(plan: Plan, host: Host, today: date) -> Sequence[Person]:
    """The people with an account on the host, on that day."""
    return [person for person, _ in _entitled(plan, host, today)]


def _account(person: Person, sudo: Sudo) -> dict[str, Any]:
    return {
        "name": account_name(person),
        "comment": person.name,
        "principals": [principal(person)],
        "sudo": sudo,
    }

"""Who has an account on a host. Pure.

A hosted host is the provider's: its operators may do everything, support may look. A vendor has
no account: what a vendor does is asked for case by case, and a standing account would be a way in
that nobody watches. A plant's host is its owner's: administrators and engineers may do everything,
operators may look, auditors have an account and no right beyond their own. In a sealed zone nobody
has an account: its hosts are configured by the provisioning account, and read by nobody's shell.
"""

from collections.abc import Iterator, Sequence
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


def accounts(plan: Plan, host: Host) -> list[dict[str, Any]]:
    """`baseline_accounts` of a host, sorted by name.

    A person's principal is the dotted id (`acme.claire`): two tenants' people of one name never
    meet, whichever host a certificate is shown to.
    """
    return [_account(person, sudo) for person, sudo in _entitled(plan, host)]


def _entitled(plan: Plan, host: Host) -> Iterator[tuple[Person, Sudo]]:
    there = on_site(plan, host)
    tenant, rights = (host.tenant, CUSTOMER) if there else (SHARED, PROVIDER)
    for person in () if sealed(plan, host) else plan.people:
        sudo = right(person, rights)
        if person.tenant == tenant and sudo is not None:
            yield person, sudo


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


def may_enter(plan: Plan, host: Host) -> Sequence[Person]:
    """The people with an account on the host."""
    return [person for person, _ in _entitled(plan, host)]


def _account(person: Person, sudo: Sudo) -> dict[str, Any]:
    return {
        "name": account_name(person),
        "comment": person.name,
        "principals": [principal(person)],
        "sudo": sudo,
    }

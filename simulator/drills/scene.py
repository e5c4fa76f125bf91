"""Where a drill plays, and with whom: hosts and people of one tenant, out of the plan. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from bulkhead.errors import Problem, WrongInput
from bulkhead.network.intent import Intent, intent
from bulkhead.plan import SHARED, Host, Person, Plan
from bulkhead.plan.tables import Path

NEEDED = ("gateway", "broker", "historian")
"""The roles without which there is no telemetry to play with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Host ids of one tenant's telemetry, first to last. path: from the gateway to the broker."""

    tenant: str
    gateway: str
    broker: str
    historian: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Ids of people. alerted: who is told of an incident, in this order, until one acknowledges.

    approvers: who may approve an emergency, in the order in which they are asked.
    """

    alerted: tuple[str, ...]
    approvers: tuple[str, ...]


def scene(plan: Plan, tenant: str | None) -> Scene:
    """A tenant's telemetry; by default the first segmented tenant's, else the first that has one.

    WrongInput for a tenant that is not there, or has no telemetry.
    """
    suited = [row.id for row in plan.tenants if all(_hosts(plan, row.id, NEEDED))]
    by_tier = sorted(suited, key=lambda name: _tier(plan, name) != "segmented")
    chosen = tenant or next(iter(by_tier), None)
    if chosen not in suited:
        raise WrongInput(
            Problem(
                where=f"--tenant {chosen}" if chosen else plan.estate,
                what="it needs a tenant with a gateway, a broker and a historian",
                allowed=", ".join(suited) or "none has them",
            )
        )
    gateway, broker, historian = (row.id for row in _hosts(plan, chosen, NEEDED) if row)
    return Scene(
        tenant=chosen,
        gateway=gateway,
        broker=broker,
        historian=historian,
        path=way(plan, intent(plan), gateway, broker),
    )


def other(plan: Plan, tenant: str) -> str | None:
    """The gateway of the first other tenant; None where there is none."""
    return next(
        (row.id for row in plan.hosts if row.role == "gateway" and row.tenant != tenant), None
    )


def way(plan: Plan, intended: Intent, source: str, target: str) -> Path:
    """By the public address where the source has one of its own, else by the private one."""
    public = any(row.id == source and row.public for row in plan.hosts)
    return "public" if public and "public" in intended.paths(source, target) else "private"


def cast(plan: Plan, tenant: str) -> Cast:
    """Operations, the customer's contact, the escalation owner; and who may approve.

    Operations: whom the provider asks first. The contact: whom the tenant asks first; the
    escalation owner: whom it asks last. Approvers: the tenant's, the last of its escalation first,
    then the provider's. WrongInput where nobody is named.
    """
    provider, own = _in_order(plan, SHARED), _in_order(plan, tenant)
    alerted = _once([*provider[:1], *own[:1], *own[-1:]])
    approvers = _once([*reversed(own), *provider])
    if not alerted or len(approvers) < 2:
        raise WrongInput(
            Problem(
                where=tenant,
                what="nobody is named who could be told of an incident and approve what follows",
                remedy="name at least three people with `escalation`",
            )
        )
    return Cast(alerted=alerted, approvers=approvers)


def _in_order(plan: Plan, tenant: str) -> list[Person]:
    people = [row for row in plan.people if row.tenant == tenant and row.escalation is not None]
    return sorted(people, key=lambda row: (row.escalation or 0, row.id))


def _once(people: Iterable[Person]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(row.id for row in people))


def _hosts(plan: Plan, tenant: str, roles: Iterable[str]) -> list[Host | None]:
    """The tenant's first host of each role."""
    return [
        next((row for row in plan.hosts if (row.tenant, row.role) == (tenant, role)), None)
        for role in roles
    ]


def _tier(plan: Plan, tenant: str) -> str:
    return next(row.tier for row in plan.tenants if row.id == tenant)

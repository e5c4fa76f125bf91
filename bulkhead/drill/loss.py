"""What production loses while a host is away: by essential function, against what it tolerates.

A host stands for everything that passes through it: a gateway or a PLC for the machines behind
it, a tenant's hosted machine for the tenant, a shared one for all tenants. The blueprint states
functions per tenant, so that a part of a tenant's machines counts for each of its functions.
Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bulkhead.drill.actions import Disturbance
from bulkhead.plan import SHARED, Plan, Tenant

Verdict = Literal["within", "exceeded"]
FAILS = {"close": "its production stops", "island": "its machines run alone, unseen"}
"""What follows once a loss of view is no longer tolerable, by the tenant's fail mode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """One essential function. loses, tolerable: seconds. machines: those out of sight, by id."""

    tenant: str
    function: str
    loses: float
    tolerable: int
    fail_mode: Literal["close", "island"]
    machines: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """Whether the tenant tolerates it."""
        return "within" if self.loses <= self.tolerable else "exceeded"

    def __str__(self) -> str:
        """For whoever is asked."""
        said = f"{self.function}: {self.loses:g} s of {self.tolerable} s tolerable: {self.verdict}"
        more = f"; beyond that {FAILS[self.fail_mode]} (fail mode {self.fail_mode})"
        return said + more if self.verdict == "exceeded" else said


def losses(plan: Plan, disturbances: Iterable[Disturbance]) -> tuple[Loss, ...]:
    """A row for each essential function of each tenant that loses anything, in the plan's order.

    Losses of one tenant add up: nobody promises that they fall together. A tenant without
    essential functions has one row, of which nothing is tolerable.
    """
    seconds: dict[str, float] = {}
    hosts: dict[str, set[str]] = {}
    for one in disturbances:
        for tenant in touched(plan, one.host):
            seconds[tenant] = seconds.get(tenant, 0.0) + one.seconds
            hosts.setdefault(tenant, set()).add(one.host)
    return tuple(
        row
        for tenant in plan.tenants
        if tenant.id in seconds
        for row in _rows(plan, tenant, seconds[tenant.id], hosts[tenant.id])
    )


def touched(plan: Plan, host: str) -> tuple[str, ...]:
    """The tenants for which a host stands; all for a shared one, and for one nobody knows."""
    owner = next((row.tenant for row in plan.hosts if row.id == host), SHARED)
    every = tuple(tenant.id for tenant in plan.tenants)
    return every if owner == SHARED else (owner,)


def unseen(plan: Plan, tenant: str, host: str) -> tuple[str, ...]:
    """The tenant's machines that nobody sees while a host is away, by id."""
    behind = {
        f"{one.site}/ot/{one.id.removeprefix(one.site + '/')}": one.behind
        for one in plan.assets
        if one.kind == "plc"
    }
    plants = {row.id for row in plan.hosts if row.role in ("gateway", "plc")}
    return tuple(
        asset.id
        for asset in plan.assets
        if asset.kind not in ("gateway", "plc")
        and asset.site.split("/")[0] == tenant
        and (host not in plants or host in _chain(asset.behind, behind))
    )


def _chain(first: str, behind: dict[str, str]) -> set[str]:
    """Whoever speaks for an asset, and for that one, up to the gateway."""
    found: set[str] = set()
    step: str | None = first
    while step is not None and step not in found:
        found.add(step)
        step = behind.get(step)
    return found


def _rows(plan: Plan, tenant: Tenant, loses: float, hosts: set[str]) -> Iterable[Loss]:
    machines = {one for host in hosts for one in unseen(plan, tenant.id, host)}
    functions = [(one.name, one.tolerable_loss) for one in tenant.functions]
    for name, tolerable in functions or [("view of its machines", 0)]:
        yield Loss(
            tenant=tenant.id,
            function=name,
            loses=loses,
            tolerable=tolerable,
            fail_mode=tenant.fail_mode,
            machines=tuple(sorted(machines)),
        )

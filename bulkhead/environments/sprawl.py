"""What each tenant costs in rules, entries and routes, against the quotas: how sprawl shows. Pure.

Counted in the specs, so in what would be made in an account of AWS: plants' stand-ins are left out.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bulkhead.blueprint.model import Quotas
from bulkhead.blueprint.quotas import limits
from bulkhead.plan import SHARED, Plan, home
from infra.specs import specs
from infra.specs.tables import StackSpec

KEYS = ("rules_per_group", "entries_per_acl", "routes_per_table")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fullest:
    """The fullest holder of a kind that a tenant has: of `count` rows AWS allows `quota`."""

    name: str
    count: int
    quota: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one tenant (or the shared plane, with all flat tenants) makes us write.

    rules: of security groups, on both sides of its conduits. entries: of its subnets' network
    ACLs. routes: to and from its subnets. fullest: by quota, the holder nearest to its quota.
    """

    tenant: str
    rules: int
    entries: int
    routes: int
    fullest: Mapping[str, Fullest]


def costs(plan: Plan, granted: Quotas) -> tuple[Cost, ...]:
    """One row for the shared plane and one for each tenant, by id."""
    found = list(specs(plan, standins=False).values())
    held = {
        "rules_per_group": Counter(_rules(found)),
        "entries_per_acl": Counter(_entries(found)),
        "routes_per_table": Counter(_routes(plan, found)),
    }
    written = Counter(
        stack.stack for stack in found for conduit in stack.conduits for _ in conduit.rules
    )
    quota = limits(granted)
    joined = Counter(owner for owner, _ in _joined(plan, found))
    return tuple(
        Cost(
            tenant=tenant,
            rules=written[tenant],
            entries=sum(n for (owner, _), n in held["entries_per_acl"].items() if owner == tenant),
            routes=joined[tenant],
            fullest={key: _fullest(held[key], tenant, quota[key]) for key in KEYS},
        )
        for tenant in (SHARED, *(row.id for row in plan.tenants))
    )


_Held = tuple[str, str]
"""(whose it is, what holds the row)."""


def _fullest(held: Counter[_Held], tenant: str, quota: int) -> Fullest:
    own = [(count, name) for (owner, name), count in held.items() if owner == tenant]
    count, name = max(own, default=(0, ""))
    return Fullest(name=name, count=count, quota=quota)


def _rules(stacks: Iterable[StackSpec]) -> Iterator[_Held]:
    for stack in stacks:
        for conduit in stack.conduits:
            for rule in conduit.rules:
                way = "outbound" if rule.egress else "inbound"
                yield home(rule.group), f"{way} of {rule.group}"


def _entries(stacks: Iterable[StackSpec]) -> Iterator[_Held]:
    for stack in stacks:
        for network in stack.networks:
            for subnet in network.subnets:
                for entry in subnet.acl:
                    way = "outbound" if entry.egress else "inbound"
                    yield home(subnet.id), f"{way} of {subnet.id}"


def _routes(plan: Plan, stacks: Iterable[StackSpec]) -> Iterator[_Held]:
    """Every route by the table it stands in: the network's own, the way out, and peerings'."""
    for stack in stacks:
        for network in stack.networks:
            for subnet in network.subnets:
                yield home(subnet.id), subnet.id
                if network.public and subnet.outward:
                    yield home(subnet.id), subnet.id
        for peering in stack.peerings:
            for route in peering.routes:
                yield home(route.subnet), route.subnet


def _joined(plan: Plan, stacks: Iterable[StackSpec]) -> Iterator[_Held]:
    """Routes by whom they serve: a tenant that one of their ends belongs to, else the plane."""
    owner = {subnet.cidr: home(subnet.id) for subnet in plan.subnets}
    for stack in stacks:
        for peering in stack.peerings:
            for route in peering.routes:
                ends = {home(route.subnet), owner[route.cidr]}
                yield min(ends - {SHARED}, default=SHARED), route.id

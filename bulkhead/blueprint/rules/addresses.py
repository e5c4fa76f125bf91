"""The address pool: nothing overlaps, nothing runs out."""

from collections.abc import Hashable, Iterable, Iterator
from datetime import date
from ipaddress import IPv4Network

from bulkhead.blueprint.faults import Fault, Where
from bulkhead.blueprint.kinds import PLANE
from bulkhead.blueprint.model import Estate
from bulkhead.blueprint.tiers import tiers

PLANE_ROOM = 200
"""Hosts of one role that a zone of the shared plane has addresses for."""


def _clashes(found: Iterable[tuple[Where, Hashable]], what: str, remedy: str) -> Iterator[Fault]:
    first: dict[Hashable, Where] = {}
    for where, value in found:
        if value in first:
            yield Fault(where, what.format(value), "a value no other has", remedy)
        first.setdefault(value, where)


def blocks_do_not_overlap(estate: Estate, today: date) -> Iterator[Fault]:
    """Each tenant has a block of the pool to itself."""
    found = [(("tenants", i, "block"), tenant.block) for i, tenant in enumerate(estate.tenants)]
    used = {tenant.block for tenant in estate.tenants}
    free = next((block for block in range(2, 256) if block not in used), None)
    remedy = f"block {free} is free" if free else "no block is free"
    yield from _clashes(found, "block {} overlaps another tenant's address space", remedy)


def blocks_fit_the_pool(estate: Estate, today: date) -> Iterator[Fault]:
    """The pool has the block that a tenant asks for."""
    pool = IPv4Network(estate.pool)
    blocks = min(1 << (16 - pool.prefixlen), 256)
    for index, tenant in enumerate(estate.tenants):
        if tenant.block >= blocks:
            yield Fault(
                ("tenants", index, "block"),
                f"the address space is exhausted: block {tenant.block} lies beyond pool {pool}",
                f"2 to {blocks - 1}",
                "take a smaller block, or a larger pool (e.g. 10.0.0.0/8)",
            )


def slots_do_not_overlap(estate: Estate, today: date) -> Iterator[Fault]:
    """Sites of a tenant, and devices of one kind on a site, have slots of their own."""
    what, remedy = "slot {} is already taken here", "take a free number; never reuse one"
    for index, tenant in enumerate(estate.tenants):
        at: Where = ("tenants", index, "sites")
        sites = [((*at, i, "slot"), site.slot) for i, site in enumerate(tenant.sites)]
        yield from _clashes(sites, what, remedy)
        for i, site in enumerate(tenant.sites):
            gateways = [
                ((*at, i, "gateways", n, "slot"), g.slot) for n, g in enumerate(site.gateways)
            ]
            yield from _clashes(gateways, what, remedy)
            plcs = [((*at, i, "plcs", n, "slot"), p.slot) for n, p in enumerate(site.plcs)]
            yield from _clashes(plcs, what, remedy)


def hosts_fit_their_room(estate: Estate, today: date) -> Iterator[Fault]:
    """No role has more hosts than its part of the subnet has addresses."""
    for index, tenant in enumerate(estate.tenants):
        tier = tiers().get(tenant.tier)
        if tier:
            at: Where = ("tenants", index, "hosts")
            yield from _crowded(at, tenant.hosts.model_dump(), tier.room, f"tier {tier.name}")
    plane = estate.shared.hosts.model_dump()
    yield from _crowded(("shared", "hosts"), plane, PLANE_ROOM, "/".join(PLANE))


def _crowded(at: Where, counts: dict[str, int], room: int, whose: str) -> Iterator[Fault]:
    for role, count in counts.items():
        if count > room:
            yield Fault(
                (*at, role),
                f"the address space is exhausted: {count} hosts of role {role} on {whose}",
                f"at most {room}",
                "plan fewer hosts, or a tier with more room",
            )


def public_addresses_are_unique(estate: Estate, today: date) -> Iterator[Fault]:
    """Two gateways never come from the same public address."""
    found = [
        (("tenants", t, "sites", s, "gateways", g, "address"), gateway.address)
        for t, tenant in enumerate(estate.tenants)
        for s, site in enumerate(tenant.sites)
        for g, gateway in enumerate(site.gateways)
    ]
    yield from _clashes(found, "{} is another gateway's address", "give this gateway its own")

"""Names are unique where they must be, and never one that the plan uses itself."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from bulkhead.blueprint.faults import Fault, Where
from bulkhead.blueprint.kinds import ROLES
from bulkhead.blueprint.model import (
    Estate,
    GatewaySpec,
    MachineSpec,
    PlcSpec,
    SiteSpec,
    TenantSpec,
)
from bulkhead.plan import IMPORTED, INTERNET, SHARED, UNKNOWN

_RESERVED_TENANTS = {SHARED, INTERNET, IMPORTED, UNKNOWN, "platform", "plant", "audit", "logs"}
_RESERVED_ROLES = {role for roles in ROLES.values() for role in roles}


def names_are_unique(estate: Estate, today: date) -> Iterator[Fault]:
    """Tenants, people, sites, what stands on a site, and conduits have names of their own."""
    yield from _twice((("tenants", i, "id"), t.id) for i, t in enumerate(estate.tenants))
    people = enumerate(estate.shared.people)
    yield from _twice((("shared", "people", i, "id"), p.id) for i, p in people)
    shared = [(("conduits", i, "name"), c.name) for i, c in enumerate(estate.conduits)]
    yield from _twice(shared)
    for index, tenant in enumerate(estate.tenants):
        at: Where = ("tenants", index)
        yield from _twice(((*at, "people", i, "id"), p.id) for i, p in enumerate(tenant.people))
        yield from _twice(((*at, "sites", i, "id"), s.id) for i, s in enumerate(tenant.sites))
        own = [((*at, "conduits", i, "name"), c.name) for i, c in enumerate(tenant.conduits)]
        yield from _twice(shared + own, told=len(shared))
        for number, site in enumerate(tenant.sites):
            yield from _twice(_things((*at, "sites", number), site))


def _things(at: Where, site: SiteSpec) -> Iterator[tuple[Where, str]]:
    groups: dict[str, Sequence[GatewaySpec | PlcSpec | MachineSpec]] = {
        "gateways": site.gateways,
        "plcs": site.plcs,
        "machines": site.machines,
    }
    for kind, things in groups.items():
        for index, thing in enumerate(things):
            yield (*at, kind, index, "name"), thing.name


def _twice(named: Iterable[tuple[Where, str]], told: int = 0) -> Iterator[Fault]:
    """Faults for names met before; those among the first `told` are told elsewhere."""
    seen: set[str] = set()
    for index, (where, name) in enumerate(named):
        if name in seen and index >= told:
            yield Fault(where, f"the name `{name}` is already taken", "a name of its own", "rename")
        seen.add(name)


def names_are_free(estate: Estate, today: date) -> Iterator[Fault]:
    """No tenant, site or device takes a name that the plan's own ids are built with."""
    for index, tenant in enumerate(estate.tenants):
        if tenant.id in _RESERVED_TENANTS:
            yield _reserved(("tenants", index, "id"), tenant.id)
        yield from _reserved_below(("tenants", index), tenant)


def _reserved_below(at: Where, tenant: TenantSpec) -> Iterator[Fault]:
    for number, site in enumerate(tenant.sites):
        if site.id in ROLES:
            yield _reserved((*at, "sites", number, "id"), site.id)
        for where, name in _things((*at, "sites", number), site):
            if name in _RESERVED_ROLES:
                yield _reserved(where, name)


def _reserved(where: Where, name: str) -> Fault:
    return Fault(where, f"the name `{name}` is kept for the plan's own use", "another", "rename")


def machines_stand_behind_something(estate: Estate, today: date) -> Iterator[Fault]:
    """A PLC names a gateway of its site; a machine names a gateway or a PLC of its site."""
    for index, tenant in enumerate(estate.tenants):
        for number, site in enumerate(tenant.sites):
            at: Where = ("tenants", index, "sites", number)
            gateways = [gateway.name for gateway in site.gateways]
            plcs = [plc.name for plc in site.plcs]
            for i, plc in enumerate(site.plcs):
                yield from _behind((*at, "plcs", i, "behind"), plc.behind, gateways)
            for i, machine in enumerate(site.machines):
                yield from _behind((*at, "machines", i, "behind"), machine.behind, gateways + plcs)


def _behind(where: Where, name: str, known: list[str]) -> Iterator[Fault]:
    if name not in known:
        yield Fault(where, f"`{name}` is not on this site", "one of " + ", ".join(known), "name it")

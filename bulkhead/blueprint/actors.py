"""Who acts and what is acted on: people, identities, assets, and the tenants themselves."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from bulkhead.blueprint.diode import is_diode
from bulkhead.blueprint.kinds import PLANE
from bulkhead.blueprint.model import (
    Estate,
    IdentityOverrides,
    MachineSpec,
    PersonSpec,
    SiteSpec,
    TenantSpec,
)
from bulkhead.blueprint.people import entrants, owner_id
from bulkhead.blueprint.policy import identity_policy
from bulkhead.blueprint.tiers import tiers
from bulkhead.plan import (
    SHARED,
    Allowance,
    Asset,
    Entry,
    Function,
    Identity,
    Person,
    Tenant,
    Window,
)

Kind = Literal["human", "device", "workload"]


def tenants(estate: Estate) -> Iterator[Tenant]:
    """The tenants, with what a drill must respect."""
    for spec in estate.tenants:
        yield Tenant(
            id=spec.id,
            tier=spec.tier,
            fail_mode=spec.fail_mode,
            functions=tuple(
                sorted(
                    (
                        Function(name=one.name, tolerable_loss=one.tolerable_loss_of_view)
                        for one in spec.functions
                    ),
                    key=lambda one: (one.name, one.tolerable_loss),
                )
            ),
            authority=f"{spec.id}/{spec.authority}",
            windows=_windows(spec),
            retention=tiers()[spec.tier].retention,
        )


def _windows(spec: TenantSpec) -> tuple[Window, ...]:
    found = [
        Window(kind="maintenance", when=one.when, reason=one.reason) for one in spec.maintenance
    ]
    for one in spec.freezes:
        found.append(Window(kind="freeze", when=f"{one.first}/{one.last}", reason=one.reason))
    return tuple(sorted(found, key=lambda window: (window.kind, window.when, window.reason)))


def allowances(estate: Estate) -> Iterator[Allowance]:
    """The allowlists' entries, expired ones too: a plan knows no day."""
    lists = [(SHARED, estate.shared.allow), *((row.id, row.allow) for row in estate.tenants)]
    for home, entries in lists:
        for entry in entries:
            yield Allowance(
                id=f"{home}/egress/{entry.egress}",
                tenant=home,
                kind="egress",
                value=entry.egress,
                owner=entry.owner if "/" in entry.owner else f"{home}/{entry.owner}",
                reason=entry.reason,
                expires=entry.expires,
            )


def entries(estate: Estate) -> Iterator[Entry]:
    """Who of the provider may enter which tenant, expired grants too: a plan knows no day."""
    for tenant in estate.tenants:
        for row in tenant.entry:
            yield Entry(
                id=f"{tenant.id}/entry/{row.who}/{row.start}",
                tenant=tenant.id,
                who=row.who,
                people=entrants(estate, row.who),
                reason=row.reason,
                approver=f"{tenant.id}/{row.approver}",
                first=row.start,
                expires=row.expires,
            )


def people(estate: Estate) -> Iterator[Person]:
    """The provider's people and every tenant's."""
    for person in estate.shared.people:
        yield _person(SHARED, person, person.roles)
    for tenant in estate.tenants:
        for one in tenant.people:
            yield _person(tenant.id, one, one.roles)


def _person(home: str, spec: PersonSpec, roles: tuple[str, ...]) -> Person:
    return Person(
        id=f"{home}/{spec.id}",
        tenant=home,
        name=spec.name,
        roles=tuple(sorted(set(roles))),
        contact=spec.contact,
        escalation=spec.escalation,
    )


def identities(estate: Estate) -> Iterator[Identity]:
    """A human identity for each person, a device's for each device, a workload's for each role."""
    for person in estate.shared.people:
        scope = f"{SHARED}: {', '.join(sorted(set(person.roles)))}"
        yield _identity(estate, None, "human", f"{SHARED}/{person.id}", scope)
    for kind, roles in PLANE.items():
        for role in roles:
            yield _identity(estate, None, "workload", f"{SHARED}/{kind}/{role}", f"{SHARED}/{kind}")
    for tenant in estate.tenants:
        yield from _tenants(estate, tenant)


def _tenants(estate: Estate, tenant: TenantSpec) -> Iterator[Identity]:
    for person in tenant.people:
        scope = f"{tenant.id}: {', '.join(sorted(set(person.roles)))}"
        yield _identity(estate, tenant, "human", f"{tenant.id}/{person.id}", scope)
    tier = tiers()[tenant.tier]
    for kind, roles in tier.zones.items():
        for role in roles:
            name = f"{tenant.id}/{kind}/{role}"
            workload = _identity(estate, tenant, "workload", name, f"{tenant.id}/{kind}")
            spiffe = f"spiffe://{estate.estate}/{name}" if tier.sidecar else None
            yield replace(workload, spiffe=spiffe)
    for site in tenant.sites:
        home = f"{tenant.id}/{site.id}"
        for gateway in site.gateways:
            yield _identity(estate, tenant, "device", f"{home}/ai/{gateway.name}", home)
        for plc in site.plcs:
            one = _spoken_for(estate, tenant, f"{home}/ot/{plc.name}", f"{home}/ai/{plc.behind}")
            yield _by_hand(one, home) if is_diode(site) else one


def _spoken_for(estate: Estate, tenant: TenantSpec, plc: str, gateway: str) -> Identity:
    """A legacy controller holds no credential: its gateway's stands for it."""
    return replace(
        _identity(estate, tenant, "device", plc, f"none of its own; behind {gateway}"),
        rotation=f"that of {gateway}",
        revocation=f"revoke {gateway}",
    )


def _by_hand(plc: Identity, home: str) -> Identity:
    """Behind a diode nothing renews itself: no request comes out, no certificate goes in."""
    days = plc.lifetime * 2 // 3 // 86400
    return replace(
        plc,
        scope=f"{home}/ot alone; behind the diode of {home}",
        rotation=f"by hand, {days} days after issue at the latest: {plc.owner} makes the key and "
        "the request on the controller, carries the request out and the certificate in on a "
        "medium that is wiped before each use, in a maintenance window",
        revocation="by hand: the receiver on the gateway forgets the sender, and the controller "
        "is taken off its switch; no revocation list reaches it",
    )


def _identity(
    estate: Estate, tenant: TenantSpec | None, kind: Kind, name: str, scope: str
) -> Identity:
    overrides: IdentityOverrides = tenant.identities if tenant else estate.shared.identities
    policy = identity_policy(estate, overrides, kind)
    owner = owner_id(estate, tenant, policy.owner)
    if owner is None:
        raise AssertionError(f"{name}: the rules let an identity without an owner pass")
    return Identity(
        id=name,
        kind=kind,
        tenant=tenant.id if tenant else SHARED,
        owner=owner,
        scope=scope,
        lifetime=policy.lifetime,
        rotation=policy.rotation,
        revocation=policy.revocation,
    )


def assets(estate: Estate) -> Iterator[Asset]:
    """Machines, and the gateways and PLCs that speak for them, with what is written on them."""
    for tenant in estate.tenants:
        for site in tenant.sites:
            yield from _site_assets(f"{tenant.id}/{site.id}", site)


def _site_assets(home: str, site: SiteSpec) -> Iterator[Asset]:
    spokesman = {gateway.name: f"{home}/ai/{gateway.name}" for gateway in site.gateways}
    for gateway in site.gateways:
        label = (("serial", gateway.serial),)
        yield _asset(home, gateway.name, "gateway", spokesman[gateway.name], label)
    for plc in site.plcs:
        yield _asset(home, plc.name, "plc", spokesman[plc.behind], (("model", plc.model),))
    spokesman.update({plc.name: f"{home}/ot/{plc.name}" for plc in site.plcs})
    for machine in site.machines:
        found = _spindles(machine)
        yield _asset(home, machine.name, machine.kind, spokesman[machine.behind], found)


def _asset(
    home: str, name: str, kind: str, behind: str, attributes: tuple[tuple[str, str], ...]
) -> Asset:
    return Asset(id=f"{home}/{name}", site=home, kind=kind, behind=behind, attributes=attributes)


def _spindles(machine: MachineSpec) -> tuple[tuple[str, str], ...]:
    return tuple(
        pair
        for number, spindle in enumerate(machine.spindles, 1)
        for pair in (
            (f"spindle-{number:03}.bearing", spindle.bearing),
            (f"spindle-{number:03}.speed_rpm", str(spindle.speed_rpm)),
        )
    )

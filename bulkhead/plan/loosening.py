"""What a new plan loosens, in the words of zones and conduits. Pure; nothing is deployed here.

Loosened is whatever lets more through, protects less, or lasts longer than in the plan before. What
a new tenant brings of its own is one sentence: it is no change to anybody who was there.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network
from typing import TypeVar

from bulkhead.plan.tables import Allowance, Conduit, Host, Identity, Plan, Service, Tenant, Zone

Row = TypeVar("Row", Tenant, Zone, Host, Identity)

WEAKEST_FIRST = ("flat", "acl", "segmented", "dedicated", "mesh")
"""The tiers, in the order in which they isolate."""
FR = tuple(f"FR{number}" for number in range(1, 8))


def loosened(before: Plan, after: Plan) -> list[str]:
    """One sentence for each thing that `after` loosens; none where nothing is."""
    old = {tenant.id for tenant in before.tenants}
    new = [tenant.id for tenant in after.tenants if tenant.id not in old]
    said = [
        *_tenants(before, after, new),
        *_conduits(before, after, set(new)),
        *_allowances(before, after, set(new)),
        *_entries(before, after, set(new)),
        *_zones(before, after),
        *_hosts(before, after),
        *_identities(before, after),
    ]
    return list(dict.fromkeys(said))


def _tenants(before: Plan, after: Plan, new: list[str]) -> Iterator[str]:
    for tenant in new:
        count = sum(row.stack == tenant for row in after.conduits)
        yield f"tenant {tenant} is new: its own {count} conduits are opened"
    for old, kept in _kept(before.tenants, after.tenants):
        yield from _tier(old, kept)


def _kept(before: Iterable[Row], after: Iterable[Row]) -> Iterator[tuple[Row, Row]]:
    """(old, new) of each row that both plans have, in the order of the new one."""
    known = {row.id: row for row in before}
    return ((known[row.id], row) for row in after if row.id in known)


def _tier(old: Tenant, new: Tenant) -> Iterator[str]:
    if old.tier != new.tier and not _rank(new.tier) > _rank(old.tier):
        yield f"tenant {new.id} goes from tier {old.tier} to {new.tier}, which isolates less"


def _rank(tier: str) -> int:
    """A tier that nobody ranked isolates nothing."""
    return WEAKEST_FIRST.index(tier) if tier in WEAKEST_FIRST else -1


def _conduits(before: Plan, after: Plan, new: set[str]) -> Iterator[str]:
    known = {row.id: row for row in before.conduits}
    for row in after.conduits:
        if row.stack in new or any(_covers(old, row) for old in before.conduits):
            continue
        if row.id not in known:
            yield f"conduit {row.id} opens {_said(row)}: {row.reason}"
        else:
            yield from (f"conduit {row.id} {what}" for what in _widened(known[row.id], row))


def _said(row: Conduit) -> str:
    """Zones, service and who checks it: `a -> b, tcp 22, mediated by c (mtls)`."""
    sources, targets = (", ".join(zones) for zones in row.zones)
    public = " by public address" if row.path == "public" else ""
    mediated = f"mediated by {row.mediator}" if row.mediator else "mediated by nobody"
    service = service_said(row.service)
    return f"{sources} -> {targets}, {service}{public}, {mediated} ({row.authentication})"


def service_said(service: Service) -> str:
    """A service for people: `tcp 22`, `udp 1000-2000`, `everything`."""
    if service.protocol == "any":
        return "everything"
    if service.protocol == "icmp":
        return "icmp"
    first, last = service.first, service.last
    return f"{service.protocol} {first}" if first == last else f"{service.protocol} {first}-{last}"


def _covers(old: Conduit, new: Conduit) -> bool:
    """Whether the old conduit let all of the new one through, checked no less."""
    return (
        set(new.sources) <= set(old.sources)
        and set(new.targets) <= set(old.targets)
        and _within(new.service, old.service)
        and new.path == old.path
        and new.mediator == old.mediator
        and old.authentication in (new.authentication, "none")
    )


def _within(new: Service, old: Service) -> bool:
    if old.protocol == "any":
        return True
    return new.protocol == old.protocol and old.first <= new.first <= new.last <= old.last


def _widened(old: Conduit, new: Conduit) -> Iterator[str]:
    """In what a conduit that was there lets more through."""
    if more := sorted(set(new.sources) - set(old.sources)):
        yield f"admits {', '.join(more)} besides: {_said(new)}"
    if more := sorted(set(new.targets) - set(old.targets)):
        yield f"reaches {', '.join(more)} besides: {_said(new)}"
    if not _within(new.service, old.service):
        yield f"carries {service_said(new.service)} where it carried {service_said(old.service)}"
    if new.path == "public" and old.path != "public":
        yield f"goes by public address where it was private: {_said(new)}"
    if old.authentication not in (new.authentication, "none"):
        yield f"authenticates by {new.authentication} where it was {old.authentication}"
    if new.mediator != old.mediator:
        yield f"is mediated by {new.mediator or 'nobody'} where it was {old.mediator or 'nobody'}"


def _allowances(before: Plan, after: Plan, new: set[str]) -> Iterator[str]:
    for row in after.allowances:
        if row.tenant in new:
            continue
        held = [old for old in before.allowances if _admitted(old, row)]
        if not held:
            yield (
                f"allowlist of {row.tenant} ({row.kind}) takes in {row.value} until {row.expires} "
                f"(owner {row.owner}): {row.reason}"
            )
        elif all(old.expires < row.expires for old in held):
            which = f"allowlist of {row.tenant} ({row.kind})"
            until = max(old.expires for old in held)
            yield f"{which} holds {row.value} until {row.expires}, not {until}"


def _entries(before: Plan, after: Plan, new: set[str]) -> Iterator[str]:
    """Whom a tenant lets in that it did not let in before, or for longer."""
    for row in after.entries:
        held = [old for old in before.entries if old.tenant == row.tenant]
        for name in () if row.tenant in new else row.people:
            if not any(
                name in old.people and old.first <= row.first and row.expires <= old.expires
                for old in held
            ):
                yield (
                    f"{name} may enter {row.tenant} from {row.first} until {row.expires} "
                    f"(granted by {row.approver}): {row.reason}"
                )


def _admitted(old: Allowance, new: Allowance) -> bool:
    """Whether the old entry let in all that the new one does, dates apart."""
    if (old.tenant, old.kind) != (new.tenant, new.kind):
        return False
    if old.kind == "egress":
        return _name_within(new.value, old.value)
    return IPv4Network(new.value).subnet_of(IPv4Network(old.value))


def _name_within(new: str, old: str) -> bool:
    """`*.example` holds every name below it, and itself as an entry."""
    return new == old or (old.startswith("*.") and new.removeprefix("*.").endswith(old[1:]))


def _zones(before: Plan, after: Plan) -> Iterator[str]:
    for old, new in _kept(before.zones, after.zones):
        yield from _zone(old, new)


def _zone(old: Zone, new: Zone) -> Iterator[str]:
    lower = [
        f"{name} {was} to {is_}"
        for name, was, is_ in zip(FR, old.target, new.target, strict=True)
        if is_ < was
    ]
    if lower:
        yield f"zone {new.id} lowers its target: {', '.join(lower)} ({new.reason})"
    if new.exception and (not old.exception or old.exception.expires < new.exception.expires):
        yield (
            f"zone {new.id} is excepted from its target until {new.exception.expires} "
            f"(approved by {new.exception.approver}): {new.exception.reason}"
        )


def _hosts(before: Plan, after: Plan) -> Iterator[str]:
    for old, new in _kept(before.hosts, after.hosts):
        yield from _host(old, new)


def _host(old: Host, new: Host) -> Iterator[str]:
    if new.public and not old.public:
        yield f"host {new.id} gets a public address in zone {new.zone}"
    if old.sidecar and not new.sidecar:
        yield f"host {new.id} loses its sidecar: nothing authorises its peers by identity"


def _identities(before: Plan, after: Plan) -> Iterator[str]:
    for old, new in _kept(before.identities, after.identities):
        if new.lifetime > old.lifetime:
            yield f"credentials of {new.id} live {new.lifetime} s where it was {old.lifetime} s"

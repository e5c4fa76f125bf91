"""Where everything lies: networks, subnets, groups, hosts and their addresses.

Blocks are /16 parts of the pool. Block 0 is the shared plane's (its upper half the acl network's),
block 1 the flat network's, the others the tenants'. In a tenant's block the first eight /20 are
its hosted networks and the next eight its sites. Every number comes from the blueprint, so that
no edit moves anything else.
"""

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Address, IPv4Network

from bulkhead.blueprint.kinds import HOSTED, PLANE, PLANT
from bulkhead.blueprint.model import Estate, SiteSpec, TenantSpec
from bulkhead.blueprint.policy import ZonePolicy, zone_policy
from bulkhead.blueprint.tiers import Placement, Room, Tier, first_subnet, network_at, tiers
from bulkhead.plan import (
    SHARED,
    Approval,
    Group,
    Host,
    Network,
    Subnet,
    TierException,
    Zone,
)

FIRST_HOST = 10
"""Offset of the first host in a /24: AWS keeps the first four addresses and the last."""
_SITES = 8
_BROKER = "ingest.broker"


@dataclass(slots=True)
class Places:
    """What is placed so far, by id; `groups_at` says which groups a tenant's roles are in."""

    networks: dict[str, Network] = field(default_factory=dict)
    subnets: dict[str, Subnet] = field(default_factory=dict)
    zones: dict[str, Zone] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    hosts: dict[str, Host] = field(default_factory=dict)
    open_groups: set[str] = field(default_factory=set)
    groups_at: dict[tuple[str, str], str] = field(default_factory=dict)
    """(tenant, site or `shared`; `kind.role`) -> group id, for roles that have hosts."""

    def network_of(self, group: str) -> str:
        """The id of the network a group belongs to."""
        return self.groups[group].network


def place(estate: Estate) -> Places:
    """Everything of an estate in its place."""
    places = Places()
    _place_plane(estate, places)
    for tenant in estate.tenants:
        room = Room(tenant=tenant.id, block=tenant.block, pool=IPv4Network(estate.pool))
        _place_hosted(estate, tenant, tiers()[tenant.tier], room, places)
        for site in tenant.sites:
            _place_site(estate, tenant, site, room.block_at(tenant.block), places)
    return places


def _place_plane(estate: Estate, places: Places) -> None:
    block = Room(tenant=SHARED, block=0, pool=IPv4Network(estate.pool)).block_at(0)
    for index, (kind, roles) in enumerate(PLANE.items()):
        name = f"{SHARED}/{kind}"
        vpc = network_at(block, index)
        account = "audit" if kind == "audit" else "platform"
        places.networks[name] = Network(
            id=name, account=account, stack=SHARED, cidr=str(vpc), public=False
        )
        subnet = _subnet(places, name, name, first_subnet(vpc))
        policy = ZonePolicy(spec=getattr(estate.zones, kind), approval=estate.shared.approval)
        places.zones[name] = _zone(name, kind, name, policy)
        for role in roles:
            row = Group(id=f"{name}/{role}", network=name, stack=SHARED)
            group = _group(places, (SHARED, f"{kind}.{role}"), row)
            for number in range(1, getattr(estate.shared.hosts, role) + 1):
                places.hosts[f"{group}-{number}"] = Host(
                    id=f"{group}-{number}",
                    stack=SHARED,
                    tenant=SHARED,
                    zone=name,
                    subnet=name,
                    group=group,
                    role=role,
                    address=str(subnet + FIRST_HOST + number - 1),
                )


def _subnet(places: Places, name: str, network: str, cidr: IPv4Network) -> IPv4Address:
    places.subnets[name] = Subnet(id=name, network=network, cidr=str(cidr))
    return cidr.network_address


def _group(places: Places, at: tuple[str, str], group: Group) -> str:
    places.groups[group.id] = group
    places.groups_at[at] = group.id
    return group.id


def _place_hosted(
    estate: Estate, tenant: TenantSpec, tier: Tier, room: Room, places: Places
) -> None:
    placed = tier.place(room)
    places.networks.update((network.id, network) for network in placed.networks)
    places.subnets.update((subnet.id, subnet) for subnet in placed.subnets)
    places.groups.update((group.id, group) for group in placed.groups)
    places.open_groups |= placed.open_groups
    for kind, roles in tier.zones.items():
        zone = f"{tenant.id}/{kind}"
        policy = zone_policy(estate, tenant, kind, None)
        row = _zone(zone, kind, placed.subnets_of[kind], policy, _exception(tenant, kind))
        places.zones[zone] = replace(row, sealed=kind in tier.sealed)
        for role in roles:
            _place_role(tenant, places.zones[zone], role, placed, places)


def _place_role(
    tenant: TenantSpec, zone: Zone, role: str, placed: Placement, places: Places
) -> None:
    at = f"{zone.kind}.{role}"
    places.groups_at[tenant.id, at] = placed.groups_of[at]
    for number in range(1, getattr(tenant.hosts, role, 1) + 1):
        name = f"{zone.id}/{role}-{number}"
        places.hosts[name] = Host(
            id=name,
            stack=tenant.id,
            tenant=tenant.id,
            zone=zone.id,
            subnet=zone.subnet,
            group=placed.groups_of[at],
            role=role,
            address=str(placed.first[at] + number - 1),
            public="allocate" if at == _BROKER else None,
            sidecar=tiers()[tenant.tier].sidecar and zone.kind in HOSTED,
        )


def _place_site(
    estate: Estate, tenant: TenantSpec, site: SiteSpec, block: IPv4Network, places: Places
) -> None:
    name = f"{tenant.id}/{site.id}"
    vpc = network_at(block, _SITES + site.slot - 1)
    places.networks[name] = Network(
        id=name, account="plant", stack=tenant.id, cidr=str(vpc), public=True, standin=True
    )
    for index, kind in enumerate(PLANT):
        zone = f"{name}/{kind}"
        start = _subnet(places, zone, name, first_subnet(vpc, index))
        policy = zone_policy(estate, tenant, kind, site)
        places.zones[zone] = _zone(zone, kind, zone, policy)
        _place_devices(tenant, site, kind, start, places)


def _place_devices(
    tenant: TenantSpec, site: SiteSpec, kind: str, start: IPv4Address, places: Places
) -> None:
    devices: list[tuple[str, int, str | None]] = []
    if kind == "ai":
        devices = [(gateway.name, gateway.slot, gateway.address) for gateway in site.gateways]
    elif kind == "ot":
        devices = [(plc.name, plc.slot, None) for plc in site.plcs]
    if not devices:
        return
    home = f"{tenant.id}/{site.id}"
    zone, role = f"{home}/{kind}", PLANT[kind][0]
    row = Group(id=f"{zone}/{role}", network=home, stack=tenant.id)
    group = _group(places, (home, f"{kind}.{role}"), row)
    for name, slot, public in devices:
        places.hosts[f"{zone}/{name}"] = Host(
            id=f"{zone}/{name}",
            stack=tenant.id,
            tenant=tenant.id,
            zone=zone,
            subnet=zone,
            group=group,
            role=role,
            address=str(start + FIRST_HOST + slot - 1),
            public=public,
        )


def _zone(
    name: str,
    kind: str,
    subnet: str,
    policy: ZonePolicy,
    exception: TierException | None = None,
) -> Zone:
    spec, approval = policy.spec, policy.approval
    tenant = name.partition("/")[0]
    return Zone(
        id=name,
        tenant=tenant,
        kind=kind,
        subnet=subnet,
        consequence=tuple(spec.consequence.model_dump().items()),
        target=spec.target.vector(),
        reason=spec.reason,
        approval=Approval(by=plan_person(tenant, approval.by), on=approval.date),
        exception=exception,
    )


def plan_person(home: str, ref: str) -> str:
    """The plan id of a person that the rules have found to exist."""
    return ref if "/" in ref else f"{home}/{ref}"


def _exception(tenant: TenantSpec, kind: str) -> TierException | None:
    """The exceptions for a zone as one: all reasons, and the earliest day on which one ends."""
    found = sorted(
        (one for one in tenant.exceptions if kind in one.zones),
        key=lambda one: (one.expires, one.owner, one.approver, one.reason),
    )
    if not found:
        return None
    return TierException(
        owner=plan_person(tenant.id, found[0].owner),
        reason="; ".join(f"{', '.join(sorted(one.covers))}: {one.reason}" for one in found),
        approver=plan_person(tenant.id, found[0].approver),
        expires=found[0].expires,
    )

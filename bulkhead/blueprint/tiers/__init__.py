"""Isolation tiers: each a file of this folder with a `TIER`; adding one touches nothing else."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address, IPv4Network

from bulkhead.blueprint.kinds import HOSTED, PLANE, ROLES
from bulkhead.plan import Group, Network, Subnet

PER_ROLE = 100
"""Hosts of one role in a zone with a network of its own."""
_FIRST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """The security level a tier's hosted zones carry for one foundational requirement, and why."""

    level: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Where a tenant is put: the pool's /16 blocks by number, and the tenant's own number."""

    tenant: str
    block: int
    pool: IPv4Network

    def block_at(self, number: int) -> IPv4Network:
        """The /16 with this number."""
        base = int(self.pool.network_address) + (number << 16)
        return IPv4Network((base, 16))


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a tenant's hosted zones lie.

    subnets_of: zone kind -> subnet id. groups_of: `kind.role` -> group id. first: `kind.role`
    -> address of the role's first host; the others follow it. open_groups: groups within which
    the tier filters nothing, which the plan then says as a conduit of its own.
    """

    networks: tuple[Network, ...]
    subnets: tuple[Subnet, ...]
    groups: tuple[Group, ...]
    subnets_of: Mapping[str, str]
    groups_of: Mapping[str, str]
    first: Mapping[str, IPv4Address]
    open_groups: frozenset[str] = field(default=frozenset())


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A way to isolate tenants. `capability`: FR1 to FR7. `room`: hosts per role at most.

    retention: days for which its tenants' logs are kept; no tenant can shorten them.
    plane: kinds of the shared plane that each tenant has for itself. sealed: those of them on
    whose hosts nobody has an account, and into which no bastion leads. sidecar: whether hosted
    services stand behind a proxy that authorises each peer by its workload identity.
    """

    name: str
    summary: str
    capability: tuple[Capability, ...]
    unprotected: tuple[str, ...]
    room: int
    place: Callable[[Room], Placement]
    retention: int = 365
    plane: tuple[str, ...] = ()
    sealed: tuple[str, ...] = ()
    sidecar: bool = False

    @property
    def zones(self) -> Mapping[str, tuple[str, ...]]:
        """The kinds of zones that a tenant has at the provider, and the roles in each."""
        return {**HOSTED, **{kind: PLANE[kind] for kind in self.plane}}


@cache
def tiers() -> Mapping[str, Tier]:
    """All tiers by name, in name order, found by looking into this folder."""
    names = sorted(found.name for found in pkgutil.iter_modules(__path__))
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names)
    return {module.TIER.name: module.TIER for module in modules}


def network_at(block: IPv4Network, index: int) -> IPv4Network:
    """The index-th /20 of a block: the address space of one VPC."""
    return IPv4Network((int(block.network_address) + (index << 12), 20))


def first_subnet(network: IPv4Network, index: int = 0) -> IPv4Network:
    """The index-th /24 of a network."""
    return IPv4Network((int(network.network_address) + (index << 8), 24))


def network_per_zone(room: Room, accounts: Mapping[str, str]) -> Placement:
    """Zones as the first /20 networks of the tenant's block, hosts from .10 on, 100 per role.

    accounts: for each kind of zone, in the order of their networks, the alias of its account.
    """
    networks, zones = [], {}
    for index, (kind, account) in enumerate(accounts.items()):
        name = f"{room.tenant}/{kind}"
        vpc = network_at(room.block_at(room.block), index)
        public = kind == "ingest"
        networks.append(
            Network(id=name, account=account, stack=room.tenant, cidr=str(vpc), public=public)
        )
        zones[kind] = (name, first_subnet(vpc))
    return subnet_per_zone(room.tenant, networks, zones, first=_FIRST, per_role=PER_ROLE)


def subnet_per_zone(
    tenant: str,
    networks: Iterable[Network],
    zones: Mapping[str, tuple[str, IPv4Network]],
    *,
    first: int,
    per_role: int,
) -> Placement:
    """A subnet for each zone and a group for each role, all of the tenant's own stack.

    zones: for each kind the id of its network, and the prefix of its subnet. first: offset of the
    first role's first host there; each role has room for `per_role` hosts.
    """
    subnets, groups = [], []
    subnets_of, groups_of, starts = {}, {}, {}
    for kind, (network, cidr) in zones.items():
        name = f"{tenant}/{kind}"
        subnets.append(Subnet(id=name, network=network, cidr=str(cidr)))
        subnets_of[kind] = name
        for number, role in enumerate(ROLES[kind]):
            groups.append(Group(id=f"{name}/{role}", network=network, stack=tenant))
            groups_of[f"{kind}.{role}"] = f"{name}/{role}"
            starts[f"{kind}.{role}"] = cidr.network_address + first + number * per_role
    return Placement(
        networks=tuple(networks),
        subnets=tuple(subnets),
        groups=tuple(groups),
        subnets_of=subnets_of,
        groups_of=groups_of,
        first=starts,
    )

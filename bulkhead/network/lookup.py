"""A deployment indexed for questions: by id, by host, by member address, by peer."""

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Network, ip_address, ip_network
from typing import NamedTuple

from bulkhead.network.deployed import (
    Acl,
    Attachment,
    Deployed,
    Endpoint,
    Gateway,
    Group,
    Interface,
    Peering,
    RouteTable,
    Subnet,
    TransitGateway,
    TransitTable,
    Vpc,
)


class Prefix(NamedTuple):
    """An IPv4 prefix as numbers: an address is inside when `address & mask == base`."""

    base: int
    mask: int
    length: int


@lru_cache(maxsize=65536)
def prefix_of(cidr: str) -> Prefix | None:
    """The numbers of a CIDR; None for IPv6, which never matches an IPv4 packet."""
    network = ip_network(cidr, strict=False)
    if not isinstance(network, IPv4Network):
        return None
    return Prefix(int(network.network_address), int(network.netmask), network.prefixlen)


@lru_cache(maxsize=65536)
def _number(address: str) -> int:
    return int(ip_address(address))


def holds(cidr: str, address: str) -> bool:
    """Whether an IPv4 address is in a CIDR (never in an IPv6 one)."""
    prefix = prefix_of(cidr)
    return prefix is not None and _number(address) & prefix.mask == prefix.base


@dataclass(frozen=True, slots=True)
class Lookup:
    """Tables of one deployment, by id; `hosts` by host name.

    gateways: by the VPC they are attached to. members: the private addresses of each group's
    interfaces. peers: the VPCs joined to each VPC by an active peering. endpoints: by name.
    attachments: by transit gateway and VPC, and attached: the same by id.
    """

    vpcs: dict[str, Vpc]
    subnets: dict[str, Subnet]
    tables: dict[str, RouteTable]
    acls: dict[str, Acl]
    groups: dict[str, Group]
    peerings: dict[str, Peering]
    gateways: dict[str, Gateway]
    hosts: dict[str, Interface]
    members: dict[str, frozenset[str]]
    peers: dict[str, frozenset[str]]
    endpoints: dict[str, Endpoint]
    attachments: dict[tuple[str, str], Attachment]
    attached: dict[str, Attachment]
    transits: dict[str, TransitGateway]
    transit_tables: dict[str, TransitTable]


def lookup(deployed: Deployed) -> Lookup:
    """Index a deployment. ValueError when two interfaces bear one host's name."""
    ends = deployed.ends
    hosts = {item.host: item for item in ends}
    if len(hosts) != len(ends):
        raise ValueError("two interfaces of one host: a deployment names each host once")
    return Lookup(
        vpcs={item.id: item for item in deployed.vpcs},
        subnets={item.id: item for item in deployed.subnets},
        tables={item.id: item for item in deployed.route_tables},
        acls={item.id: item for item in deployed.acls},
        groups={item.id: item for item in deployed.groups},
        peerings={item.id: item for item in deployed.peerings},
        gateways={item.vpc: item for item in deployed.gateways if item.vpc},
        hosts=hosts,
        members=_members(ends),
        peers=_peers(deployed.peerings),
        endpoints={item.name: item for item in deployed.endpoints},
        attachments={(item.gateway, item.vpc): item for item in deployed.attachments},
        attached={item.id: item for item in deployed.attachments},
        transits={item.id: item for item in deployed.transits},
        transit_tables={item.id: item for item in deployed.transit_tables},
    )


def _members(interfaces: tuple[Interface, ...]) -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for item in interfaces:
        for group in item.groups:
            found[group].add(item.address)
    return {group: frozenset(addresses) for group, addresses in found.items()}


def _peers(peerings: tuple[Peering, ...]) -> dict[str, frozenset[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for item in peerings:
        if item.active:
            found[item.requester].add(item.accepter)
            found[item.accepter].add(item.requester)
    return {vpc: frozenset(others) for vpc, others in found.items()}


Named = Vpc | Subnet | RouteTable | Acl | Group | Peering | Gateway | Endpoint
Transit = TransitGateway | Attachment | TransitTable


def label(item: Named | Transit) -> str:
    """A thing's cloud id, with its name where it has one: `sg-1 (shared/admin)`."""
    return item.id if item.name == item.id else f"{item.id} ({item.name})"

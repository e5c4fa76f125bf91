"""The segmented tier: a VPC per zone, a security group per role, declared conduits alone."""

from bulkhead.blueprint.kinds import HOSTED
from bulkhead.blueprint.tiers import Capability, Placement, Room, Tier, first_subnet, network_at
from bulkhead.plan import Group, Network, Subnet

_PER_ROLE = 100
_FIRST = 10


def place(room: Room) -> Placement:
    """Zones as the first /20 networks of the tenant's block, hosts from .10 on, 100 per role."""
    networks, subnets, groups = [], [], []
    subnets_of, groups_of, first = {}, {}, {}
    for index, (kind, roles) in enumerate(HOSTED.items()):
        name = f"{room.tenant}/{kind}"
        vpc = network_at(room.block_at(room.block), index)
        subnet = first_subnet(vpc)
        public = kind == "ingest"
        networks.append(
            Network(id=name, account="platform", stack=room.tenant, cidr=str(vpc), public=public)
        )
        subnets.append(Subnet(id=name, network=name, cidr=str(subnet)))
        subnets_of[kind] = name
        for number, role in enumerate(roles):
            groups.append(Group(id=f"{name}/{role}", network=name, stack=room.tenant))
            groups_of[f"{kind}.{role}"] = f"{name}/{role}"
            first[f"{kind}.{role}"] = subnet.network_address + _FIRST + number * _PER_ROLE
    return Placement(
        networks=tuple(networks),
        subnets=tuple(subnets),
        groups=tuple(groups),
        subnets_of=subnets_of,
        groups_of=groups_of,
        first=first,
    )


TIER = Tier(
    name="segmented",
    summary="a network of its own for each zone, a security group for each role",
    capability=(
        Capability(level=2, why="Every conduit into a zone names how its users authenticate."),
        Capability(
            level=2, why="Roles have groups of their own; people come by the bastion alone."
        ),
        Capability(
            level=2, why="Conduits of process data are declared with mutually authenticated TLS."
        ),
        Capability(
            level=2, why="Process data is encrypted in transit; no other tenant shares a network."
        ),
        Capability(level=2, why="Zones are networks; only declared conduits join them."),
        Capability(level=2, why="Events of all hosts and refused flows reach the audit zone."),
        Capability(level=2, why="No tenant's traffic crosses another tenant's network."),
    ),
    unprotected=(
        "Hosts of one role trust each other's operating system and its administrators.",
        "The shared plane (admin, egress, audit) serves all tenants and is trusted by them.",
        "Tenants share the provider's AWS account and its control plane.",
    ),
    room=_PER_ROLE,
    place=place,
    retention=180,
)

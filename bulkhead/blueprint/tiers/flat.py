"""The flat tier: all flat tenants share one network, one subnet and one security group."""

from ipaddress import IPv4Network

from bulkhead.blueprint.kinds import HOSTED
from bulkhead.blueprint.tiers import Capability, Placement, Room, Tier
from bulkhead.plan import SHARED, Group, Network, Subnet

ID = f"{SHARED}/flat"
_BLOCK = 1
_SLICE = 64
_PER_ROLE = 16


def place(room: Room) -> Placement:
    """The tenant's hosts in a slice of 64 addresses of the shared subnet, 16 for each role.

    Blocks 2 to 255 are tenants', so a slice never holds the subnet's first four addresses; its
    last address, which AWS keeps of the last slice, is left free in every slice.
    """
    vpc = room.block_at(_BLOCK)
    subnet = IPv4Network((int(vpc.network_address), 18))
    start = subnet.network_address + room.block * _SLICE
    roles = [f"{kind}.{role}" for kind in HOSTED for role in HOSTED[kind]]
    return Placement(
        networks=(Network(id=ID, account="platform", stack=SHARED, cidr=str(vpc), public=True),),
        subnets=(Subnet(id=ID, network=ID, cidr=str(subnet)),),
        groups=(Group(id=ID, network=ID, stack=SHARED),),
        subnets_of=dict.fromkeys(HOSTED, ID),
        groups_of=dict.fromkeys(roles, ID),
        first={role: start + index * _PER_ROLE for index, role in enumerate(roles)},
        open_groups=frozenset({ID}),
    )


TIER = Tier(
    name="flat",
    summary="one network, one subnet and one security group for all flat tenants",
    capability=(
        Capability(level=1, why="The broker and the bastion authenticate; neighbours do not."),
        Capability(level=1, why="Services authorise their clients; the network allows all."),
        Capability(level=1, why="Telemetry is protected in transit up to the broker alone."),
        Capability(level=1, why="Services encrypt; hosts of other tenants see the same subnet."),
        Capability(level=0, why="Nothing separates zones or tenants within the shared network."),
        Capability(level=1, why="Every host sends its events to the audit zone."),
        Capability(level=1, why="Tenants share one network's capacity and its failures."),
    ),
    unprotected=(
        "A host that is taken over reaches every host of every flat tenant on every port.",
        "A scan or a flood by one tenant is felt by all flat tenants.",
        "Between flat hosts only the services' own authentication stands.",
    ),
    room=_PER_ROLE - 1,
    place=place,
)

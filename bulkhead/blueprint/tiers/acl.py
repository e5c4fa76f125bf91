"""The acl tier: one network for all its tenants, a subnet and a network ACL for each zone.

A subnet per tenant and zone, not per tenant: a network ACL belongs to a subnet, so that a zone's
walls stand twice, in the ACL of its subnet and in the groups of its roles. What that costs in
subnets, entries and routes is counted against the quotas.
"""

from ipaddress import IPv4Network

from bulkhead.blueprint.kinds import HOSTED
from bulkhead.blueprint.tiers import Capability, Placement, Room, Tier, subnet_per_zone
from bulkhead.plan import SHARED, Network

ID = f"{SHARED}/acl"
_BLOCK = 0
_SLICE = 7
_ZONE = 5
_FIRST = 4
_PER_ROLE = 13


def place(room: Room) -> Placement:
    """Zones as /27 subnets of the tenant's /25, in the upper half of the shared plane's block.

    Of a /27 AWS keeps the first four addresses and the last, which leaves 13 for each of two roles.
    """
    (_, vpc) = room.block_at(_BLOCK).subnets()
    start = int(vpc.network_address) + (room.block << _SLICE)
    shared = Network(id=ID, account="platform", stack=SHARED, cidr=str(vpc), public=True)
    zones = {
        kind: (ID, IPv4Network((start + (index << _ZONE), 32 - _ZONE)))
        for index, kind in enumerate(HOSTED)
    }
    return subnet_per_zone(room.tenant, (shared,), zones, first=_FIRST, per_role=_PER_ROLE)


TIER = Tier(
    name="acl",
    summary="one network for all acl tenants, a subnet and an ACL for each zone, a group per role",
    capability=(
        Capability(level=2, why="Every conduit into a zone names how its users authenticate."),
        Capability(
            level=2, why="Roles have groups of their own; people come by the bastion alone."
        ),
        Capability(
            level=2, why="Conduits of process data are declared with mutually authenticated TLS."
        ),
        Capability(
            level=1, why="Process data is encrypted in transit; tenants share one network's names."
        ),
        Capability(
            level=1, why="Rules alone part tenants that a route joins; one wrong rule opens a way."
        ),
        Capability(level=2, why="Events of all hosts and refused flows reach the audit zone."),
        Capability(level=1, why="Tenants share one network's quotas, gateway and failures."),
    ),
    unprotected=(
        "Every tenant's subnets are routed to every other's: one rule too wide is a way across.",
        "Rules grow with tenants, and a quota that is met stops changes for all acl tenants.",
        "The shared plane (admin, egress, audit) serves all tenants and is trusted by them.",
        "Tenants share the provider's AWS account and its control plane.",
    ),
    room=_PER_ROLE,
    place=place,
)

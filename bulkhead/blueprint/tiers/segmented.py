"""The segmented tier: a VPC per zone, a security group per role, declared conduits alone."""

from bulkhead.blueprint.kinds import HOSTED
from bulkhead.blueprint.tiers import (
    PER_ROLE,
    Capability,
    Placement,
    Room,
    Tier,
    network_per_zone,
)


def place(room: Room) -> Placement:
    """Each zone a network of the platform's account."""
    return network_per_zone(room, dict.fromkeys(HOSTED, "platform"))


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
    room=PER_ROLE,
    place=place,
)

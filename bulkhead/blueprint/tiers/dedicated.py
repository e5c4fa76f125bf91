"""The dedicated tier: an account, egress and audit zones, and a network per zone for one tenant."""

from bulkhead.blueprint.kinds import HOSTED
from bulkhead.blueprint.tiers import (
    PER_ROLE,
    Capability,
    Placement,
    Room,
    Tier,
    network_per_zone,
)

_PLANE = ("egress", "audit")


def place(room: Room) -> Placement:
    """Each zone a network of the tenant's own account, whose alias is the tenant's id."""
    return network_per_zone(room, dict.fromkeys((*HOSTED, *_PLANE), room.tenant))


TIER = Tier(
    name="dedicated",
    summary="an account of the tenant's own, with its own networks, way out and log store",
    capability=(
        Capability(level=2, why="Every conduit into a zone names how its users authenticate."),
        Capability(
            level=2, why="Roles have groups of their own; people come by the bastion alone."
        ),
        Capability(
            level=2, why="Conduits of process data are declared with mutually authenticated TLS."
        ),
        Capability(
            level=3, why="Data, keys and logs lie in an account that holds no other tenant's."
        ),
        Capability(
            level=3, why="No network is joined to another tenant's; the bastion's alone comes in."
        ),
        Capability(level=3, why="Events go to a log store of the tenant's own and stay there."),
        Capability(level=3, why="Quotas, way out and log store are the tenant's own."),
    ),
    unprotected=(
        "The bastion and its operators are shared: who takes it over reaches every hosted zone.",
        "Hosts of one role trust each other's operating system and its administrators.",
        "The provider opens and pays the account, and holds its root.",
    ),
    room=PER_ROLE,
    place=place,
    retention=730,
    plane=_PLANE,
)

"""The mesh tier: as segmented, with a sidecar before each service and an audit plane apart."""

from bulkhead.blueprint.kinds import HOSTED
from bulkhead.blueprint.tiers import (
    PER_ROLE,
    Capability,
    Placement,
    Room,
    Tier,
    network_per_zone,
)

_PLANE = ("audit",)


def place(room: Room) -> Placement:
    """Zones are networks of the platform's account; audit has an account of its own.

    No tenant's id has a dot in it, so that the account's alias never means a tenant's.
    """
    accounts = dict.fromkeys(HOSTED, "platform")
    return network_per_zone(room, {**accounts, **dict.fromkeys(_PLANE, f"{room.tenant}.audit")})


TIER = Tier(
    name="mesh",
    summary="as segmented, each service behind a sidecar, and audit in an account of its own",
    capability=(
        Capability(level=3, why="Each workload shows an identity of its own on every hop."),
        Capability(
            level=3, why="A sidecar authorises each peer by identity and can cut a live session."
        ),
        Capability(
            level=3, why="No hop carries process data but between two authenticated workloads."
        ),
        Capability(
            level=2, why="Process data is encrypted up to the host; keys share the platform."
        ),
        Capability(
            level=3, why="Networks, groups and sidecars each stop what no conduit declares."
        ),
        Capability(
            level=3, why="Nobody has an account on the audit hosts, and no bastion leads there."
        ),
        Capability(
            level=2, why="No tenant's traffic crosses another's; a sidecar is one more to fail."
        ),
    ),
    unprotected=(
        "Who is root on a host stands behind its sidecar and speaks with its identity.",
        "Who issues workload identities can make any; the issuer is trusted by every hop.",
        "Audit hosts are configured at `up` by the provisioning account, at the host's own door: "
        "who holds its authority and may open that door can still enter them.",
        "The shared plane (admin, egress) serves all tenants and is trusted by them.",
        "Hosted zones share the provider's AWS account and its control plane.",
    ),
    room=PER_ROLE,
    place=place,
    retention=730,
    plane=_PLANE,
    sealed=_PLANE,
    sidecar=True,
)

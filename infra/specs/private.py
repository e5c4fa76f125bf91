"""Endpoints and the transit gateway: from the plan's rows to specs. Pure."""

from bulkhead.plan import SHARED, Attachment, Plan, ends
from infra.specs.tables import AttachmentSpec, EndpointSpec, RouteSpec, TransitSpec

GATEWAY = f"{SHARED}/transit"
PLANE, SPOKES = f"{GATEWAY}/plane", f"{GATEWAY}/spokes"
"""Its tables: of what comes from the shared plane, and of what comes from the tenants."""


def endpoints(plan: Plan, stack: str) -> tuple[EndpointSpec, ...]:
    """The endpoints that a stack owns."""
    accounts = {row.id: row.account for row in plan.networks}
    return tuple(
        EndpointSpec(
            id=row.id,
            account=accounts[row.network],
            network=row.network,
            subnet=row.subnet,
            group=row.group,
            address=row.address,
            service=f"com.amazonaws.{plan.region}.{row.service}",
        )
        for row in plan.endpoints
        if row.stack == stack
    )


def transits(plan: Plan, stack: str) -> tuple[TransitSpec, ...]:
    """The estate's gateway, which the shared stack owns."""
    if stack != SHARED or not plan.attachments:
        return ()
    return (TransitSpec(id=GATEWAY, account="platform", plane=PLANE, spokes=SPOKES),)


def attachments(plan: Plan, stack: str) -> tuple[AttachmentSpec, ...]:
    """The attachments of a stack's networks, each with the routes on its own side."""
    networks = {row.id: row for row in plan.networks}
    return tuple(
        AttachmentSpec(
            id=row.id,
            account=networks[row.network].account,
            gateway=GATEWAY,
            network=row.network,
            subnet=min(each.id for each in plan.subnets if each.network == row.network),
            cidr=networks[row.network].cidr,
            table=PLANE if row.plane else SPOKES,
            known_to=SPOKES if row.plane else PLANE,
            routes=_routes(plan, row, networks[row.network].account),
        )
        for row in plan.attachments
        if row.stack == stack
    )


def _routes(plan: Plan, row: Attachment, account: str) -> tuple[RouteSpec, ...]:
    """Of the plane: one for the whole pool, so that a tenant changes nothing there. Of a spoke:
    one for each network of the plane. What is nearer (local, peered) is more specific."""
    used = {host.subnet for host in ends(plan)}
    own = [each.id for each in plan.subnets if each.network == row.network and each.id in used]
    planes = {each.network for each in plan.attachments if each.plane}
    cidrs = {each.cidr for each in plan.networks if each.id in planes}
    return tuple(
        RouteSpec(id=f"{row.id}:{subnet}:to:{cidr}", account=account, subnet=subnet, cidr=cidr)
        for subnet in sorted(own)
        for cidr in sorted({plan.pool} if row.plane else cidrs)
    )

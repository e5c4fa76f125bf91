"""Everything of a plan that has an address, and which networks meet over the transit gateway."""

from bulkhead.plan.tables import Host, Plan

ENDPOINT = "endpoint"
"""The role of a row that stands for an endpoint: no machine is behind it."""


def ends(plan: Plan) -> tuple[Host, ...]:
    """The hosts, and a row in the form of a host for each endpoint."""
    if not plan.endpoints:
        return plan.hosts
    return (
        *plan.hosts,
        *(
            Host(
                id=row.id,
                stack=row.stack,
                tenant=row.stack,
                zone="",
                subnet=row.subnet,
                group=row.group,
                role=ENDPOINT,
                address=row.address,
            )
            for row in plan.endpoints
        ),
    )


def meeting(plan: Plan) -> frozenset[frozenset[str]]:
    """Each two networks between which packets go over the transit gateway."""
    plane = [row.network for row in plan.attachments if row.plane]
    spokes = [row.network for row in plan.attachments if not row.plane]
    return frozenset(frozenset((one, other)) for one in plane for other in spokes)

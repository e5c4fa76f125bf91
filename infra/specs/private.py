"""Endpoints and the transit gateway: from the plan's rows to specs. Pure."""

from dataclasses import dataclass, field

from bulkhead.plan import SHARED, Attachment, Network, Plan, ends
from infra.specs.tables import AttachmentSpec, EndpointSpec, RouteSpec, TransitSpec

GATEWAY = f"{SHARED}/transit"
PLANE, SPOKES = f"{GATEWAY}/plane", f"{GATEWAY}/spokes"
"""Its tables: of what comes from the shared plane, and of what comes from the tenants."""


@dataclass(frozen=True, slots=True)
class Private:
    """The private paths of every stack; each row of the plan is looked at once."""

    plan: Plan
    networks: dict[str, Network] = field(default_factory=dict)
    subnets: dict[str, set[str]] = field(default_factory=dict)
    """Network -> its subnets in which something has an address."""
    planes: set[str] = field(default_factory=set)
    """The prefixes of the plane's networks that are attached."""
    endpoints: dict[str, list[EndpointSpec]] = field(default_factory=dict)
    attachments: dict[str, list[AttachmentSpec]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Fill the tables, by stack."""
        plan, homes = self.plan, {row.id: row.network for row in self.plan.subnets}
        self.networks.update((row.id, row) for row in plan.networks)
        for end in ends(plan) if plan.attachments else ():
            self.subnets.setdefault(homes[end.subnet], set()).add(end.subnet)
        self.planes.update(self.networks[row.network].cidr for row in plan.attachments if row.plane)
        for one in plan.endpoints:
            self.endpoints.setdefault(one.stack, []).append(
                EndpointSpec(
                    id=one.id,
                    account=self.networks[one.network].account,
                    network=one.network,
                    subnet=one.subnet,
                    group=one.group,
                    address=one.address,
                    service=f"com.amazonaws.{plan.region}.{one.service}",
                )
            )
        for row in plan.attachments:
            self.attachments.setdefault(row.stack, []).append(self._attachment(row))

    def transits(self, stack: str) -> tuple[TransitSpec, ...]:
        """The estate's gateway, which the shared stack owns."""
        if stack != SHARED or not self.plan.attachments:
            return ()
        return (TransitSpec(id=GATEWAY, account="platform", plane=PLANE, spokes=SPOKES),)

    def _attachment(self, row: Attachment) -> AttachmentSpec:
        network = self.networks[row.network]
        return AttachmentSpec(
            id=row.id,
            account=network.account,
            gateway=GATEWAY,
            network=row.network,
            subnet=min(self.subnets[row.network]),
            cidr=network.cidr,
            table=PLANE if row.plane else SPOKES,
            known_to=SPOKES if row.plane else PLANE,
            routes=self._routes(row, network.account),
        )

    def _routes(self, row: Attachment, account: str) -> tuple[RouteSpec, ...]:
        """Of the plane: one for the whole pool, so that a tenant changes nothing there. Of a
        spoke: one for each network of the plane. What is nearer is more specific."""
        return tuple(
            RouteSpec(id=f"{row.id}:{subnet}:to:{cidr}", account=account, subnet=subnet, cidr=cidr)
            for subnet in sorted(self.subnets[row.network])
            for cidr in sorted({self.plan.pool} if row.plane else self.planes)
        )

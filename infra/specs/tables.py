"""The specs, resource by resource: what a stack owns, frozen.

Pure: no Pulumi, no I/O. The components turn each spec into a few resources and decide
nothing; golden files hold the specs of the example. Ids are the plan's own.
"""

from dataclasses import dataclass
from typing import Literal

from infra.specs.owned import FlowLogSpec, KeySpec, LogsSpec, RoleSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class AclEntrySpec:
    """One stateless allow of a subnet's network ACL; ports are inclusive, `protocol` a name."""

    number: int
    egress: bool
    protocol: str
    cidr: str
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetSpec:
    """A subnet with its own route table and network ACL; `outward` routes to the internet."""

    id: str
    cidr: str
    outward: bool
    acl: tuple[AclEntrySpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """A VPC with its subnets; its default group, ACL and route table are adopted and emptied."""

    id: str
    account: str
    cidr: str
    public: bool
    subnets: tuple[SubnetSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSpec:
    """A security group, without rules: each rule is a resource of its own."""

    id: str
    account: str
    network: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The other side of a rule: a `cidr`, a `group` by id, or the `public` address of a host."""

    kind: Literal["cidr", "group", "public"]
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """One allow of a security group. `protocol` is a name, or `-1` for all (then no ports)."""

    id: str
    account: str
    group: str
    egress: bool
    protocol: str
    first: int
    last: int
    peer: Peer


@dataclass(frozen=True, slots=True, kw_only=True)
class ConduitSpec:
    """The rules on both sides of one conduit, as far as this stack owns them."""

    id: str
    rules: tuple[RuleSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSpec:
    """A route of `subnet`'s table over a peering, or to the transit gateway."""

    id: str
    account: str
    subnet: str
    cidr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeeringSpec:
    """A peering with the routes on both sides; accounts are aliases."""

    id: str
    requester: str
    requester_account: str
    accepter: str
    accepter_account: str
    routes: tuple[RouteSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSpec:
    """An interface endpoint with a fixed address; `service` is AWS's full name."""

    id: str
    account: str
    network: str
    subnet: str
    group: str
    address: str
    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitSpec:
    """The estate's transit gateway and its two tables: what judges the plane, and the spokes."""

    id: str
    account: str
    plane: str
    spokes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentSpec:
    """A network's place at the transit gateway.

    table: judges what comes from it. known_to: the table that has the way to it, `cidr`. routes:
    of its own subnets, to the gateway.
    """

    id: str
    account: str
    gateway: str
    network: str
    subnet: str
    cidr: str
    table: str
    known_to: str
    routes: tuple[RouteSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """An instance with a fixed private address; `public` as in the plan's host.

    key: the id of the key of its volume; None for AWS's own.
    """

    id: str
    account: str
    subnet: str
    group: str
    role: str
    address: str
    public: str | None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StackSpec:
    """One stack: everything it owns. What it only refers to comes from the shared stack."""

    stack: str
    estate: str
    region: str
    digest: str
    networks: tuple[NetworkSpec, ...]
    groups: tuple[GroupSpec, ...]
    conduits: tuple[ConduitSpec, ...]
    peerings: tuple[PeeringSpec, ...]
    hosts: tuple[HostSpec, ...]
    endpoints: tuple[EndpointSpec, ...] = ()
    transits: tuple[TransitSpec, ...] = ()
    attachments: tuple[AttachmentSpec, ...] = ()
    tier: str = ""
    keys: tuple[KeySpec, ...] = ()
    roles: tuple[RoleSpec, ...] = ()
    flow_logs: tuple[FlowLogSpec, ...] = ()
    logs: LogsSpec | None = None

    @property
    def accounts(self) -> tuple[str, ...]:
        """Aliases of the accounts that this stack makes anything in, sorted."""
        used = {"platform"}
        used |= {network.account for network in self.networks}
        used |= {group.account for group in self.groups}
        used |= {host.account for host in self.hosts}
        used |= {row.account for row in self.endpoints} | {row.account for row in self.transits}
        used |= {row.account for row in self.attachments}
        used |= {rule.account for conduit in self.conduits for rule in conduit.rules}
        for peering in self.peerings:
            used |= {peering.requester_account, peering.accepter_account}
        used |= {key.account for key in self.keys}
        used |= set(self.logs.accounts) if self.logs else set()
        return tuple(sorted(used))

"""The frozen tables of a plan: what a blueprint intends, down to addresses and conduits.

A plan holds intent only (no prices, no control code, nothing observed). Ids are paths
(`borealis/ingest/broker`), stable under edits elsewhere, and carried by every deployed
resource as the tag `bulkhead:id`. All sequences are sorted by id; times are in seconds.
Words are IEC 62443's (zone, conduit, SL-T, FR) and the cloud's own.
"""

from dataclasses import dataclass
from typing import Literal

Protocol = Literal["tcp", "udp", "icmp", "any", "other"]
Path = Literal["private", "public"]
SHARED = "shared"
"""Owner and stack of the provider's own plane."""
INTERNET = "internet"
"""The group and host that stand for everybody outside the estate."""
IMPORTED = "imported"
"""Stack of everything in an estate that was read from an account, not made by Bulkhead."""
UNKNOWN = "unknown"
"""What nobody has said yet of an imported estate: a tenant, a role, a kind of zone, a reason."""


def home(name: str) -> str:
    """Whose a thing is by its id: a tenant's, or SHARED. A shared network can hold both."""
    return name.partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Service:
    """A protocol and an inclusive port range; `any` and `icmp` span 0 to 65535.

    `other` spans protocols without ports, by their IANA numbers (imported estates alone have it).
    """

    protocol: Protocol
    first: int = 0
    last: int = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A routed address space of its own: a VPC.

    account: alias of the account that holds it (`platform`, `audit`, `plant`; a dedicated
    tenant's own is its id, the audit account of a mesh tenant `<tenant>.audit`).
    stack: the Pulumi stack that owns it (`shared` or a tenant's id).
    cidr: IPv4 prefix. public: whether it has an internet gateway.
    standin: stands for a customer's own premises, so it is deployed in the lab alone.
    """

    id: str
    account: str
    stack: str
    cidr: str
    public: bool
    standin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A part of a network with one route table and one network ACL."""

    id: str
    network: str
    cidr: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """The asset owner's word for a target or an exception; dates are ISO 8601 (YYYY-MM-DD)."""

    by: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TierException:
    """Accepts a target above what the tier carries, until it expires."""

    owner: str
    reason: str
    approver: str
    expires: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """An IEC 62443 zone. `target` is SL-T for FR1 to FR7, in that order, each 0 to 4.

    Where nobody approved a target (imported estates alone), `approval.by` is empty and the target
    says nothing. sealed: nobody has an account on its hosts, and no bastion reaches them.
    """

    id: str
    tenant: str
    kind: str
    subnet: str
    consequence: tuple[tuple[str, str], ...]
    target: tuple[int, int, int, int, int, int, int]
    reason: str
    approval: Approval
    exception: TierException | None = None
    sealed: bool = False

    @property
    def stated(self) -> bool:
        """Whether its target was stated and approved."""
        return bool(self.approval.by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Hosts for which the same network rules hold: a security group of `network`."""

    id: str
    network: str
    stack: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A machine. `public`: None, `allocate`, or the fixed IPv4 address it has outside.

    sidecar: whether its services listen on loopback alone, behind a proxy of the mesh that
    authorises each peer by its workload identity.
    """

    id: str
    stack: str
    tenant: str
    zone: str
    subnet: str
    group: str
    role: str
    address: str
    public: str | None = None
    sidecar: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduit:
    """A declared way from groups to groups; everything undeclared is denied.

    stack: the stack that owns its rules on both sides. path: by private address, or by the
    target's public one. authentication: e.g. `mtls`, `ssh-certificate`, `none`. mediator:
    the role or host that checks what passes. zones: the zones it joins, for people. oneway:
    requests arrive and nothing comes back, as over a diode. endpoint: the AWS service (`s3`) that
    it leads to, through an endpoint and in no other way.
    """

    id: str
    stack: str
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    service: Service
    path: Path
    authentication: str
    mediator: str
    reason: str
    zones: tuple[tuple[str, ...], tuple[str, ...]]
    endpoint: str | None = None
    oneway: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering:
    """A link between two networks that some private conduit needs."""

    id: str
    stack: str
    requester: str
    accepter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A private way from a network to a service: an address of its own there, and a group.

    network, subnet, address: where it stands, on the side that asks. service: AWS's short name
    (`s3`). serves: the group that stands for the service where there is no AWS. port: TCP.
    """

    id: str
    stack: str
    network: str
    subnet: str
    group: str
    address: str
    service: str
    serves: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A network's place at the estate's transit gateway.

    plane: whether it is the shared plane's, which meets every spoke; spokes meet the plane alone.
    """

    id: str
    stack: str
    network: str
    plane: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """An allowlist's entry: what somebody owns, gave a reason for, and limited to a day.

    kind: `gateway` (a customer's address that may reach ingest), `egress` (a DNS name that may be
    resolved and reached from the estate) or `admin` (an address from which people may enter).
    value: an IPv4 prefix, or a name (`*.` in front: every name below it). owner: a person's id.
    expires: the last day on which it holds (YYYY-MM-DD).
    """

    id: str
    tenant: str
    kind: Literal["gateway", "egress", "admin"]
    value: str
    owner: str
    reason: str
    expires: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A tenant's word that people of the provider may enter its hosted zones, for a time.

    who: as it was written, a person's id or a role (`provider.operator`). people: the ids that it
    means. approver: the tenant's administrator who granted it. first, expires: the first and the
    last day on which it holds (YYYY-MM-DD).
    """

    id: str
    tenant: str
    who: str
    people: tuple[str, ...]
    reason: str
    approver: str
    first: str
    expires: str

    def holds(self, day: str) -> bool:
        """Whether it holds on a day (YYYY-MM-DD)."""
        return self.first <= day <= self.expires


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who or what authenticates. `lifetime` in seconds of one credential.

    spiffe: a mesh workload's id, `spiffe://<estate>/<tenant>/<zone kind>/<role>`.
    """

    id: str
    kind: Literal["human", "device", "workload"]
    tenant: str
    owner: str
    scope: str
    lifetime: int
    rotation: str
    revocation: str
    spiffe: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A human who acts: `roles` of the customer (operator, engineer, admin, auditor) or of the
    provider (operator, support, vendor), never both; `escalation` 1 is asked first."""

    id: str
    tenant: str
    name: str
    roles: tuple[str, ...]
    contact: str
    escalation: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """An essential function of a plant and how long its loss of view is tolerable (seconds)."""

    name: str
    tolerable_loss: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A maintenance window or a freeze, as the blueprint writes it."""

    kind: Literal["maintenance", "freeze"]
    when: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A machine on the plant floor and the PLC or gateway that speaks for it."""

    id: str
    site: str
    kind: str
    behind: str
    attributes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """A customer on one tier. `fail_mode`: close (stop) or island (run alone).

    retention: days for which its logs are kept whatever anybody says; its tier decides them.
    """

    id: str
    tier: str
    fail_mode: Literal["close", "island"]
    functions: tuple[Function, ...]
    authority: str
    windows: tuple[Window, ...]
    retention: int = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything a blueprint intends. Every downstream fact is a projection of it.

    pool: the IPv4 prefix from which every private address of the estate comes.
    """

    estate: str
    region: str
    pool: str
    tenants: tuple[Tenant, ...]
    networks: tuple[Network, ...]
    subnets: tuple[Subnet, ...]
    zones: tuple[Zone, ...]
    groups: tuple[Group, ...]
    hosts: tuple[Host, ...]
    conduits: tuple[Conduit, ...]
    peerings: tuple[Peering, ...]
    identities: tuple[Identity, ...]
    people: tuple[Person, ...]
    assets: tuple[Asset, ...]
    allowances: tuple[Allowance, ...] = ()
    entries: tuple[Entry, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    attachments: tuple[Attachment, ...] = ()

    @property
    def imported(self) -> bool:
        """Whether it tells of a network that Bulkhead did not make."""
        return any(network.stack == IMPORTED for network in self.networks)

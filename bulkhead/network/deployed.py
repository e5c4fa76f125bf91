"""What an AWS API says is deployed, reduced to what decides whether a packet passes.

`read` fills these tables from API responses; `reach` and the lab's `compile` are two
independent readings of them. Nothing here comes from the plan. `id` is the cloud's own
(`sg-…`); `name` is the tag `bulkhead:id`, or the cloud's id where there is no such tag.
All CIDRs are IPv4 in canonical form unless said otherwise.
"""

from dataclasses import dataclass, field
from typing import Literal

ALL = -1
"""Protocol number for `all protocols` (the API's \"-1\")."""
INTERNET_ADDRESS = "198.51.100.250"
"""Address of the pseudo host `internet` (plan.INTERNET), out of TEST-NET-2 (RFC 5737)."""
EPHEMERAL = (32768, 60999)
"""First and last port from which Linux hosts ask (net.ipv4.ip_local_port_range), inclusive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vpc:
    """A virtual network in `account` (the 12-digit id)."""

    id: str
    name: str
    account: str
    cidrs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet with the route table and network ACL in force (associated, or the VPC's default)."""

    id: str
    name: str
    vpc: str
    cidr: str
    route_table: str
    acl: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route: `target` is `local` or the id of a gateway, peering or other next hop; in a
    transit table, of an attachment.

    active: False for a black hole. The most specific active-or-not prefix wins.
    """

    cidr: str
    target: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """Routes sorted by prefix. Subnets name the table that applies to them."""

    id: str
    name: str
    vpc: str
    main: bool
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AclEntry:
    """One numbered, stateless rule. `protocol` is an IANA number or ALL; ports are inclusive.

    For ICMP (1), `first` and `last` span `type * 256 + code` (0 to 65535 for all). For ALL and
    for protocols without ports they are 0 and 65535.
    """

    number: int
    egress: bool
    allow: bool
    protocol: int
    cidr: str
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Acl:
    """A network ACL: entries in number order, first match wins, nothing matched is denied."""

    id: str
    name: str
    vpc: str
    default: bool
    entries: tuple[AclEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRule:
    """One allow of a security group; its peer is a CIDR (`cidr`, IPv4 or IPv6) or a `group`.

    Ports as in AclEntry. Order means nothing: a group is a union of allows.
    """

    id: str
    egress: bool
    protocol: int
    first: int
    last: int
    cidr: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A security group. With no rule of a direction, nothing new passes in that direction."""

    id: str
    name: str
    vpc: str
    default: bool
    rules: tuple[GroupRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering:
    """A peering between two VPCs; carries packets only when `active`, and never on to a third."""

    id: str
    name: str
    requester: str
    accepter: str
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """An internet gateway; `vpc` is None while it is detached."""

    id: str
    name: str
    vpc: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """A network interface of an instance: one host's one address.

    host: the instance's name (its tag `bulkhead:id`, else its `Name` where no other has it, else
    its id). groups: security group ids.
    public: the public IPv4 address mapped to it by the internet gateway, if any.
    running: whether the instance runs; a stopped host neither sends nor answers.
    """

    id: str
    instance: str
    host: str
    account: str
    vpc: str
    subnet: str
    address: str
    groups: tuple[str, ...]
    public: str | None
    running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """An interface endpoint: an address in a consumer's VPC behind which a service answers.

    id: the cloud's own (`vpce-…`). service: its name (`com.amazonaws.eu-central-1.s3`).
    interface: the id of its one network interface, with `address` and `groups`. accepted: False
    while the owner of the service has not taken it, or has taken it away: nothing passes then.
    It answers and never asks: no connection begins at an endpoint.
    """

    id: str
    name: str
    account: str
    vpc: str
    subnet: str
    interface: str
    address: str
    groups: tuple[str, ...]
    service: str
    accepted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitGateway:
    """A router between the VPCs attached to it; its tables decide who reaches whom."""

    id: str
    name: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A VPC's attachment to a transit `gateway`.

    table: the id of the transit table that judges what comes from the VPC, "" for none.
    """

    id: str
    name: str
    gateway: str
    vpc: str
    table: str
    available: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransitTable:
    """A route table of a transit gateway; its routes' targets are ids of attachments."""

    id: str
    name: str
    gateway: str
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """One region as its API describes it, over all accounts that were read; sorted by id."""

    vpcs: tuple[Vpc, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    acls: tuple[Acl, ...] = ()
    groups: tuple[Group, ...] = ()
    peerings: tuple[Peering, ...] = ()
    gateways: tuple[Gateway, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    transits: tuple[TransitGateway, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    transit_tables: tuple[TransitTable, ...] = ()

    @property
    def ends(self) -> tuple[Interface, ...]:
        """Everything that has an address: the hosts' interfaces, and the endpoints'."""
        return (*self.interfaces, *(_end(item) for item in self.endpoints))


def _end(item: Endpoint) -> Interface:
    return Interface(
        id=item.interface,
        instance=item.id,
        host=item.name,
        account=item.account,
        vpc=item.vpc,
        subnet=item.subnet,
        address=item.address,
        groups=item.groups,
        public=None,
        running=True,
    )


NetworkLayer = Literal[
    "host",
    "endpoint",
    "route",
    "acl-egress",
    "acl-ingress",
    "group-egress",
    "group-ingress",
    "reply-route",
    "reply-acl-egress",
    "reply-acl-ingress",
]
"""Where the network stops a packet, in AWS's order. `reply-`: the same met by the answer.
`endpoint`: at one that is not accepted, or that would have to ask."""
HostLayer = Literal["host-egress", "host-ingress", "reply-host-egress", "reply-host-ingress"]
"""Where a host's own packet filter stops it: the source's on the way out, first of all; the
target's on the way in, last; and the answer the other way round."""
Layer = Literal[NetworkLayer, HostLayer]
"""Where a packet is stopped."""


@dataclass(frozen=True, slots=True, order=True)
class Flow:
    """One question: may `source` reach `target`? Hosts by name; `internet` is the outside.

    path: `private` (the target's own address) or `public` (its public one; to `internet` always
    public). protocol: tcp, udp or icmp (echo). port: destination port, 0 for icmp.
    """

    source: str
    target: str
    path: Literal["private", "public"]
    protocol: Literal["tcp", "udp", "icmp"]
    port: int = 0


Outcome = Literal["answered", "one-way", "refused", "not observed"]
"""answered: request and reply passed. one-way: the request arrived, the reply did not."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a flow, where it was stopped, and the rules or routes that decided it."""

    outcome: Outcome
    layer: Layer | None = None
    because: tuple[str, ...] = field(default=())

"""The schema of an imported estate. Strict, closed and frozen, as a blueprint's.

`unknown` stands wherever no API could tell: a person replaces it, or leaves it and is told so.
"""

import re
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from bulkhead.blueprint.fields import Day, Name, Region, Text, wrong
from bulkhead.blueprint.kinds import ROLES
from bulkhead.blueprint.model import Consequence, Strict, Target
from bulkhead.plan import UNKNOWN, Service

KINDS = (*ROLES, UNKNOWN)
_SERVICE = re.compile(r"(tcp|udp|icmp|other) ([0-9]{1,5})(?:-([0-9]{1,5}))?", re.ASCII)
_ALLOWED = "any, icmp, tcp 22, udp 1000-2000, icmp 2048 (type * 256 + code), other 47 (a protocol)"


def _service(value: Any) -> Service:
    if value == "any":
        return Service(protocol="any")
    if value == "icmp":
        return Service(protocol="icmp")
    found = _SERVICE.fullmatch(value) if isinstance(value, str) else None
    if found:
        first, last = int(found[2]), int(found[3] or found[2])
        if first <= last <= (255 if found[1] == "other" else 65535):
            return Service(protocol=found[1], first=first, last=last)  # type: ignore[arg-type]
    raise wrong(f"{str(value)[:40]!r} is not a service", _ALLOWED)


def _prefix(value: str) -> str:
    try:
        return str(IPv4Network(value))
    except ValueError:
        raise wrong(f"{value[:40]!r} is not an IPv4 prefix", "e.g. 10.0.1.0/24") from None


def _address(value: str) -> str:
    try:
        return str(IPv4Address(value))
    except ValueError:
        raise wrong(f"{value[:40]!r} is not an IPv4 address", "e.g. 10.0.1.9") from None


def _kind(value: str) -> str:
    if value not in KINDS:
        raise wrong(f"{value[:40]!r} is not a kind of zone", ", ".join(KINDS))
    return value


def _id(value: str) -> str:
    if not value.strip() or not value.isprintable():
        raise wrong(f"{value[:40]!r} is not a name", "printable words")
    return value


def _or_unknown(value: Any) -> Any:
    return None if value == UNKNOWN else value


Id = Annotated[str, StringConstraints(max_length=300), AfterValidator(_id)]
"""A cloud id, or a name that somebody gave in a tag."""
Account = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
Cidr = Annotated[str, AfterValidator(_prefix)]
Address = Annotated[str, AfterValidator(_address)]
Kind = Annotated[str, AfterValidator(_kind), WithJsonSchema({"enum": list(KINDS)})]
Services = Annotated[
    tuple[Annotated[Service, BeforeValidator(_service)], ...],
    Field(min_length=1),
]


class ImportedNetwork(Strict):
    """A VPC. id: as the API calls it. public: whether it has an internet gateway."""

    id: Id
    name: Id | None = None
    account: Account
    cidrs: tuple[Cidr, ...] = Field(min_length=1)
    public: bool


class ImportedSubnet(Strict):
    """A subnet, and the zone that it is a part of."""

    id: Id
    name: Id | None = None
    network: Id
    cidr: Cidr
    zone: Id


class ImportedPeering(Strict):
    """An active peering between two networks."""

    id: Id
    requester: Id
    accepter: Id


class ImportedApproval(Strict):
    """Who approved a target, and when."""

    by: Text
    date: Day


class ImportedZone(Strict):
    """A zone as far as it could be guessed; a person says what it is worth and needs.

    consequence, target, approval: None for `unknown`.
    """

    id: Id
    kind: Kind
    tenant: Name
    consequence: Annotated[Consequence | None, BeforeValidator(_or_unknown)]
    target: Annotated[Target | None, BeforeValidator(_or_unknown)]
    reason: Text
    approval: Annotated[ImportedApproval | None, BeforeValidator(_or_unknown)]


class ImportedGroup(Strict):
    """Hosts of one network for which the deployed rules come to the same."""

    id: Id
    network: Id
    security_groups: tuple[Id, ...] = ()


class ImportedHost(Strict):
    """An instance. tenant: where it differs from its zone's."""

    id: Id
    instance: Id
    subnet: Id
    group: Id
    role: Name
    address: Address
    public: Address | None = None
    tenant: Name | None = None


class ImportedEndpoint(Strict):
    """A private endpoint. endpoint: its id in the API. service: by the cloud's full name."""

    id: Id
    endpoint: Id
    subnet: Id
    group: Id
    address: Address
    service: Id


class ImportedConduit(Strict):
    """What the deployed rules let through from groups to groups."""

    id: Id
    sources: tuple[Id, ...] = Field(alias="from", min_length=1)
    targets: tuple[Id, ...] = Field(alias="to", min_length=1)
    services: Services
    path: Literal["private", "public"] = "private"
    authenticate: Text
    mediator: Text
    reason: Text


class ImportedListener(Strict):
    """A port of a broker, and what it asks of a client."""

    port: Annotated[int, Field(ge=0, le=65535)]
    tls: bool
    client_certificates: bool
    anonymous: bool


class ImportedUser(Strict):
    """What a broker's access list lets a user do. name: `(anonymous)` and `(everybody)` too."""

    name: Id
    read: tuple[Id, ...] = ()
    write: tuple[Id, ...] = ()
    deny: tuple[Id, ...] = ()


class ImportedBroker(Strict):
    """A broker's configuration as its files say it. host: where it runs, if that was told."""

    host: Id | None = None
    listeners: tuple[ImportedListener, ...] = ()
    users: tuple[ImportedUser, ...] = ()


class ImportedAuthority(Strict):
    """A certificate authority. fingerprint: SHA-256 of its certificate, hexadecimal."""

    subject: Id
    fingerprint: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    expires: Day
    owner: Text


class ImportedEstate(Strict):
    """The whole file."""

    kind: Literal["imported"]
    estate: Name
    region: Region
    owner: Text
    networks: tuple[ImportedNetwork, ...] = Field(min_length=1)
    subnets: tuple[ImportedSubnet, ...] = Field(min_length=1)
    peerings: tuple[ImportedPeering, ...] = ()
    zones: tuple[ImportedZone, ...] = Field(min_length=1)
    groups: tuple[ImportedGroup, ...] = ()
    hosts: tuple[ImportedHost, ...] = ()
    endpoints: tuple[ImportedEndpoint, ...] = ()
    conduits: tuple[ImportedConduit, ...] = ()
    brokers: tuple[ImportedBroker, ...] = ()
    authorities: tuple[ImportedAuthority, ...] = ()

"""Network ACLs. The implicit last deny (32767) is left out: nothing matched is denied anyway."""

from collections.abc import Iterable

from bulkhead.network.deployed import Acl, AclEntry
from bulkhead.network.parse.shape import (
    ICMP,
    Item,
    Shape,
    accept,
    icmp_range,
    name_of,
    needed,
    prefix,
    protocol_number,
    words,
)

_ACL = Shape(
    name="NetworkAcl",
    operation="describe_network_acls",
    reads=words("NetworkAclId VpcId IsDefault Associations Entries Tags"),
    ignores=words("OwnerId"),
)
_ENTRY = Shape(
    name="NetworkAclEntry",
    operation="describe_network_acls",
    reads=words(
        "RuleNumber Egress RuleAction Protocol CidrBlock Ipv6CidrBlock PortRange IcmpTypeCode"
    ),
)
_ASSOCIATION = Shape(
    name="NetworkAclAssociation",
    operation="describe_network_acls",
    reads=words("SubnetId"),
    ignores=words("NetworkAclAssociationId NetworkAclId"),
)
SHAPES = (_ACL, _ENTRY, _ASSOCIATION)
_IMPLICIT = 32767


def acl(item: Item, _account: str) -> Acl:
    """One network ACL. IPv6 entries are left out: they match no IPv4 packet, and interfaces
    with IPv6 addresses are refused."""
    identity = item["NetworkAclId"]
    accept(_ACL, item, identity)
    for link in item.get("Associations") or ():
        accept(_ASSOCIATION, link, identity)
    entries = [accept(_ENTRY, entry, identity) for entry in item.get("Entries") or ()]
    kept = [_entry(entry, identity) for entry in entries if _counts(entry)]
    return Acl(
        id=identity,
        name=name_of(item, identity),
        vpc=item["VpcId"],
        default=bool(item.get("IsDefault")),
        entries=tuple(sorted(kept, key=lambda entry: (entry.egress, entry.number))),
    )


def acls_in_force(items: Iterable[Item]) -> dict[str, str]:
    """The network ACL of each subnet, and the default one of each VPC."""
    found: dict[str, str] = {}
    for item in items:
        if item.get("IsDefault"):
            found[item["VpcId"]] = item["NetworkAclId"]
        for link in item.get("Associations") or ():
            found[link["SubnetId"]] = item["NetworkAclId"]
    return found


def _counts(entry: Item) -> bool:
    return entry["RuleNumber"] < _IMPLICIT and bool(entry.get("CidrBlock"))


def _entry(item: Item, where: str) -> AclEntry:
    protocol = protocol_number(str(item["Protocol"]))
    first, last = _range(item, protocol, where)
    return AclEntry(
        number=item["RuleNumber"],
        egress=bool(item["Egress"]),
        allow=item["RuleAction"] == "allow",
        protocol=protocol,
        cidr=prefix(item["CidrBlock"]),
        first=first,
        last=last,
    )


def _range(item: Item, protocol: int, where: str) -> tuple[int, int]:
    if protocol == ICMP:
        told = needed(_ENTRY, item, "IcmpTypeCode", where)
        return icmp_range(int(told.get("Type", -1)), int(told.get("Code", -1)))
    if protocol in (6, 17):
        ports = needed(_ENTRY, item, "PortRange", where)
        return (int(ports["From"]), int(ports["To"]))
    return (0, 65535)

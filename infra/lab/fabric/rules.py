"""Security group rules and network ACL entries as nftables sets and chains. Pure.

Ports and ICMP types are both read with `th`: the destination port is the second half of the
transport header's first word, and ICMP's type and code are its first half, so that type * 256 +
code is what `th sport` reads. ICMP rules therefore live in a set of their own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from bulkhead.network.deployed import ALL, Acl, AclEntry, Group, GroupRule
from infra.lab.fabric.ranges import Box, address, disjoint, network, number
from infra.lab.fabric.ruleset import Chain, Elements
from infra.lab.fabric.skeleton import ACL_EGRESS, ACL_INGRESS, GROUP_EGRESS

ICMP = 1
WITH_PORTS = (6, 17, 132, 136)
"""TCP, UDP, SCTP and UDP-Lite: the protocols whose port range means something."""
PEER_KEY = "inet_proto . inet_service"
CIDR_KEY = f"ipv4_addr . {PEER_KEY}"


def members(group: str) -> str:
    """The set of private addresses of a group's members."""
    return f"members-{group}"


@lru_cache(maxsize=4096)
def combination(groups: tuple[str, ...], egress: bool) -> str:
    """The chain that all interfaces in exactly these groups share."""
    digest = sha256(" ".join(groups).encode()).hexdigest()[:16]
    return f"groups-{'out' if egress else 'in'}-{digest}"


def acl_chain(acl: str, egress: bool) -> str:
    """The chain of one direction of a network ACL."""
    return f"acl-{'out' if egress else 'in'}-{acl}"


@dataclass(frozen=True, slots=True)
class Allowed:
    """One set of what a group allows in one direction, and the rule that looks it up."""

    egress: bool
    elements: Elements
    match: str


def allowed(group: Group) -> tuple[Allowed, ...]:
    """Everything that `group` allows: by CIDR, and by each group it refers to."""
    return _allowed(group.id, group.rules)


@lru_cache(maxsize=4096)
def _allowed(group: str, rules: tuple[GroupRule, ...]) -> tuple[Allowed, ...]:
    boxes: dict[str, list[Box]] = {}
    kinds: dict[str, GroupRule] = {}
    for rule in rules:
        if rule.cidr is None or ":" not in rule.cidr:  # IPv6 is refused everywhere
            name = _set_name(group, rule)
            boxes.setdefault(name, []).append(_box(rule))
            kinds[name] = rule
    return tuple(
        Allowed(kinds[name].egress, _elements(name, boxes[name]), _match(name, kinds[name]))
        for name in sorted(boxes)
    )


def _elements(name: str, boxes: list[Box]) -> Elements:
    key = CIDR_KEY if name.startswith("cidr-") else PEER_KEY
    items = frozenset((_key(box), "") for box in disjoint(boxes))
    return Elements(name=name, key=key, interval=True, items=items)


def _set_name(group: str, rule: GroupRule) -> str:
    side = "out" if rule.egress else "in"
    kind = "icmp" if rule.protocol == ICMP else "any"
    start = "cidr" if rule.group is None else "peer"
    return "-".join((start, side, kind, group, *([rule.group] if rule.group else [])))


def _box(rule: GroupRule) -> Box:
    """(address range,) protocols, ports."""
    protocols = (0, 255) if rule.protocol == ALL else (rule.protocol, rule.protocol)
    meaningful = rule.protocol == ICMP or rule.protocol in WITH_PORTS
    ports = (rule.first, rule.last) if meaningful else (0, 65535)
    return (*([network(rule.cidr)] if rule.cidr else []), protocols, ports)


def _key(box: Box) -> str:
    *addresses, protocols, ports = box
    return " . ".join((*map(address, addresses), number(protocols), number(ports)))


def group_chain(allows: Iterable[Allowed], names: tuple[str, ...], egress: bool) -> Chain:
    """A union of what several groups allow. names: the tuple of ids that share this chain."""
    yes = f"meta mark set meta mark or {GROUP_EGRESS} return" if egress else "goto accepted"
    rules = tuple(f"{one.match} {yes}" for one in allows if one.egress == egress)
    return Chain(name=combination(names, egress), rules=rules)


def _match(name: str, rule: GroupRule) -> str:
    peer = "ip daddr" if rule.egress else "ip saddr"
    guard, port = ("meta l4proto 1 ", "sport") if rule.protocol == ICMP else ("", "dport")
    if rule.group is None:
        return f"{guard}{peer} . meta l4proto . th {port} @{name}"
    return f"{guard}{peer} @{members(rule.group)} meta l4proto . th {port} @{name}"


@lru_cache(maxsize=4096)
def acl_chains(acl: Acl) -> tuple[Chain, Chain]:
    """Egress and ingress of a network ACL: first match wins, nothing matched marks nothing."""
    ordered = sorted(acl.entries, key=lambda entry: entry.number)
    usable = [entry for entry in ordered if ":" not in entry.cidr]
    out, into = (
        Chain(
            name=acl_chain(acl.id, egress),
            rules=tuple(_entry(entry) for entry in usable if entry.egress == egress),
        )
        for egress in (True, False)
    )
    return out, into


def _entry(entry: AclEntry) -> str:
    layer, bit = ("acl-egress", ACL_EGRESS) if entry.egress else ("acl-ingress", ACL_INGRESS)
    peer = f"ip {'daddr' if entry.egress else 'saddr'} {address(network(entry.cidr))}"
    verdict = f"meta mark set meta mark or {bit} return" if entry.allow else f"goto drop-{layer}"
    return " ".join(part for part in (peer, _service(entry), verdict) if part)


def _service(entry: AclEntry) -> str:
    if entry.protocol == ALL:
        return ""
    proto, ports = f"meta l4proto {entry.protocol}", number((entry.first, entry.last))
    if entry.protocol == ICMP and (entry.first, entry.last) != (0, 65535):
        return f"{proto} th sport {ports}"
    return f"{proto} th dport {ports}" if entry.protocol in WITH_PORTS else proto

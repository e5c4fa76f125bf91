"""One match of an nftables rule as a condition on services, addresses, states or loopback."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network, ip_network, summarize_address_range
from typing import Any

from bulkhead.network.filters import collapsed
from bulkhead.network.ports import EVERYTHING, ICMP, NOTHING, TCP, UDP, Ports

Sets = Mapping[tuple[str, str, str], list[Any] | None]
"""Elements of named sets, by family, table and name; None where they come and go."""
_PROTOCOLS = {
    "icmp": 1,
    "igmp": 2,
    "tcp": 6,
    "udp": 17,
    "dccp": 33,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmpv6": 58,
    "ipv6-icmp": 58,
    "sctp": 132,
    "udplite": 136,
}
_ICMP_TYPES = {
    "echo-reply": 0,
    "destination-unreachable": 3,
    "source-quench": 4,
    "redirect": 5,
    "echo-request": 8,
    "router-advertisement": 9,
    "router-solicitation": 10,
    "time-exceeded": 11,
    "parameter-problem": 12,
    "timestamp-request": 13,
    "timestamp-reply": 14,
}
_STATES = frozenset({"established", "related", "new", "invalid", "untracked"})
_ENDS = {("input", "saddr"): "peers", ("input", "daddr"): "own"} | {
    ("output", "daddr"): "peers",
    ("output", "saddr"): "own",
}


class NotKnown(Exception):
    """A match that is not modelled. what: in words. allowed: what would be."""

    def __init__(self, what: str, allowed: str) -> None:
        super().__init__(what)
        self.what, self.allowed = what, allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """What a rule's matches so far leave, as in FilterRule."""

    services: Ports = EVERYTHING
    peers: tuple[str, ...] | None = None
    own: tuple[str, ...] | None = None
    states: tuple[str, ...] | None = None
    loopback: bool | None = None


def matched(met: Matched, body: Mapping[str, Any], hook: str, sets: Sets) -> Matched:
    """`met`, narrowed by one `match` statement of a chain at `hook`. NotKnown if that cannot be."""
    left, op = body["left"], body["op"]
    (kind, what), *more = left.items() if isinstance(left, dict) else [(str(left), None)]
    if more or not isinstance(what, dict):
        raise NotKnown("its left side is not a field", "meta, ct state, a field of a header")
    values = _values(body["right"], sets)
    if kind == "ct":
        return _by_state(met, what, op, values)
    if kind == "meta" and what.get("key") in ("iif", "iifname", "oif", "oifname"):
        return _by_interface(met, str(what["key"]), op, values, hook)
    if op != "==":
        raise NotKnown(f"the operator {op}", "==")
    if kind == "meta":
        return _by_meta(met, str(what.get("key")), values)
    if kind == "payload":
        return _by_field(met, str(what.get("protocol")), str(what.get("field")), values, hook)
    raise NotKnown(f"{kind}", "meta, ct state, a field of a header")


def _values(right: Any, sets: Sets) -> list[Any]:
    """The right side as a list of single values, prefixes and ranges."""
    if isinstance(right, str) and right.startswith("@"):
        found = [elements for key, elements in sets.items() if key[2] == right[1:]]
        if not found or found[0] is None:
            raise NotKnown(f"the set {right}", "a set whose elements stay")
        return list(found[0])
    if isinstance(right, dict) and "set" in right:
        return list(right["set"])
    return right if isinstance(right, list) else [right]


def _by_state(met: Matched, what: Mapping[str, Any], op: str, values: list[Any]) -> Matched:
    if what.keys() != {"key"} or what["key"] != "state" or op not in ("in", "=="):
        raise NotKnown("connection tracking, but not its state", "ct state")
    if not set(map(str, values)) <= _STATES:
        raise NotKnown(f"the states {values}", ", ".join(sorted(_STATES)))
    states = set(map(str, values)) & set(met.states or _STATES)
    return replace(met, states=tuple(sorted(states)))


def _by_interface(met: Matched, key: str, op: str, values: list[Any], hook: str) -> Matched:
    direction = "input" if key.startswith("i") else "output"
    if values != ["lo"] or op not in ("==", "!=") or direction != hook:
        raise NotKnown("an interface", "lo, by the way that the chain is met")
    loopback = op == "=="
    if met.loopback not in (None, loopback):
        return replace(met, services=NOTHING)
    return replace(met, loopback=loopback)


def _by_meta(met: Matched, key: str, values: list[Any]) -> Matched:
    if key == "nfproto":
        return met if "ipv4" in values else _narrow(met, NOTHING)
    if key == "l4proto":
        return _narrow(met, Ports.union(Ports.of(_number(value)) for value in values))
    raise NotKnown(f"meta {key}", "meta l4proto, meta nfproto, iif or oif")


def _by_field(met: Matched, header: str, field: str, values: list[Any], hook: str) -> Matched:
    if header in ("ip6", "icmpv6"):
        return _narrow(met, NOTHING)  # never an IPv4 packet
    if header == "ip" and field in ("saddr", "daddr"):
        return _by_address(met, _ENDS[hook, field], values)
    if header == "ip" and field == "protocol":
        return _by_meta(met, "l4proto", values)
    if header in ("tcp", "udp") and field == "dport":
        number = TCP if header == "tcp" else UDP
        return _narrow(met, Ports.union(_ranged(number, value, int) for value in values))
    if header == "icmp" and field == "type":
        return _narrow(met, Ports.union(_ranged(ICMP, value, _icmp_type) for value in values))
    raise NotKnown(f"{header} {field}", "ip saddr, daddr or protocol; tcp or udp dport; icmp type")


def _narrow(met: Matched, services: Ports) -> Matched:
    return replace(met, services=met.services & services)


def _by_address(met: Matched, end: str, values: list[Any]) -> Matched:
    if getattr(met, end) is not None:
        raise NotKnown("one end's address twice", "once in a rule")
    found = collapsed(network for value in values for network in _networks(value))
    return replace(met, peers=found) if end == "peers" else replace(met, own=found)


def _networks(value: Any) -> list[IPv4Network]:
    """An address, a prefix or a range as prefixes."""
    try:
        if isinstance(value, dict) and "prefix" in value:
            network = ip_network(f"{value['prefix']['addr']}/{value['prefix']['len']}")
            if isinstance(network, IPv4Network):
                return [network]
        elif isinstance(value, dict) and "range" in value:
            first, last = map(IPv4Address, value["range"])
            return list(summarize_address_range(first, last))
        elif isinstance(value, str):
            return [IPv4Network(value)]
    except (ValueError, KeyError, TypeError):
        pass
    raise NotKnown(f"the address {value!r}", "an IPv4 address, prefix or range")


def _number(value: Any) -> int:
    if isinstance(value, int) and 0 <= value < 256:
        return value
    if value in _PROTOCOLS:
        return _PROTOCOLS[value]
    raise NotKnown(f"the protocol {value!r}", "a number or one of " + ", ".join(_PROTOCOLS))


def _icmp_type(value: Any) -> int:
    if isinstance(value, int):
        return value
    if value in _ICMP_TYPES:
        return _ICMP_TYPES[value]
    raise NotKnown(f"the ICMP type {value!r}", "a number or one of " + ", ".join(_ICMP_TYPES))


def _ranged(protocol: int, value: Any, read: Callable[[Any], int]) -> Ports:
    """A port, an ICMP type (with all its codes), or a range of them."""
    ends = value["range"] if isinstance(value, dict) and "range" in value else [value, value]
    try:
        first, last = map(read, ends)
        if protocol == ICMP:
            first, last = first * 256, last * 256 + 255
        return Ports.of(protocol, first, last)
    except (ValueError, TypeError):
        raise NotKnown(f"{value!r}", "a number or a range") from None

# ruff: noqa: PLR0911 (a packet has that many parts, a walk that many ends)
"""The most naive reading of AWS's rules: one packet at a time, one rule at a time.

Shares nothing with bulkhead.network but the tables of Deployed. A packet is its two addresses,
its protocol, its port (ICMP: type * 256 + code) and whether it bears public addresses. Hosts'
own filters are netfilter's chains, walked rule by rule.
"""

from ipaddress import ip_address, ip_network

INTERNET = "internet"
INTERNET_ADDRESS = "198.51.100.250"


def verdict(deployed, source, target, path, protocol, port, filters=None):
    """(outcome, layer) of one flow, found by walking the request and then its replies."""
    filters = filters or {}
    a, b = _host(deployed, source), _host(deployed, target)
    stopped = request(deployed, source, target, path, protocol, port)
    # The source's filter is met first of all by what a running host sends.
    if stopped != "host" and not leaves(filters, a, b, path, "new", protocol, port):
        stopped = "host-egress"
    if stopped is None and not enters(filters, a, b, path, "new", protocol, port):
        stopped = "host-ingress"
    if stopped:
        return ("refused", stopped)
    # All that must come back: piecewise constant between the edges that rules draw.
    answers = sorted(_answers(deployed, protocol, filters))
    found = [_reply(deployed, filters, source, target, path, protocol, n) for n in answers]
    # A layer stops a service if it stops any of its replies, so the first layer counts.
    stops = [layer for layer in BACK if layer in found]
    if stops:
        return ("one-way", stops[0])
    # A connection's next packet is of a known flow, and meets the same two filters.
    if protocol == 6 and not leaves(filters, a, b, path, "established", protocol, port):
        return ("one-way", "host-egress")
    if protocol == 6 and not enters(filters, a, b, path, "established", protocol, port):
        return ("one-way", "host-ingress")
    return ("answered", None)


BACK = (
    "reply-host-egress",
    "reply-route",
    "reply-acl-egress",
    "reply-acl-ingress",
    "reply-host-ingress",
)


def _reply(deployed, filters, source, target, path, protocol, port):
    a, b = _host(deployed, source), _host(deployed, target)
    if not leaves(filters, b, a, path, "established", protocol, port):
        return "reply-host-egress"
    stopped = reply(deployed, source, target, path, protocol, port)
    if stopped is None and not enters(filters, b, a, path, "established", protocol, port):
        return "reply-host-ingress"
    return stopped


def leaves(filters, sender, receiver, path, state, protocol, port):
    if sender is None:
        return True
    peer = address_of(receiver, path)
    return passes(filters, "output", sender, peer, state, protocol, port)


def enters(filters, sender, receiver, path, state, protocol, port):
    if receiver is None:
        return True
    peer = address_of(sender, path)
    return passes(filters, "input", receiver, peer, state, protocol, port)


def address_of(end, path):
    if end is None:
        return INTERNET_ADDRESS
    return end.address if path == "private" else end.public or end.address


def passes(filters, hook, host, peer, state, protocol, port):
    """Whether every chain at the hook lets one packet through; an accept ends one chain alone."""
    if host.host not in filters:
        return True
    for chain in filters[host.host].chains:
        if chain.hook == hook and not accepted(chain, host, peer, state, protocol, port):
            return False
    return True


def accepted(chain, host, peer, state, protocol, port):
    for rule in chain.rules:
        if rule.loopback is True:
            continue
        if rule.states is not None and state not in rule.states:
            continue
        if not _one_of(rule.peers, peer) or not _one_of(rule.own, host.address):
            continue
        point = protocol * 65536 + port
        if not any(first <= point <= last for first, last in rule.services.intervals):
            continue
        if rule.verdict is not None:
            return rule.verdict == "accept"
    return chain.policy == "accept"


def _one_of(cidrs, address):
    return cidrs is None or any(ip_address(address) in ip_network(cidr) for cidr in cidrs)


def _answers(deployed, protocol, filters):
    if protocol == 1:
        return {0}
    if protocol not in (6, 17):
        return {0}
    edges = {32768, 60999}
    for acl in deployed.acls:
        for entry in acl.entries:
            edges |= {entry.first - 1, entry.first, entry.last, entry.last + 1}
    for filtered in filters.values():
        for chain in filtered.chains:
            for rule in chain.rules:
                for first, last in rule.services.intervals:
                    base = protocol * 65536
                    edges |= {at - base for at in (first - 1, first, last, last + 1)}
    return {edge for edge in edges if 32768 <= edge <= 60999}


def request(deployed, source, target, path, protocol, port):
    """The layer at which the request stops, or None when it arrives."""
    a, b = _host(deployed, source), _host(deployed, target)
    for end in (a, b):
        if end is not None and not end.running:
            return "host"
    if path == "private":
        return _private_request(deployed, a, b, protocol, port)
    return _public_request(deployed, a, b, protocol, port)


def _private_request(deployed, a, b, protocol, port):
    for endpoint in deployed.endpoints:
        if endpoint.interface == a.id or (endpoint.interface == b.id and not endpoint.accepted):
            return "endpoint"
    if not routed_to(deployed, a, b):
        return "route"
    if a.subnet != b.subnet:
        if not acl_lets(deployed, a, True, b.address, protocol, port):
            return "acl-egress"
        if not acl_lets(deployed, b, False, a.address, protocol, port):
            return "acl-ingress"
    if not group_lets(deployed, a, True, b.address, protocol, port, False):
        return "group-egress"
    if not group_lets(deployed, b, False, a.address, protocol, port, False):
        return "group-ingress"
    return None


def _public_request(deployed, a, b, protocol, port):
    receiver = INTERNET_ADDRESS if b is None else b.public
    if a is not None:
        if a.public is None or not routed_out(deployed, a, receiver):
            return "route"
        if not acl_lets(deployed, a, True, receiver, protocol, port):
            return "acl-egress"
        if not group_lets(deployed, a, True, receiver, protocol, port, True):
            return "group-egress"
    sender = INTERNET_ADDRESS if a is None else a.public
    if b is not None:
        if not any(gateway.vpc == b.vpc for gateway in deployed.gateways):
            return "route"
        if not acl_lets(deployed, b, False, sender, protocol, port):
            return "acl-ingress"
        if not group_lets(deployed, b, False, sender, protocol, port, True):
            return "group-ingress"
    return None


def reply(deployed, source, target, path, protocol, port):
    """The layer at which a reply to this port stops, or None. Groups track connections."""
    a, b = _host(deployed, source), _host(deployed, target)
    if path == "private":
        if not routed_to(deployed, b, a):
            return "reply-route"
        if a.subnet != b.subnet:
            if not acl_lets(deployed, b, True, a.address, protocol, port):
                return "reply-acl-egress"
            if not acl_lets(deployed, a, False, b.address, protocol, port):
                return "reply-acl-ingress"
        return None
    sender = INTERNET_ADDRESS if a is None else a.public
    receiver = INTERNET_ADDRESS if b is None else b.public
    if b is not None:
        if not routed_out(deployed, b, sender):
            return "reply-route"
        if not acl_lets(deployed, b, True, sender, protocol, port):
            return "reply-acl-egress"
    if a is not None and not acl_lets(deployed, a, False, receiver, protocol, port):
        return "reply-acl-ingress"
    return None


def routed_to(deployed, a, b):
    """Whether a's routes lead to b itself, and not to some other holder of its address."""
    route = best_route(deployed, a, b.address)
    if route is None or not route.active:
        return False
    if route.target == "local":
        return a.vpc == b.vpc and in_vpc(deployed, a.vpc, b.address)
    for peering in deployed.peerings:
        if peering.id == route.target and peering.active:
            if (peering.requester, peering.accepter) == (a.vpc, b.vpc):
                return in_vpc(deployed, b.vpc, b.address)
            if (peering.accepter, peering.requester) == (a.vpc, b.vpc):
                return in_vpc(deployed, b.vpc, b.address)
    for gateway in deployed.transits:
        if gateway.id == route.target:
            return transited(deployed, gateway.id, a, b)
    return False


def transited(deployed, gateway, a, b):
    """Whether a transit gateway takes what a's VPC sends it to b's: two tables, no third VPC."""
    for own in deployed.attachments:
        if own.gateway != gateway or own.vpc != a.vpc or not own.available:
            continue
        for table in deployed.transit_tables:
            if table.id != own.table:
                continue
            route = longest(table.routes, b.address)
            for end in deployed.attachments:
                if route and route.active and end.id == route.target and end.available:
                    return end.vpc == b.vpc and in_vpc(deployed, b.vpc, b.address)
    return False


def routed_out(deployed, end, address):
    route = best_route(deployed, end, address)
    if route is None or not route.active:
        return False
    return any(g.id == route.target and g.vpc == end.vpc for g in deployed.gateways)


def best_route(deployed, end, address):
    (subnet,) = [item for item in deployed.subnets if item.id == end.subnet]
    (table,) = [item for item in deployed.route_tables if item.id == subnet.route_table]
    return longest(table.routes, address)


def longest(routes, address):
    best = None
    for route in routes:
        network = ip_network(route.cidr)
        if ip_address(address) in network and (
            best is None or network.prefixlen > ip_network(best.cidr).prefixlen
        ):
            best = route
    return best


def in_vpc(deployed, identity, address):
    (vpc,) = [item for item in deployed.vpcs if item.id == identity]
    return any(ip_address(address) in ip_network(cidr) for cidr in vpc.cidrs)


def acl_lets(deployed, end, egress, address, protocol, port):
    (subnet,) = [item for item in deployed.subnets if item.id == end.subnet]
    (acl,) = [item for item in deployed.acls if item.id == subnet.acl]
    for number in sorted(entry.number for entry in acl.entries):
        for entry in acl.entries:
            if entry.number != number or entry.egress != egress:
                continue
            if _serves(entry, protocol, port) and ip_address(address) in ip_network(entry.cidr):
                return entry.allow
    return False


def group_lets(deployed, end, egress, address, protocol, port, public):
    for group in deployed.groups:
        if group.id not in end.groups:
            continue
        for rule in group.rules:
            if rule.egress != egress or not _serves(rule, protocol, port):
                continue
            if rule.cidr is not None and ip_address(address) in ip_network(rule.cidr):
                return True
            if rule.group and not public and _refers(deployed, group, rule.group, address):
                return True
    return False


def _refers(deployed, group, reference, address):
    """Whether the address is a member's of a group that a rule of `group` may refer to."""
    (other,) = [item for item in deployed.groups if item.id == reference]
    ends = {group.vpc, other.vpc}
    joined = group.vpc == other.vpc or any(
        item.active and {item.requester, item.accepter} == ends for item in deployed.peerings
    )
    return joined and any(
        item.address == address and reference in item.groups for item in deployed.ends
    )


def _serves(rule, protocol, port):
    return rule.protocol == -1 or (rule.protocol == protocol and rule.first <= port <= rule.last)


def _host(deployed, name):
    if name == INTERNET:
        return None
    (found,) = [item for item in deployed.ends if item.host == name]
    return found

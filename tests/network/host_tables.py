"""Hosts' filters as nftables text, as a person would write them, and random ones."""

from ipaddress import IPv4Network

from bulkhead.network.filters import (
    HOOKS,
    PREFIXES,
    FilterChain,
    FilterRule,
    HostFilter,
    collapsed,
)
from bulkhead.network.ports import EVERYTHING, Ports

NAMES = {1: "icmp", 6: "tcp", 17: "udp", 47: "gre"}
STATES = ("established", "invalid", "new", "related", "untracked")


def text_of(filtered):
    """What `nft -f` loads."""
    return "\n".join(f"table {chain.table} {{\n{_chain(chain)}\n}}" for chain in filtered.chains)


def _chain(chain):
    body = "\n".join(_rule(rule, chain.hook) for rule in chain.rules)
    head = f"type filter hook {chain.hook} priority {chain.priority}; policy {chain.policy};"
    return f"chain {chain.name} {{\n{head}\n{body}\n}}"


def _rule(rule, hook):
    peer, own = ("saddr", "daddr") if hook == "input" else ("daddr", "saddr")
    said = []
    if rule.loopback is not None:
        said.append(f"{'iif' if hook == 'input' else 'oif'}name {'' if rule.loopback else '!= '}lo")
    if rule.states is not None:
        said.append(f"ct state {{ {', '.join(rule.states)} }}")
    said += [
        f"ip {end} {{ {', '.join(cidrs)} }}"
        for end, cidrs in ((peer, rule.peers), (own, rule.own))
        if cidrs is not None
    ]
    if rule.services != EVERYTHING:
        said.append(_services(rule.services))
    said.append("counter")
    if rule.log is not None:
        said.append(f'log group 62 prefix "{rule.log}"')
    said.append(rule.verdict or "")
    said.append(f'comment "{rule.comment}"' if rule.comment else "")
    return " ".join(said)


def _services(services):
    spans = services.spans()
    (protocol,) = {span.protocol for span in spans}
    if [(span.first, span.last) for span in spans] == [(0, 65535)]:
        return f"meta l4proto {NAMES[protocol]}"
    if protocol == 1:
        return f"icmp type {{ {', '.join(f'{s.first // 256}-{s.last // 256}' for s in spans)} }}"
    ranges = ", ".join(f"{span.first}-{span.last}" for span in spans)
    return f"{NAMES[protocol]} dport {{ {ranges} }}"


def random_filters(random, deployed):
    """A filter for most hosts of a deployment, of rules that meet its packets."""
    ends = [(row.address, row.public or row.address) for row in deployed.interfaces]
    return {
        row.host: random_filter(random, ends, row.address)
        for row in deployed.interfaces
        if random.randrange(100) < 75
    }


def random_filter(random, ends, address="10.0.0.1"):
    """ends: (private, public) addresses of hosts. Mostly such as admins write, some odd ones."""
    chains = [_random_chain(random, hook, ends, address) for hook in HOOKS]
    if random.randrange(100) < 15:
        hook = random.choice(HOOKS)
        second = _random_chain(random, hook, ends, address, table="ip second")
        chains.append(second)
    chains = [chain for chain in chains if random.randrange(100) < 95]
    return HostFilter(tuple(sorted(chains, key=lambda c: (c.hook, c.priority, c.table, c.name))))


def _random_chain(random, hook, ends, address, table="inet bulkhead"):
    rules = [_random_rule(random, ends, address) for _ in range(random.randint(0, 6))]
    known = FilterRule(verdict="accept", states=("established", "related"))
    if random.randrange(100) < 80:
        rules.insert(random.randint(0, len(rules)), known)
    rules.append(FilterRule(log=PREFIXES[hook]))
    return FilterChain(
        table=table,
        name=hook,
        hook=hook,
        priority=random.choice((-10, 0)) if table != "inet bulkhead" else 0,
        policy=random.choice(("drop", "drop", "accept")),
        rules=tuple(rules),
    )


def _random_rule(random, ends, address):
    picked = [random.choice(random.choice(ends)) for _ in range(random.randint(1, 3))]
    lengths = [random.choice((32, 32, 24, 16)) for _ in picked]
    peers = collapsed(
        IPv4Network(f"{one}/{length}", strict=False)
        for one, length in zip(picked, lengths, strict=True)
    )
    return FilterRule(
        verdict=random.choice(("accept",) * 6 + ("drop", "drop", None)),
        services=_random_services(random),
        peers=peers if random.randrange(100) < 60 else None,
        own=(f"{address}/32",) if random.randrange(100) < 10 else None,
        states=random.choice((None, None, None, None, ("new",), ("established",))),
        loopback=random.choice((None,) * 8 + (True, False)),
        comment=random.choice(("", "a/conduit", "another/conduit")),
    )


def _random_services(random):
    kind = random.choice(("all", "all", "port", "ports", "range", "icmp", "echo", "gre", "tcp"))
    protocol = random.choice((6, 6, 17))
    first = random.choice((21, 22, 53, 80, 443, 8883, 30000))
    single = Ports.of(protocol, first, first)
    return {
        "all": EVERYTHING,
        "port": single,
        "ports": single | Ports.of(protocol, 8883, 8884),
        "range": Ports.of(protocol, first, random.choice((first + 5, 32767, 65535))),
        "icmp": Ports.of(1),
        "echo": Ports.of(1, 2048, 2303),
        "gre": Ports.of(47),
        "tcp": Ports.of(protocol),
    }[kind]

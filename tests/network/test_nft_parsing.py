"""What a host's kernel says of its own rules: read exactly, or refused by host and rule."""

import json

import pytest

from bulkhead.network.filters import (
    FilterChain,
    FilterRule,
    HostFilter,
    Opening,
    planned,
)
from bulkhead.network.parse.nft import host_filter
from bulkhead.network.parse.shape import NotModelled
from bulkhead.network.ports import EVERYTHING, NOTHING, Ports

CHAIN = {
    "family": "inet",
    "table": "bulkhead",
    "name": "input",
    "handle": 1,
    "type": "filter",
    "hook": "input",
    "prio": 0,
    "policy": "drop",
}
ACCEPT = {"accept": None}


def match(left, right, op="=="):
    return {"match": {"op": op, "left": left, "right": right}}


def field(protocol, name):
    return {"payload": {"protocol": protocol, "field": name}}


def meta(key):
    return {"meta": {"key": key}}


def prefix(address, length):
    return {"prefix": {"addr": address, "len": length}}


STATE = {"ct": {"key": "state"}}
SADDR, DADDR, DPORT = field("ip", "saddr"), field("ip", "daddr"), field("tcp", "dport")


def ruleset(*items, table=None):
    found = [{"metainfo": {"version": "1.0.6"}}, {"table": {"family": "inet", "name": "bulkhead"}}]
    return json.dumps({"nftables": [*found, *items, *([table] if table else [])]})


def rule(*expressions, comment=None, chain=CHAIN, handle=7):
    home = {"family": chain["family"], "table": chain["table"], "chain": chain["name"]}
    said = {"comment": comment} if comment else {}
    return {"rule": {**home, "handle": handle, "expr": list(expressions), **said}}


def read(*expressions, hook="input", sets=(), comment=None):
    """The one rule that these expressions make."""
    chain = {**CHAIN, "hook": hook, "name": hook}
    text = ruleset({"chain": chain}, *sets, rule(*expressions, comment=comment, chain=chain))
    (found,) = host_filter("host", text).chains
    (only,) = found.rules
    return only


@pytest.mark.parametrize(
    ("expressions", "expected"),
    [
        ([ACCEPT], FilterRule(verdict="accept")),
        ([{"drop": None}], FilterRule(verdict="drop")),
        ([{"reject": {"type": "tcp reset"}}], FilterRule(verdict="reject")),
        ([{"counter": {"packets": 3, "bytes": 9}}], FilterRule()),
        ([{"log": {"prefix": "host-ingress", "group": 62}}], FilterRule(log="host-ingress")),
        ([{"log": None}, {"drop": None}], FilterRule(log="", verdict="drop")),
        (
            [match(STATE, ["established", "related"], "in"), ACCEPT],
            FilterRule(verdict="accept", states=("established", "related")),
        ),
        (
            [match(STATE, "invalid", "in"), {"drop": None}],
            FilterRule(verdict="drop", states=("invalid",)),
        ),
        (
            [match(STATE, {"set": ["new", "established"]}), ACCEPT],
            FilterRule(verdict="accept", states=("established", "new")),
        ),
        ([match(meta("iif"), "lo"), ACCEPT], FilterRule(verdict="accept", loopback=True)),
        (
            [match(meta("iifname"), "lo", "!="), ACCEPT],
            FilterRule(verdict="accept", loopback=False),
        ),
        (
            [match(SADDR, "10.0.0.1"), match(DPORT, 22), ACCEPT],
            FilterRule(verdict="accept", peers=("10.0.0.1/32",), services=Ports.of(6, 22, 22)),
        ),
        (
            [match(SADDR, prefix("10.0.0.0", 24)), match(DADDR, "10.9.9.9"), ACCEPT],
            FilterRule(verdict="accept", peers=("10.0.0.0/24",), own=("10.9.9.9/32",)),
        ),
        (
            [match(SADDR, {"range": ["10.5.0.1", "10.5.0.3"]}), ACCEPT],
            FilterRule(verdict="accept", peers=("10.5.0.1/32", "10.5.0.2/31")),
        ),
        (
            [match(SADDR, {"set": ["10.2.0.7", prefix("10.0.0.0", 24), prefix("10.0.1.0", 24)]})],
            FilterRule(peers=("10.0.0.0/23", "10.2.0.7/32")),
        ),
        (
            [match(DPORT, {"set": [22, {"range": [80, 90]}]})],
            FilterRule(services=Ports.of(6, 22, 22) | Ports.of(6, 80, 90)),
        ),
        (
            [match(field("udp", "dport"), {"range": [1, 9]})],
            FilterRule(services=Ports.of(17, 1, 9)),
        ),
        ([match(meta("l4proto"), "icmp")], FilterRule(services=Ports.of(1))),
        (
            [match(meta("l4proto"), {"set": ["tcp", 17]})],
            FilterRule(services=Ports.of(6) | Ports.of(17)),
        ),
        ([match(field("ip", "protocol"), "gre")], FilterRule(services=Ports.of(47))),
        (
            [match(field("icmp", "type"), {"set": ["echo-request", 13]})],
            FilterRule(services=Ports.of(1, 2048, 2303) | Ports.of(1, 13 * 256, 13 * 256 + 255)),
        ),
        (
            [match(meta("l4proto"), "udp"), match(DPORT, 22)],
            FilterRule(services=NOTHING),
        ),
        ([match(field("icmpv6", "type"), "nd-redirect"), ACCEPT], _never := FilterRule(
            verdict="accept", services=NOTHING
        )),
        ([match(field("ip6", "saddr"), prefix("fe80::", 10)), ACCEPT], _never),
        ([match(meta("nfproto"), "ipv6"), ACCEPT], _never),
        ([match(meta("nfproto"), "ipv4"), ACCEPT], FilterRule(verdict="accept")),
    ],
)  # fmt: skip
def test_a_rule_of_the_kinds_that_are_modelled_is_read_exactly(expressions, expected):
    assert read(*expressions) == expected


def test_the_peer_of_what_goes_out_is_its_destination():
    found = read(match(DADDR, "10.0.0.1"), match(SADDR, "10.0.0.2"), ACCEPT, hook="output")
    assert (found.peers, found.own) == (("10.0.0.1/32",), ("10.0.0.2/32",))


def test_the_comment_is_the_conduit():
    assert read(ACCEPT, comment="borealis/telemetry").comment == "borealis/telemetry"


def test_what_a_host_says_does_nothing_to_a_terminal():
    assert read(ACCEPT, comment="\x1b[2J a/conduit\n").comment == "?[2J a/conduit?"


def named(flags=("interval",), elements=({"range": ["10.0.0.0", "10.0.0.255"]},), name="peers"):
    home = {"family": "inet", "table": "bulkhead", "name": name, "type": "ipv4_addr"}
    return {"set": {**home, "handle": 3, "flags": list(flags), "elem": list(elements)}}


def test_a_named_set_stands_for_its_elements():
    assert read(match(SADDR, "@peers"), sets=[named()]).peers == ("10.0.0.0/24",)
    assert read(match(SADDR, "@peers"), sets=[named(elements=())]).peers == ()


@pytest.mark.parametrize(
    ("expressions", "named_by"),
    [
        ([{"jump": {"target": "other"}}], "jump"),
        ([{"goto": {"target": "other"}}], "goto"),
        ([{"return": None}], "return"),
        ([{"queue": {"num": 1}}], "queue"),
        ([{"limit": {"rate": 10, "per": "second"}}, ACCEPT], "limit"),
        ([{"mangle": {"key": meta("mark"), "value": 1}}], "mangle"),
        ([{"vmap": {"key": STATE, "data": {"set": []}}}], "vmap"),
        ([{"xt": {"type": "match", "name": "string"}}, ACCEPT], "xt"),
        ([{"dnat": {"addr": "10.0.0.1"}}], "dnat"),
        ([match(meta("mark"), 1), ACCEPT], "mark"),
        ([match(meta("iifname"), "eth0"), ACCEPT], "eth0"),
        ([match(meta("oifname"), "lo"), ACCEPT], "oifname"),
        ([match(meta("skuid"), 1000), ACCEPT], "skuid"),
        ([match({"ct": {"key": "mark"}}, 1), ACCEPT], "ct"),
        ([match({"ct": {"key": "state", "dir": "original"}}, "new", "in"), ACCEPT], "state"),
        ([match(STATE, "unheard-of", "in"), ACCEPT], "unheard-of"),
        ([match(DPORT, 22, "!="), ACCEPT], "!="),
        ([match(SADDR, "10.0.0.1", "!="), ACCEPT], "!="),
        ([match(field("tcp", "sport"), 22), ACCEPT], "sport"),
        ([match(field("tcp", "flags"), "syn"), ACCEPT], "flags"),
        ([match(field("th", "dport"), 22), ACCEPT], "th dport"),
        ([match(field("ip", "ttl"), 1), ACCEPT], "ttl"),
        ([match(field("icmp", "code"), 0), ACCEPT], "icmp code"),
        ([match(field("icmp", "type"), "unheard-of"), ACCEPT], "unheard-of"),
        ([match(meta("l4proto"), "unheard-of"), ACCEPT], "unheard-of"),
        ([match(DPORT, "@ports"), ACCEPT], "@ports"),
        ([match(SADDR, "somewhere"), ACCEPT], "somewhere"),
        ([match(SADDR, "10.0.0.1"), match(SADDR, "10.0.0.2"), ACCEPT], "twice"),
        ([match({"concat": [SADDR, DPORT]}, {"set": []}), ACCEPT], "concat"),
        ([match({"&": [meta("mark"), 1]}, 1), ACCEPT], "&"),
        ([match({"fib": {"result": "type", "flags": "daddr"}}, "local"), ACCEPT], "fib"),
        ([ACCEPT, {"counter": {"packets": 0, "bytes": 0}}], "after accept"),
    ],
)
def test_what_is_not_modelled_is_refused_with_host_and_rule(expressions, named_by):
    with pytest.raises(NotModelled) as caught:
        read(*expressions, comment="the/rule")
    (problem,) = caught.value.problems
    assert problem.where == "host, nftables, rule the/rule of inet bulkhead input"
    assert named_by in problem.what
    assert problem.allowed


@pytest.mark.parametrize("flag", ["timeout", "dynamic"])
def test_a_set_whose_elements_come_and_go_is_refused(flag):
    with pytest.raises(NotModelled, match="@peers"):
        read(match(SADDR, "@peers"), ACCEPT, sets=[named(flags=(flag,))])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"type": "nat"}, "type nat at input"),
        ({"type": "route", "hook": "output"}, "type route"),
        ({"hook": "prerouting"}, "prerouting"),
        ({"family": "netdev", "hook": "ingress", "dev": "eth0"}, "netdev"),
        ({"family": "arp"}, "arp"),
        ({"family": "bridge"}, "bridge"),
    ],
)
def test_chains_elsewhere_that_could_stop_a_packet_are_refused(changed, words):
    chain = {**CHAIN, **changed}
    with pytest.raises(NotModelled, match=words):
        host_filter("host", ruleset({"chain": chain}))
    idle = {**chain, "policy": "accept"}
    with pytest.raises(NotModelled, match=words):
        host_filter("host", ruleset({"chain": idle}, rule({"drop": None}, chain=idle)))


@pytest.mark.parametrize(
    "changed",
    [
        {"hook": "prerouting", "type": "nat", "policy": "accept"},
        {"hook": "forward"},
        {"family": "ip6"},
    ],
)
def test_chains_that_no_packet_of_the_hosts_own_meets_or_that_do_nothing_are_left_out(changed):
    assert host_filter("host", ruleset({"chain": {**CHAIN, **changed}})) == HostFilter()


@pytest.mark.parametrize("kind", ["flowtable", "synproxy", "something new"])
def test_objects_that_are_not_known_are_refused(kind):
    with pytest.raises(NotModelled, match=kind):
        host_filter("host", ruleset({kind: {"name": "x"}}))


def test_a_table_that_sleeps_is_refused():
    table = {"table": {"family": "inet", "name": "other", "flags": ["dormant"]}}
    with pytest.raises(NotModelled, match="dormant"):
        host_filter("host", ruleset(table=table))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"nftables": 1}',
        '{"nftables": [1]}',
        '{"nftables": [{"rule": 1}]}',
        '{"nftables": [{"chain": {}}]}',
        ruleset(rule(ACCEPT)),
        ruleset({"chain": CHAIN}, rule({"match": {}})),
        ruleset({"chain": CHAIN}, rule(match(DPORT, {"range": [1]}), ACCEPT)),
        ruleset({"chain": CHAIN}, rule(match(DPORT, None), ACCEPT)),
        ruleset({"chain": CHAIN}, rule(match(DPORT, 70000), ACCEPT)),
        ruleset({"chain": {**CHAIN, "prio": "soon"}}),
        "[" * 100000,
    ],
)
def test_what_is_no_ruleset_is_refused(text):
    with pytest.raises(NotModelled) as caught:
        host_filter("host", text)
    assert caught.value.problems[0].where.startswith("host, nftables, ")


def test_a_host_without_rules_has_no_chains():
    assert host_filter("host", json.dumps({"nftables": [{"metainfo": {}}]})) == HostFilter()


def test_chains_stand_in_the_order_in_which_they_are_met():
    later = {**CHAIN, "table": "aaa", "prio": 10}
    found = host_filter("host", ruleset({"chain": later}, {"chain": CHAIN}))
    assert [(c.table, c.priority) for c in found.chains] == [
        ("inet bulkhead", 0),
        ("inet aaa", 10),
    ]


def test_what_is_planned_is_what_the_kernel_says_of_it():
    """The kernel's words are those of nft 1.0.6 for the rules that the role loads."""
    chains = [{**CHAIN, "hook": hook, "name": hook} for hook in ("input", "output")]
    known, log = match(STATE, ["established", "related"], "in"), {"group": 62}
    own = [
        rule(known, ACCEPT, chain=chains[0]),
        rule(match(meta("iifname"), "lo"), ACCEPT, chain=chains[0]),
        rule(
            match(SADDR, {"set": ["10.0.0.9", "10.0.0.8"]}),
            match(DPORT, 8883),
            ACCEPT,
            comment="t/telemetry",
            chain=chains[0],
        ),
        rule({"log": {**log, "prefix": "host-ingress"}}, chain=chains[0]),
        rule(known, ACCEPT, chain=chains[1]),
        rule(match(meta("oifname"), "lo"), ACCEPT, chain=chains[1]),
        rule(match(DADDR, prefix("10.1.0.0", 16)), ACCEPT, comment="t/any", chain=chains[1]),
        rule({"log": {**log, "prefix": "host-egress"}}, chain=chains[1]),
    ]
    told = host_filter("host", ruleset(*({"chain": chain} for chain in chains), *own))
    first = Opening(
        conduit="t/telemetry",
        protocol="tcp",
        first=8883,
        last=8883,
        peers=("10.0.0.8/32", "10.0.0.9/32"),
    )
    other = Opening(conduit="t/any", protocol="any", first=0, last=65535, peers=("10.1.0.0/16",))
    assert told == planned([first], [other])


def test_a_rule_reads_as_a_sentence():
    said = FilterRule(
        verdict="accept", services=Ports.of(6, 22, 22), peers=("10.0.0.1/32",), comment="t/admin"
    )
    assert str(said) == "accept tcp 22 with 10.0.0.1/32 (t/admin)"
    assert str(FilterRule(log="host-ingress")) == "log host-ingress"
    chain = FilterChain(
        table="inet bulkhead", name="input", hook="input", priority=0, policy="drop", rules=()
    )
    assert str(chain) == "inet bulkhead input"
    assert FilterRule().services == EVERYTHING

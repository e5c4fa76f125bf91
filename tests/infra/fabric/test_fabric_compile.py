"""compile and diff as pure functions: what they say, and what they refuse."""

import ast
import random
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from fabric_estate import ANYWHERE, peered, two_hosts

import infra.lab.fabric
from infra.lab.fabric.compile import compile
from infra.lab.fabric.errors import FabricError
from infra.lab.fabric.ranges import network
from infra.lab.fabric.ruleset import Chain, Elements, Ruleset, diff, full
from infra.lab.fabric.skeleton import LAYERS


def elements(estate, name):
    return {
        key: value
        for one in compile(estate.deployed()).elements
        if one.name == name
        for key, value in one.items
    }


def names(estate):
    return {one.name for one in compile(estate.deployed()).elements}


def chain(estate, name):
    return next(one for one in compile(estate.deployed()).chains if one.name == name).rules


def test_compile_and_the_model_do_not_know_each_other():
    for file in Path(infra.lab.fabric.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert "reach" not in (node.module or ""), file
                assert "plan" not in (node.module or ""), file


def test_every_address_that_may_send_is_judged_by_every_layer():
    estate = peered()
    found = compile(estate.deployed())
    sets = {one.name: {key for key, _ in one.items} for one in found.elements}
    addresses = {one.address for one in estate.deployed().interfaces}
    assert sets["acl-out"] == sets["acl-in"] == addresses
    assert sets["groups-out"] == sets["groups-in"]
    jumps = {value for one in found.elements for _, value in one.items if "jump" in value}
    assert {jump.removeprefix("jump ") for jump in jumps} <= {one.name for one in found.chains}


def test_each_layer_has_a_chain_that_tells_and_drops():
    chains = {one.name: one.rules for one in compile(two_hosts().deployed()).chains}
    for layer in LAYERS:
        rules = chains[f"drop-{layer.removeprefix('reply-')}"]
        assert sum(f'log prefix "{layer}" group 62' in rule for rule in rules) == 1
        assert all(rule.endswith("drop") for rule in rules)


def test_elements_grow_with_members_and_never_with_pairs():
    def size(count):
        estate = two_hosts()
        estate.ingress("server", "tcp", 443, peer="client")
        estate.egress("client", "tcp", 443, peer="server")
        for index in range(count):
            estate.host(f"c{index}", "x", "client")
            estate.host(f"s{index}", "y", "server")
        found = compile(estate.deployed())
        assert len(found.chains) == len(compile(two_hosts().deployed()).chains)
        return sum(len(one.items) for one in found.elements)

    assert size(60) - size(40) == size(40) - size(20)


def test_overlapping_rules_become_one_element():
    estate = two_hosts()
    for cidr, ports in (("10.0.0.0/8", (1, 99)), ("10.1.0.0/16", (50, 60)), ("10.0.0.0/8", 100)):
        estate.ingress("server", "tcp", ports, cidr=cidr)
    assert elements(estate, "cidr-in-any-sg-server") == {"10.0.0.0-10.255.255.255 . 6 . 1-100": ""}


def test_the_order_of_rules_and_groups_changes_no_byte():
    estate = two_hosts()
    estate.group("extra")
    for port in (1, 5, 9):
        estate.ingress("server", "tcp", (port, port + 5), cidr="10.0.0.0/8")
        estate.ingress("extra", "tcp", port, peer="client")
    estate.change("two", groups=("sg-server", "sg-extra"))
    before = full(compile(estate.deployed()))
    row = estate.groups["server"]
    estate.groups["server"] = replace(row, rules=tuple(reversed(row.rules)))
    estate.change("two", groups=("sg-extra", "sg-server"))
    assert full(compile(estate.deployed())) == before


def test_rules_for_ipv6_open_nothing():
    estate = two_hosts()
    without = compile(estate.deployed())
    estate.ingress("server", cidr="::/0")
    assert compile(estate.deployed()) == without


def test_icmp_has_a_set_of_its_own():
    estate = two_hosts()
    estate.ingress("server", "icmp", (2048, 2303), cidr=ANYWHERE)
    assert elements(estate, "cidr-in-icmp-sg-server") == {
        "0.0.0.0-255.255.255.255 . 1 . 2048-2303": ""
    }
    assert "cidr-in-any-sg-server" not in names(estate)


def test_protocols_without_ports_ignore_a_port_range():
    estate = two_hosts()
    estate.ingress("server", 47, (5, 5), cidr="10.0.0.1/32")
    assert elements(estate, "cidr-in-any-sg-server") == {"10.0.0.1 . 47 . 0-65535": ""}


def test_acl_entries_stand_in_the_order_of_their_numbers():
    estate = two_hosts()
    deny = (200, "in", "deny", "tcp", (1, 9), "10.0.0.0/8")
    estate.acl("y", deny, (100, "in", "allow", "icmp", (2048, 2048), ANYWHERE))
    assert chain(estate, "acl-in-acl-y") == (
        "ip saddr 0.0.0.0-255.255.255.255 meta l4proto 1 th sport 2048 "
        "meta mark set meta mark or 0x2 return",
        "ip saddr 10.0.0.0-10.255.255.255 meta l4proto 6 th dport 1-9 goto drop-acl-ingress",
    )
    assert chain(estate, "acl-out-acl-y") == ()


def test_routes_lead_to_what_exists_alone():
    estate = peered()
    estate.route("x", "10.0.0.0/8", "pcx-ab")
    estate.route("x", "10.2.1.0/25", "pcx-none")
    estate.route("x", "10.2.2.0/24", "pcx-ab", active=False)
    source = "10.1.1.0-10.1.1.255"
    found = {key for key in elements(estate, "routes") if key.startswith(source)}
    assert found == {
        f"{source} . {target}"
        for target in (
            "10.1.0.0-10.2.0.255",
            "10.2.1.128-10.2.1.255",
            "10.2.3.0-10.2.255.255",
        )
    }


def test_route_elements_never_overlap():
    estate = peered()
    rng = random.Random(7)
    for _ in range(40):
        length = rng.randint(9, 30)
        base = int(network("10.0.0.0/8")[0]) + rng.randrange(2**24) // 2 ** (32 - length) * 2 ** (
            32 - length
        )
        at = ".".join(str(base >> shift & 255) for shift in (24, 16, 8, 0))
        estate.route("x", f"{at}/{length}", rng.choice(["pcx-ab", "local", "pcx-bc"]))
    spans = []
    for key in elements(estate, "routes"):
        source, target = key.split(" . ")
        if source == "10.1.1.0-10.1.1.255":
            low, _, high = target.partition("-")
            spans.append((network(low)[0], network(high or low)[0]))
    assert all(a[1] < b[0] or b[1] < a[0] for a, b in combinations(spans, 2))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda e: e.change("two", address="10.1.1.10"), "same private address as eni-one"),
        (lambda e: e.change("two", instance="i-one"), "same instance as eni-one"),
        (lambda e: e.change("two", groups=("sg-gone",)), "refers to sg-gone"),
        (lambda e: e.acls.pop("y"), "refers to acl-y"),
        (lambda e: e.tables.pop("y"), "refers to rtb-y"),
        (lambda e: e.subnets.pop("y"), "refers to subnet-y"),
        (lambda e: e.vpcs.pop("a"), "refers to vpc-a"),
        (lambda e: e.change("two", instance="i-1; drop"), "is not an id"),
        (lambda e: e.change("two", id="../../x"), "is not an id"),
    ],
)
def test_what_cannot_be_enforced_is_refused(spoil, message):
    estate = two_hosts()
    compile(estate.deployed())
    spoil(estate)
    with pytest.raises(FabricError, match=message):
        compile(estate.deployed())


def test_vpcs_that_overlap_are_refused_only_where_hosts_run_in_both():
    estate = two_hosts()
    estate.vpc("b", "10.1.0.0/16")
    estate.subnet("z", "b", "10.1.9.0/24")
    compile(estate.deployed())
    estate.host("third", "z", "client")
    with pytest.raises(FabricError, match="overlaps"):
        compile(estate.deployed())


def test_one_changed_rule_is_one_changed_element():
    estate = two_hosts()
    estate.ingress("server", "tcp", 443, cidr="10.0.0.0/8")
    before = compile(estate.deployed())
    estate.ingress("server", "tcp", 80, cidr="10.0.0.0/8")
    after = compile(estate.deployed())
    assert diff(before, after) == (
        "add element inet bulkhead cidr-in-any-sg-server { 10.0.0.0-10.255.255.255 . 6 . 80 }\n"
    )
    assert diff(after, before).startswith("delete element inet bulkhead cidr-in-any-sg-server")
    assert diff(after, after) == ""


def test_what_changes_its_kind_is_loaded_afresh():
    def one(key):
        return Ruleset(elements=(Elements(name="s", key=key),))

    assert diff(one("ipv4_addr"), one("inet_proto")) == full(one("inet_proto"))
    hooked = Ruleset(chains=(Chain(name="c", hook="type filter hook input priority 0;"),))
    assert diff(Ruleset(chains=(Chain(name="c"),)), hooked) == full(hooked)


def test_many_deletions_are_a_fresh_load():
    def holding(count):
        items = frozenset((f"10.0.{i // 250}.{i % 250}", "") for i in range(count))
        return Ruleset(elements=(Elements(name="s", key="ipv4_addr", items=items),))

    assert diff(holding(5000), holding(1)) == full(holding(1))
    assert diff(holding(1001), holding(1)).startswith("delete element")

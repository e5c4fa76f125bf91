"""Security groups: cases 1 to 3, 6 to 10 of what emulations have got wrong."""

from itertools import permutations

import pytest
from fabric_estate import ANYWHERE, two_hosts

pytestmark = pytest.mark.lab


def serving(world, estate, *ports):
    """Applies `estate` and listens on `two`; TCP and UDP."""
    world.apply(estate)
    for port in ports:
        world.listen("two", port)
        world.listen("two", port, "udp")
    return estate.address("two")


def test_an_egress_rule_of_the_sender_does_not_replace_an_ingress_rule_of_the_receiver(world):
    estate = two_hosts()
    estate.egress("client", cidr=ANYWHERE)
    target = serving(world, estate, 443)
    assert world.tcp("one", target, 443) == "group-ingress"
    estate.ingress("server", "tcp", 443, cidr=ANYWHERE)
    world.apply(estate)
    assert world.tcp("one", target, 443) == "answered"


def test_an_ingress_rule_of_the_receiver_does_not_replace_an_egress_rule_of_the_sender(world):
    estate = two_hosts()
    estate.ingress("server", cidr=ANYWHERE)
    target = serving(world, estate, 443)
    assert world.tcp("one", target, 443) == "group-egress"
    estate.egress("client", "tcp", 443, cidr=ANYWHERE)
    world.apply(estate)
    assert world.tcp("one", target, 443) == "answered"


def test_hosts_of_one_subnet_meet_the_rules(world):
    estate = two_hosts()
    estate.host("near", "y", "client")
    target = serving(world, estate, 443)
    assert world.tcp("near", target, 443) == "group-egress"
    estate.egress("client", cidr=ANYWHERE)
    world.apply(estate)
    assert world.tcp("near", target, 443) == "group-ingress"
    estate.ingress("server", "tcp", 443, peer="client")
    world.apply(estate)
    assert world.tcp("near", target, 443) == "answered"


def test_a_rule_that_refers_to_a_group_follows_who_joins_and_leaves_it(world):
    estate = two_hosts()
    estate.group("other")
    for group in ("client", "other"):
        estate.egress(group, cidr=ANYWHERE)
    estate.ingress("server", "tcp", 443, peer="client")
    target = serving(world, estate, 443)
    assert world.tcp("one", target, 443) == "answered"
    estate.change("one", groups=("sg-other",))
    world.apply(estate)
    assert world.tcp("one", target, 443) == "group-ingress"
    estate.change("one", groups=("sg-other", "sg-client"))
    world.apply(estate)
    assert world.tcp("one", target, 443) == "answered"


def test_a_revoked_rule_keeps_live_flows_until_they_are_cut(world):
    estate = two_hosts()
    estate.egress("client", cidr=ANYWHERE)
    rule = estate.ingress("server", "tcp", 443, cidr=ANYWHERE)
    target = serving(world, estate, 443, 80)
    live = world.connection("one", target, 443)
    estate.revoke(rule)
    world.apply(estate)
    assert world.tcp("one", target, 443) == "group-ingress"
    assert world.carries(live)
    assert world.fabric.cut(estate.address("one"), target, 80) == 0
    assert world.fabric.cut(estate.address("one"), "10.9.9.9") == 0
    assert world.fabric.cut(estate.address("one"), target, 443) == 1
    assert not world.carries(live, 0.3)


def test_a_cut_flow_is_not_picked_up_again_from_the_other_side(world):
    estate = two_hosts()
    for group in ("client", "server"):
        estate.egress(group, cidr=ANYWHERE)
    estate.ingress("client", cidr=ANYWHERE)
    rule = estate.ingress("server", "tcp", 443, cidr=ANYWHERE)
    target = serving(world, estate, 443)
    live = world.connection("one", target, 443)
    accepted = world.sockets[-1]
    assert accepted.getpeername() == live.getsockname()
    estate.revoke(rule)
    world.apply(estate)
    assert world.fabric.cut(target) == 1
    before = world.fabric.drops()["host"]
    accepted.send(b"from the server")
    assert world.until(lambda: world.fabric.drops()["host"] > before)
    live.setblocking(False)
    with pytest.raises(BlockingIOError):
        live.recv(64)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_order_of_a_groups_rules_changes_nothing(world, order):
    estate = two_hosts()
    rules = [
        lambda: estate.ingress("server", "tcp", (440, 445), cidr="10.1.0.0/16"),
        lambda: estate.ingress("server", "tcp", (443, 450), cidr=ANYWHERE),
        lambda: estate.ingress("server", "all", cidr="10.1.2.0/24"),
    ]
    estate.egress("client", cidr=ANYWHERE)
    for index in order:
        rules[index]()
    target = serving(world, estate, 440, 443, 450, 451)
    found = [world.tcp("one", target, port) for port in (440, 443, 450, 451)]
    assert found == ["answered", "answered", "answered", "group-ingress"]


def test_groups_of_one_interface_are_a_union(world):
    estate = two_hosts()
    estate.group("extra")
    estate.egress("client", cidr=ANYWHERE)
    estate.ingress("server", "tcp", 443, cidr=ANYWHERE)
    estate.ingress("extra", "tcp", 444, cidr=ANYWHERE)
    estate.change("two", groups=("sg-server", "sg-extra"))
    target = serving(world, estate, 443, 444)
    assert [world.tcp("one", target, port) for port in (443, 444)] == ["answered"] * 2


def test_a_group_without_egress_rules_lets_nothing_out(world):
    estate = two_hosts()
    estate.ingress("server", cidr=ANYWHERE)
    target = serving(world, estate, 443)
    tries = [world.tcp("one", target, 443), world.udp("one", target, 443)]
    assert [*tries, world.ping("one", target)] == ["group-egress"] * 3


def test_members_of_one_group_meet_only_if_a_rule_says_so(world):
    estate = two_hosts()
    estate.change("one", groups=("sg-server",))
    estate.egress("server", cidr=ANYWHERE)
    target = serving(world, estate, 443)
    assert world.tcp("one", target, 443) == "group-ingress"
    estate.ingress("server", peer="server")
    world.apply(estate)
    assert world.tcp("one", target, 443) == "answered"


def test_protocols_and_port_ranges_are_told_apart(world):
    estate = two_hosts()
    estate.egress("client", cidr=ANYWHERE)
    estate.ingress("server", "tcp", (443, 445), cidr=ANYWHERE)
    estate.ingress("server", "udp", 53, cidr=ANYWHERE)
    target = serving(world, estate, 53, 442, 443, 445, 446)
    tcp = [world.tcp("one", target, port) for port in (442, 443, 445, 446, 53)]
    assert tcp == ["group-ingress", "answered", "answered", "group-ingress", "group-ingress"]
    assert [world.udp("one", target, port) for port in (53, 443)] == ["answered", "group-ingress"]
    assert world.ping("one", target) == "group-ingress"


def test_minus_one_means_every_protocol(world):
    estate = two_hosts()
    estate.egress("client", "all", cidr=ANYWHERE)
    estate.ingress("server", "all", peer="client")
    target = serving(world, estate, 443)
    tries = [world.tcp("one", target, 443), world.udp("one", target, 443)]
    assert [*tries, world.ping("one", target)] == ["answered"] * 3


@pytest.mark.parametrize("peer", [{"cidr": ANYWHERE}, {"peer": "client"}])
def test_icmp_rules_name_types_and_never_ports(world, peer):
    estate = two_hosts()
    estate.egress("client", cidr=ANYWHERE)
    estate.ingress("server", "icmp", (8 * 256, 8 * 256 + 255), **peer)
    target = serving(world, estate, 8 * 256)
    assert world.ping("one", target) == "answered"
    assert world.ping("one", target, kind=13) == "group-ingress"
    assert world.tcp("one", target, 8 * 256) == "group-ingress"


def test_an_icmp_rule_for_all_types_lets_any_type_in(world):
    estate = two_hosts()
    estate.egress("client", "icmp", cidr=ANYWHERE)
    estate.ingress("server", "icmp", cidr=ANYWHERE)
    target = serving(world, estate, 443)
    assert world.ping("one", target) == "answered"
    assert world.udp("one", target, 443) == "group-egress"


def test_every_ordered_pair_is_judged_in_its_own_direction(world):
    estate = two_hosts()
    estate.host("near", "x", "client")
    estate.egress("client", "tcp", 443, peer="server")
    estate.ingress("server", "tcp", 443, peer="client")
    serving(world, estate)
    for host in ("one", "two", "near"):
        world.listen(host, 443)
        world.listen(host, 80)
    open_pairs = {("one", "two"), ("near", "two")}
    for pair in permutations(("one", "two", "near"), 2):
        source, target = pair[0], estate.address(pair[1])
        found = [world.tcp(source, target, 443), world.tcp(source, target, 80)]
        found += [world.udp(source, target, 443), world.ping(source, target)]
        wanted = "answered" if pair in open_pairs else "group-egress"
        assert found == [wanted, *["group-egress"] * 3], pair


def test_a_port_that_nobody_listens_on_answers_for_itself(world):
    estate = two_hosts()
    estate.egress("client", cidr=ANYWHERE)
    estate.ingress("server", cidr=ANYWHERE)
    target = serving(world, estate)
    assert world.tcp("one", target, 9) == "error 111"
    assert world.udp("one", target, 9) == "error 111"

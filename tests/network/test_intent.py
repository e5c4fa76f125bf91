"""What a plan intends: declared conduits, hosts apart, and nothing else."""

from itertools import product

from hypothesis import given, settings
from plans import conduit_of, host_of, network_of, plan_of, plans

from bulkhead.network.deployed import Flow
from bulkhead.network.intent import intent
from bulkhead.network.ports import EVERYTHING, NOTHING, Ports
from bulkhead.plan.tables import INTERNET

NUMBERS = {"tcp": 6, "udp": 17, "icmp": 1}


def naive(plan, source, target, path, protocol, port):
    """Whether some conduit declares this one packet, read word by word."""
    hosts = {host.id: host for host in plan.hosts}
    if source == target:
        return False
    for conduit in plan.conduits:
        service = conduit.service
        served = service.protocol == "any" or (
            NUMBERS[service.protocol] == protocol and service.first <= port <= service.last
        )
        if conduit.path != path or not served:
            continue
        groups = [INTERNET if h == INTERNET else hosts[h].group for h in (source, target)]
        if groups[0] not in conduit.sources or groups[1] not in conduit.targets:
            continue
        known = [h for h in (source, target) if h != INTERNET]
        if path == "private" and len(known) == 2:
            return True
        if path == "public" and all(
            hosts[h].public and hosts[h].stack == conduit.stack for h in known
        ):
            return True
    return False


@settings(max_examples=150)
@given(plans())
def test_intent_allows_exactly_what_some_conduit_declares(plan):
    meant = intent(plan)
    services = [(6, 22), (6, 23), (6, 102), (6, 103), (17, 80), (1, 2048), (47, 0)]
    for source, target in product(meant.hosts, repeat=2):
        for path, (protocol, port) in product(("private", "public"), services):
            expected = naive(plan, source, target, path, protocol, port)
            allowed = meant.allowed(source, target, path)
            assert allowed.contains(protocol, port) == expected, (source, target, path)
            assert not allowed or path in meant.paths(source, target)


def two_hosts(*conduits, **parts):
    return plan_of(
        networks=[network_of("a", 0, public=True), network_of("b", 1, public=True, standin=True)],
        hosts=[
            host_of("one", "a", address="10.0.0.10", public="203.0.113.1"),
            host_of("two", "a", address="10.0.0.11"),
            host_of("site", "b", address="10.1.0.10", public="198.51.100.7"),
        ],
        conduits=conduits,
        **parts,
    )


def test_a_conduit_of_a_group_with_itself_joins_its_hosts_but_no_host_with_itself():
    meant = intent(two_hosts(conduit_of("inside", "a/group", "a/group", "any")))
    assert meant.allowed("one", "two", "private") == EVERYTHING
    assert meant.allowed("one", "one", "private") == NOTHING


def test_the_public_path_needs_a_public_address_at_both_ends():
    meant = intent(
        two_hosts(conduit_of("in", "b/group", "a/group", "tcp", 8883, 8883, path="public"))
    )
    assert meant.allowed("site", "one", "public") == Ports.of(6, 8883, 8883)
    assert meant.allowed("site", "two", "public") == NOTHING
    assert meant.allowed("site", "one", "private") == NOTHING


def test_the_internet_reaches_only_what_names_it():
    meant = intent(
        two_hosts(conduit_of("world", INTERNET, "a/group", "tcp", 443, 443, path="public"))
    )
    assert meant.allowed(INTERNET, "one", "public") == Ports.of(6, 443, 443)
    assert meant.allowed("site", "one", "public") == NOTHING
    assert meant.why(Flow(INTERNET, "one", "public", "tcp", 443)) == ("world",)
    assert meant.why(Flow(INTERNET, "one", "public", "tcp", 444)) == ()


def test_stand_ins_for_premises_can_be_left_out():
    plan = two_hosts()
    assert intent(plan).hosts == (INTERNET, "one", "site", "two")
    assert intent(plan, standins=False).hosts == (INTERNET, "one", "two")

"""Where the fabric's rules tell of flows: once for what is new and passes, and at every drop."""

from bulkhead.network.deployed import Deployed
from infra.lab.fabric.compile import compile
from infra.lab.fabric.skeleton import LAYERS

CHAINS = {one.name: one.rules for one in compile(Deployed()).chains}


def test_every_layer_tells_the_flow_log_what_it_stops():
    for layer in LAYERS:
        rules = CHAINS[f"drop-{layer.removeprefix('reply-')}"]
        assert sum(f'log prefix "{layer}" group 63 snaplen 64' in rule for rule in rules) == 1


def test_what_is_tracked_meets_no_rule_that_tells():
    tracked = "ct state established,related accept"
    for name in ("tracked", "leaving", "arriving"):
        before = CHAINS[name][: CHAINS[name].index(tracked)]
        assert not [rule for rule in before if "log" in rule or "accepted" in rule]


def test_only_a_flow_that_no_packet_has_confirmed_is_told_and_every_one_passes():
    told, passed = CHAINS["accepted"]
    assert told == 'ct status & confirmed == 0 log prefix "accept" group 63 snaplen 64'
    assert passed == "accept"
    assert CHAINS["leaving"][-1] == "goto accepted"

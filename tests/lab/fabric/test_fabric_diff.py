"""What `diff` loads is what `full` would have loaded, in the kernel's own words."""

import json
import random

import pytest
from fabric_estate import ANYWHERE, Estate

from infra.lab.fabric import kernel
from infra.lab.fabric.compile import compile
from infra.lab.fabric.nft import Nft
from infra.lab.fabric.ruleset import diff, full

pytestmark = pytest.mark.lab
CIDRS = (ANYWHERE, "10.0.0.0/8", "10.1.0.0/16", "10.1.1.0/24", "10.1.1.10/32", "10.1.1.11/32")


def scene(rng):
    """A random estate of two peered VPCs."""
    estate = Estate()
    for vpc, cidr in (("a", "10.1"), ("b", "10.2")):
        estate.vpc(vpc, f"{cidr}.0.0/16")
        for subnet in "xy":
            estate.subnet(vpc + subnet, vpc, f"{cidr}.{ord(subnet) - 119}.0/24")
        estate.gateway(vpc, vpc)
    estate.peer("ab", "a", "b", active=rng.random() < 0.8)
    for group in "pqr":
        estate.group(group)
        for _ in range(rng.randrange(6)):
            add = rng.choice([estate.egress, estate.ingress])
            first = rng.randrange(60)
            protocol = rng.choice(["all", "tcp", "udp", "icmp", 47])
            peer = (
                {"cidr": rng.choice(CIDRS)} if rng.random() < 0.6 else {"peer": rng.choice("pqr")}
            )
            add(group, protocol, (first, first + rng.randrange(40)), **peer)
    for index in range(rng.randrange(1, 7)):
        groups = rng.sample("pqr", rng.randrange(1, 3))
        public = f"203.0.113.{index + 1}" if rng.random() < 0.4 else None
        estate.host(f"h{index}", rng.choice(list(estate.subnets)), *groups, public=public)
    for subnet in estate.subnets:
        for target in ("pcx-ab", f"igw-{subnet[0]}", "pcx-none"):
            if rng.random() < 0.5:
                cidr = rng.choice(["0.0.0.0/0", "10.0.0.0/8", "10.2.0.0/17", "10.1.128.0/17"])
                estate.route(subnet, cidr, target, active=rng.random() < 0.8)
        if rng.random() < 0.5:
            rows = [
                (n, rng.choice(["in", "out"]), rng.choice(["allow", "deny"]),
                 rng.choice(["all", "tcp", "icmp"]), (0, rng.randrange(1, 999)), rng.choice(CIDRS))
                for n in range(rng.randrange(5))
            ]  # fmt: skip
            estate.acl(subnet, *rows)
    return compile(estate.deployed())


def listing(loaded):
    """What the kernel holds, without handles and in an order of our own."""
    rows = []
    chains: dict[str, int] = {}
    for row in loaded.listed("ruleset"):
        for kind, body in row.items():
            body.pop("handle", None)
            body["elem"] = sorted(json.dumps(one, sort_keys=True) for one in body.get("elem", []))
            if kind == "rule":  # the order within a chain means something
                chains[body["chain"]] = body["index"] = chains.get(body["chain"], 0) + 1
            rows.append(json.dumps([kind, body], sort_keys=True))
    return sorted(rows)


@pytest.mark.parametrize("seed", range(12))
def test_a_diff_in_the_kernel_equals_a_fresh_load(world, seed):
    def compare():
        rng = random.Random(seed)
        old = scene(rng)
        changed = Nft()
        changed.run(full(old))
        for _ in range(8):
            new = scene(rng)
            changed.run(diff(old, new))
            old, by_diff = new, listing(changed)
            changed.run(full(new))
            assert by_diff == listing(changed)
        assert len(by_diff) > 50

    def aside():
        with kernel.returning():
            kernel.fresh()
            compare()

    kernel.inside(world.space("internet"), aside)

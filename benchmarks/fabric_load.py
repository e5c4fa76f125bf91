"""What rules cost the fabric: run as root, about 40 s. All ratios are of one run.

1. One rule changed: from `apply` to the kernel's having it, at 12 and at 200 interfaces.
2. 10,000 rules against 10: throughput of one TCP flow, and the time to make a connection.

    sudo .venv/bin/python benchmarks/fabric_load.py
"""

import multiprocessing
import socket
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from statistics import median

from bulkhead.network.deployed import (
    ALL,
    Acl,
    AclEntry,
    Deployed,
    Group,
    GroupRule,
    Interface,
    Route,
    RouteTable,
    Subnet,
    Vpc,
)
from infra.lab.fabric import Fabric, kernel, namespace

LAB = "fabbe0"
ROUNDS, SECONDS, CONNECTS = 5, 2.0, 400
SUBNETS = 4
OPEN, SINK, CIDR = "0.0.0.0/0", 5001, "10.0.0.0/8"
_forked = multiprocessing.get_context("fork")


def rule(number: int, egress: bool, ports: int | None, cidr: str) -> GroupRule:
    """An allow: TCP to one port, or everything."""
    protocol, first, last = (6, ports, ports) if ports else (ALL, 0, 65535)
    return GroupRule(
        id=f"sgr-{number}", egress=egress, protocol=protocol, first=first, last=last, cidr=cidr
    )


def estate(hosts: int, rules: int) -> Deployed:
    """Hosts of four subnets in one group with `rules` rules; any may reach any at SINK."""
    every_other = range(0, 2 * (rules - 2), 2)  # neighbours would become one range
    addresses = (f"172.20.{number >> 8}.{number & 255}" for number in every_other)
    many = [rule(n, False, 443, f"{at}/32") for n, at in enumerate(addresses)]
    ways = [rule(rules, True, None, OPEN), rule(rules + 1, False, SINK, CIDR)]
    entries = tuple(
        AclEntry(number=1, egress=out, allow=True, protocol=ALL, cidr=OPEN, first=0, last=65535)
        for out in (True, False)
    )
    route = Route(cidr="10.0.0.0/16", target="local", active=True)
    return Deployed(
        vpcs=(Vpc(id="vpc-1", name="vpc", account="1", cidrs=("10.0.0.0/16",)),),
        subnets=tuple(
            Subnet(
                id=f"subnet-{n}",
                name=f"subnet {n}",
                vpc="vpc-1",
                cidr=f"10.0.{n}.0/24",
                route_table="rtb-1",
                acl="acl-1",
            )
            for n in range(SUBNETS)
        ),
        route_tables=(
            RouteTable(id="rtb-1", name="table", vpc="vpc-1", main=True, routes=(route,)),
        ),
        acls=(Acl(id="acl-1", name="acl", vpc="vpc-1", default=True, entries=entries),),
        groups=(Group(id="sg-1", name="group", vpc="vpc-1", default=False, rules=(*many, *ways)),),
        interfaces=tuple(interface(number) for number in range(hosts)),
    )


def interface(number: int) -> Interface:
    """The host `number`, in one of the subnets."""
    return Interface(
        id=f"eni-{number}",
        instance=f"i-{number}",
        host=f"h{number}",
        account="1",
        vpc="vpc-1",
        subnet=f"subnet-{number % SUBNETS}",
        address=f"10.0.{number % SUBNETS}.{number // SUBNETS + 10}",
        groups=("sg-1",),
        public=None,
        running=True,
    )


def change(fabric: Fabric, deployed: Deployed) -> float:
    """Median seconds of opening and closing one port."""
    group = deployed.groups[0]
    more = replace(group, rules=(*group.rules, rule(99_999, False, 8443, CIDR)))
    both = [replace(deployed, groups=(one,)) for one in (more, group)]
    taken = []
    for number in range(40):
        start = time.perf_counter()
        fabric.apply(both[number % 2])
        taken.append(time.perf_counter() - start)
    return median(taken)


def sink(space: str, ready: Connection) -> None:
    """Accept connections for ever and read what comes."""
    kernel.enter(space)
    with socket.create_server(("", SINK), backlog=512) as listening:
        ready.send(True)
        while True:
            accepted, _ = listening.accept()
            with accepted:
                while accepted.recv(1 << 20):
                    continue


def source(space: str, address: str, answer: Connection) -> None:
    """Bytes in one second of one flow, and the median seconds of a new connection."""
    kernel.enter(space)
    sent, block = 0, bytes(1 << 20)
    with socket.create_connection((address, SINK)) as flow:
        start = time.perf_counter()
        while (passed := time.perf_counter() - start) < SECONDS:
            flow.sendall(block)
            sent += len(block)
    taken = []
    for _ in range(CONNECTS):
        start = time.perf_counter()
        with socket.create_connection((address, SINK)):
            taken.append(time.perf_counter() - start)
    answer.send((sent / passed, median(taken)))


def traffic(fabric: Fabric) -> None:
    """Alternate between few and many rules, so that a busy machine meets both alike."""
    few, many = estate(2, 10), estate(2, 10_000)
    found: dict[int, list[tuple[float, float]]] = {10: [], 10_000: []}
    fabric.apply(few)
    here, there = _forked.Pipe()
    reader = _forked.Process(target=sink, args=(namespace(LAB, "i-1"), there), daemon=True)
    reader.start()
    here.recv()
    for _ in range(ROUNDS):
        for count, deployed in ((10, few), (10_000, many)):
            start = time.perf_counter()
            fabric.apply(deployed)
            loaded = time.perf_counter() - start
            found[count].append(measure(deployed.interfaces[1].address))
    reader.kill()
    reader.join()
    report(found, loaded, change(fabric, many))


def measure(address: str) -> tuple[float, float]:
    """Bytes per second and seconds per connection from host 0 to `address`."""
    here, there = _forked.Pipe()
    writer = _forked.Process(target=source, args=(namespace(LAB, "i-0"), address, there))
    writer.start()
    result: tuple[float, float] = here.recv()
    writer.join()
    return result


def report(found: dict[int, list[tuple[float, float]]], loaded: float, changed: float) -> None:
    """Print medians and ratios."""
    rates = {count: median(rate for rate, _ in pairs) for count, pairs in found.items()}
    delays = {count: median(delay for _, delay in pairs) for count, pairs in found.items()}
    for count in found:
        gigabits, micros = rates[count] * 8 / 1e9, delays[count] * 1e6
        print(f"{count:6} rules: {gigabits:6.2f} Gbit/s, new connection {micros:6.1f} us")
    print(f"throughput, 10,000 : 10 rules        {rates[10_000] / rates[10]:.3f}")
    print(f"new connection, 10,000 : 10 rules    {delays[10_000] / delays[10]:.3f}")
    print(f"loading 10,000 rules                 {loaded * 1e3:.1f} ms")
    print(f"one more rule among 10,000           {changed * 1e3:.1f} ms")


def main() -> None:
    """Measure and print."""
    fabric, changes = Fabric(LAB), {}
    fabric.open()
    try:
        for hosts in (12, 200):
            start = time.perf_counter()
            fabric.apply(estate(hosts, 10))
            made = time.perf_counter() - start
            changes[hosts] = change(fabric, estate(hosts, 10))
            text = f"{changes[hosts] * 1e3:.2f} ms for one rule"
            print(f"{hosts:6} interfaces: made in {made:.2f} s, {text}")
        print(f"one rule, 200 : 12 interfaces        {changes[200] / changes[12]:.2f}")
        traffic(fabric)
    finally:
        fabric.close()


if __name__ == "__main__":
    main()

"""Probes per second on tiny topologies, as a ratio to the least that any prober could do.

The floor is a bare loop of blocking connects, one after the other, to one listener in one
namespace: no rules, no router, no proof. Run as root: `python benchmarks/probe_rate.py`. Where
other work keeps the machine busy, the rate of one processor's time is what a quiet one would give.
"""

import argparse
import json
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from bulkhead.network.deployed import Flow
from infra.lab.probe import Vantage, inside, observe
from infra.lab.probe.listeners import reset_on_close

LAB = "bh-ffff02"
FABRIC = f"{LAB}-fabric"
DROP = 'log prefix "group-ingress" group 62 snaplen 64 drop'
RULES = {
    "all answered": "accept",
    "all refused": DROP,
    "half and half": f"meta l4proto {{ tcp, udp }} th dport 21001-21999 {DROP}",
}


def run(command: str, stdin: str = "") -> None:
    subprocess.run(command.split(), input=stdin, text=True, check=True)


def lines(index: int) -> tuple[str, str]:
    name, address = f"{LAB}-h{index}", f"10.78.0.{index}"
    outside = (
        f"link add v{index} type veth peer name eth0 netns {name}\n"
        f"link set v{index} up\nroute add {address}/32 dev v{index}\n"
    )
    within = (
        f"link set lo up\naddress add {address}/32 dev eth0\nlink set eth0 up\n"
        "route add 169.254.1.1 dev eth0 scope link\nroute add default via 169.254.1.1 dev eth0\n"
    )
    return outside, within


@contextmanager
def hosts(count: int) -> Iterator[dict[str, Vantage]]:
    names = [FABRIC, *(f"{LAB}-h{index}" for index in range(1, count + 1))]
    try:
        run("ip -batch -", "".join(f"netns add {name}\n" for name in names))
        plans = [lines(index) for index in range(1, count + 1)]
        lo = "link set lo up\naddress add 169.254.1.1/32 dev lo\n"
        run(f"ip -netns {FABRIC} -batch -", lo + "".join(outside for outside, _ in plans))
        for name, (_, within) in zip(names[1:], plans, strict=True):
            run(f"ip -netns {name} -batch -", within)
        run(f"ip netns exec {FABRIC} sysctl -qw net.ipv4.ip_forward=1")
        yield {
            f"h{i}": Vantage(
                host=f"h{i}", namespace=f"{LAB}-h{i}", address=f"10.78.0.{i}", public=None
            )
            for i in range(1, count + 1)
        }
    finally:
        run("ip -batch -", "".join(f"netns delete {name}\n" for name in names))


def enforce(rule: str) -> None:
    chain = (
        "chain f {\ntype filter hook forward priority 0; policy accept;\n"
        f"ct state established accept\n{rule}\n}}"
    )
    body = f"table ip t {{}}\nflush table ip t\ndelete table ip t\ntable ip t {{\n{chain}\n}}"
    run(f"ip netns exec {FABRIC} nft -f -", body)


def floor(vantage: Vantage, seconds: float) -> float:
    """Bare connects per second inside one namespace."""
    with inside(vantage.namespace):
        server = socket.create_server((vantage.address, 20000), backlog=1024)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    server.accept()[0].close()

        thread = threading.Thread(target=accept)
        thread.start()
        began, done = time.perf_counter(), 0
        while time.perf_counter() - began < seconds:
            with socket.socket() as sock:
                reset_on_close(sock)
                sock.connect((vantage.address, 20000))
            done += 1
        rate = done / (time.perf_counter() - began)
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join()
    return rate


def questions(vantages: dict[str, Vantage], ports: int) -> list[Flow]:
    asked = []
    for source in vantages:
        for target in vantages:
            if source == target:
                continue
            asked.append(Flow(source, target, "private", "icmp"))
            for port in range(21001 - ports // 2, 21001 + ports // 2):
                asked.append(Flow(source, target, "private", "tcp", port))
                if port % 4 == 0:
                    asked.append(Flow(source, target, "private", "udp", port))
    return asked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--ports", type=int, default=20)
    given = parser.parse_args()
    with hosts(given.hosts) as vantages:
        base = floor(vantages["h1"], 1.0)
        result: dict[str, object] = {"floor, connects/s": round(base)}
        asked = questions(vantages, given.ports)
        for name, rule in RULES.items():
            enforce(rule)
            began, busy = time.perf_counter(), time.process_time()
            found = observe(asked, vantages, FABRIC)
            rate = len(asked) / (time.perf_counter() - began)
            by_processor = len(asked) / (time.process_time() - busy)
            outcomes = Counter(observation.verdict.outcome for observation in found.values())
            result[name] = {
                "probes": len(asked),
                "probes/s": round(rate),
                "probes/s of one processor": round(by_processor),
                "of the floor": round(rate / base, 2),
                "outcomes": dict(outcomes),
            }
        print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()

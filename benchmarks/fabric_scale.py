"""500 interfaces and 20,000 rules: the fabric beside linear rules, in one run. Root, some minutes.

Linear rules are what iptables does and what a naive translation of security groups would be: one
chain in which each rule is tried in turn, loaded by nft in the same namespace, in the same order of
judgement (known flows first). Both carry the same traffic between the same two hosts, whose rule
is the last of all. Where `iptables-restore` is installed, iptables itself is measured too.

    sudo .venv/bin/python benchmarks/fabric_scale.py [--hosts 500] [--rules 20000]
"""

import argparse
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from fabric_load import (
    LAB,
    SINK,
    change,
    estate,
    measure,
    sink,
)

from bulkhead.network.deployed import Deployed
from infra.lab.fabric import Fabric, namespace

ROUNDS = 5
OPEN_TABLE = "inet bulkhead"
_forked = multiprocessing.get_context("fork")
_LINEAR = "ip linear"


def run(*command: str, text: str = "") -> float:
    """Seconds that a command in the fabric's namespace takes."""
    inside = ["ip", "netns", "exec", namespace(LAB, "fabric"), *command]
    start = time.perf_counter()
    subprocess.run(inside, input=text, text=True, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def sources(deployed: Deployed) -> list[str]:
    """The prefixes that the group's rules name, but for the one that lets the traffic through."""
    rules = (rule for rule in deployed.groups[0].rules if not rule.egress)
    return [rule.cidr for rule in rules if rule.cidr and rule.first != SINK]


def nft_linear(deployed: Deployed) -> str:
    """One chain, one rule for each of the group's, the traffic's own at the end."""
    rows = [f"ip saddr {cidr} tcp dport 443 accept" for cidr in sources(deployed)]
    chain = "type filter hook forward priority 10; policy drop;\nct state established accept\n"
    body = "\n".join([*rows, f"tcp dport {SINK} accept"])
    return f"table {_LINEAR} {{ chain forward {{ {chain}{body}\n}}\n}}\n"


def iptables_linear(deployed: Deployed) -> str:
    """The same for iptables-restore."""
    rows = [f"-A FORWARD -s {cidr} -p tcp --dport 443 -j ACCEPT" for cidr in sources(deployed)]
    known = "-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT"
    last = f"-A FORWARD -p tcp --dport {SINK} -j ACCEPT"
    return "\n".join(["*filter", ":FORWARD DROP [0:0]", known, *rows, last, "COMMIT", ""])


def aside(act: Callable[[], None]) -> None:
    """Do something while the fabric's own rules are out of the way; then load them again."""
    kept = subprocess.check_output(
        [
            "ip",
            "netns",
            "exec",
            namespace(LAB, "fabric"),
            "nft",
            "list",
            "table",
            "inet",
            "bulkhead",
        ]
    )
    run("nft", f"delete table {OPEN_TABLE}")
    try:
        act()
    finally:
        with tempfile.NamedTemporaryFile(suffix=".nft") as file:
            Path(file.name).write_bytes(kept)
            run("nft", "-f", file.name)


def linear(name: str, deployed: Deployed, found: dict[str, float]) -> None:
    """Load the linear rules, change one, send traffic; take them away again."""
    address = deployed.interfaces[1].address
    iptables = name == "iptables"
    text = iptables_linear(deployed) if iptables else nft_linear(deployed)
    load = ("iptables-restore",) if iptables else ("nft", "-f", "-")
    found[f"{name}: load"] = run(*load, text=text)
    try:
        found[f"{name}: one rule"] = median(one_more(iptables) for _ in range(ROUNDS))
        traffic = [measure(address) for _ in range(ROUNDS)]
        found[f"{name}: bytes/s"] = median(rate for rate, _ in traffic)
        found[f"{name}: connect"] = median(delay for _, delay in traffic)
    finally:
        if iptables:
            run("iptables-restore", text="*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n")
        else:
            run("nft", f"delete table {_LINEAR}")


def one_more(iptables: bool) -> float:
    """Seconds of one rule more, by the tool that such set-ups use."""
    if iptables:
        return run("iptables", "-I", "FORWARD", "-p", "tcp", "--dport", "8443", "-j", "ACCEPT")
    return run("nft", f"insert rule {_LINEAR} forward tcp dport 8443 accept")


def fabric_figures(fabric: Fabric, hosts: int, rules: int, found: dict[str, float]) -> Deployed:
    """Load the whole fabric; then change one rule, and send traffic."""
    bare, deployed = estate(hosts, 10), estate(hosts, rules)
    start = time.perf_counter()
    fabric.apply(bare)
    found["fabric: hosts made"] = time.perf_counter() - start
    start = time.perf_counter()
    fabric.apply(deployed)
    found["fabric: load"] = time.perf_counter() - start
    found["fabric: one rule"] = change(fabric, deployed)
    return deployed


def report(found: dict[str, float]) -> None:
    """Print figures, then what linear rules cost as a multiple of the fabric."""
    for name, value in found.items():
        shown = f"{value * 8 / 1e9:.2f} Gbit/s" if "bytes" in name else f"{value * 1e3:.2f} ms"
        sys.stdout.write(f"{name:28} {shown}\n")
    for what in ("load", "one rule", "bytes/s", "connect"):
        for name in ("nft linear", "iptables"):
            if f"{name}: {what}" in found:
                ratio = found[f"{name}: {what}"] / found[f"fabric: {what}"]
                sys.stdout.write(f"{what}, {name} : fabric".ljust(36) + f"{ratio:.2f}\n")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=500)
    parser.add_argument("--rules", type=int, default=20_000)
    given = parser.parse_args()
    fabric, found = Fabric(LAB), dict[str, float]()
    fabric.open()
    try:
        deployed = fabric_figures(fabric, given.hosts, given.rules, found)
        here, there = _forked.Pipe()
        reader = _forked.Process(target=sink, args=(namespace(LAB, "i-1"), there), daemon=True)
        reader.start()
        here.recv()
        traffic = [measure(deployed.interfaces[1].address) for _ in range(ROUNDS)]
        found["fabric: bytes/s"] = median(rate for rate, _ in traffic)
        found["fabric: connect"] = median(delay for _, delay in traffic)
        tools = ["nft linear"] + (["iptables"] if shutil.which("iptables-restore") else [])
        for name in tools:
            aside(lambda name=name: linear(name, deployed, found))  # type: ignore[misc]
        reader.kill()
        reader.join()
        report(found)
    finally:
        fabric.close()


if __name__ == "__main__":
    main()

"""A router namespace and hosts with a /32 each, made with `ip` and `nft`."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from infra.lab.probe import Vantage

LAB = "bh-ffff01"
FABRIC = f"{LAB}-fabric"
DROP = 'log prefix "{}" group 62 snaplen 64 drop'


def sh(*command: str, stdin: str | None = None) -> str:
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def load_rules(text: str) -> None:
    """Replace the fabric's rules by `text`: the inside of `table ip t { ... }`."""
    rules = f"table ip t {{}}\nflush table ip t\ndelete table ip t\ntable ip t {{\n{text}\n}}"
    sh("ip", "netns", "exec", FABRIC, "nft", "-f", "-", stdin=rules)


def forward(*rules: str, policy: str = "accept") -> str:
    body = "\n".join(rules)
    return f"chain f {{ type filter hook forward priority 0; policy {policy};\n{body}\n}}"


def _host_lines(index: int) -> tuple[list[str], list[str]]:
    name, address = f"{LAB}-h{index}", f"10.77.0.{index}"
    outside = [
        f"link add v{index} type veth peer name eth0 netns {name}",
        f"link set v{index} up",
        f"route add {address}/32 dev v{index}",
    ]
    within = [
        "link set lo up",
        f"address add {address}/32 dev eth0",
        "link set eth0 up",
        "route add 169.254.1.1 dev eth0 scope link",
        "route add default via 169.254.1.1 dev eth0",
    ]
    return outside, within


def _batch(namespace: str, lines: list[str]) -> None:
    sh("ip", "-netns", namespace, "-batch", "-", stdin="\n".join(lines))


def remove() -> None:
    for line in sh("ip", "netns", "list").splitlines():
        if line.startswith(f"{LAB}-"):
            sh("ip", "netns", "delete", line.split()[0])


@contextmanager
def topology(count: int) -> Iterator[dict[str, Vantage]]:
    """Hosts h1..hN behind one router that forwards all; gone when the block ends."""
    remove()
    names = [f"{LAB}-h{index}" for index in range(1, count + 1)]
    try:
        sh("ip", "-batch", "-", stdin="\n".join(f"netns add {n}" for n in (FABRIC, *names)))
        outer = ["link set lo up", "address add 169.254.1.1/32 dev lo"]
        pairs = [_host_lines(index) for index in range(1, count + 1)]
        _batch(FABRIC, outer + [line for outside, _ in pairs for line in outside])
        for name, (_, within) in zip(names, pairs, strict=True):
            _batch(name, within)
        sh("ip", "netns", "exec", FABRIC, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        yield {
            f"h{index}": Vantage(
                host=f"h{index}",
                namespace=f"{LAB}-h{index}",
                address=f"10.77.0.{index}",
                public=f"198.51.100.{index}",
            )
            for index in range(1, count + 1)
        }
    finally:
        remove()

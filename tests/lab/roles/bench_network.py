"""The bench's network: one namespace routes, each host has a /32 on a veth of its own."""

import itertools
import subprocess

BASTION = "10.213.0.1"
"""Where the operator's namespace asks from."""
_GATEWAY = "169.254.1.1"


def run(
    *command: str, check: bool = True, stdin: str | None = None, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a command; its words stand in the assertion where it fails and `check` is set."""
    ended = subprocess.run(
        command, text=True, capture_output=True, input=stdin, timeout=timeout, check=False
    )
    assert not check or ended.returncode == 0, f"{command}: {ended.stdout}{ended.stderr}"
    return ended


class Network:
    """Namespaces whose names start with `prefix`; `operator` is the one that routes."""

    def __init__(self, prefix: str) -> None:
        self._prefix, self._numbers = prefix, itertools.count(1)
        self.operator = f"{prefix}-r"
        run("ip", "netns", "add", self.operator)
        self.client("ip", "link", "set", "lo", "up")
        for address in (BASTION, _GATEWAY):
            self.client("ip", "address", "add", f"{address}/32", "dev", "lo")
        self.client("sysctl", "-qw", "net.ipv4.ip_forward=1")

    def client(
        self, *command: str, check: bool = True, stdin: str | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a command where the operator is; it reaches all hosts."""
        entered = ("nsenter", f"--net=/run/netns/{self.operator}", *command)
        return run(*entered, check=check, stdin=stdin, timeout=timeout)

    def join(self, address: str) -> str:
        """Make a host's namespace with `address`; gives its name."""
        number = next(self._numbers)
        namespace, link = f"{self._prefix}-{number}", f"v{number}"
        run("ip", "netns", "add", namespace)
        peer = ("type", "veth", "peer", "name", "eth0", "netns", namespace)
        self.client("ip", "link", "add", link, *peer)
        self.client("ip", "link", "set", link, "up")
        self.client("ip", "route", "add", f"{address}/32", "dev", link, "src", BASTION)
        for words in (
            "link set lo up",
            "link set eth0 up",
            f"address add {address}/32 dev eth0",
            f"route add {_GATEWAY} dev eth0 scope link",
            f"route add default via {_GATEWAY} dev eth0 src {address}",
        ):
            run("ip", "-n", namespace, *words.split())
        return namespace

    def leave(self, namespace: str) -> None:
        """Take a host's namespace away."""
        run("ip", "netns", "delete", namespace)

    def close(self) -> None:
        """Take the router away; its hosts' namespaces have left before."""
        self.leave(self.operator)

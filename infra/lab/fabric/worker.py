"""The process that holds the fabric's namespace: one JSON request and one answer for each line.

Run as `python -m infra.lab.fabric.worker`. It ends with its standard input, and then drops
everything: whoever held the other end is gone, and nobody would follow the API any more. If it
is killed itself, what it loaded stays loaded, so that its death opens nothing.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from infra.lab.fabric import conntrack, kernel, links
from infra.lab.fabric.names import BLOCKED
from infra.lab.fabric.nft import Nft

BLOCK = f"""add table {BLOCKED}
add chain {BLOCKED} forward {{ type filter hook forward priority -10; policy drop; }}
"""
UNBLOCK = f"""add table {BLOCKED}
delete table {BLOCKED}
"""


class Worker:
    """The requests by name. Each gives a JSON value or raises."""

    def __init__(self) -> None:
        # Nothing is ever loaded into the machine's own namespace, not even by mistake.
        kernel.fresh()
        self._nft = Nft()

    def probe(self, text: str) -> None:
        """Load `text` into an empty namespace: does this kernel know everything it needs?"""
        self._nft.run(text)

    def create(self, fabric: str, internet: str) -> None:
        """Make the lab's two namespaces, with everything dropped."""
        links.create(fabric, internet)
        self._nft = Nft()
        self.block()

    def join(self, fabric: str) -> None:
        """Enter the namespace that an earlier worker made."""
        kernel.enter(fabric)
        self._nft = Nft()

    def load(self, text: str, unblock: bool) -> None:
        """Load a batch and, with it, lift the block."""
        if text or unblock:
            self._nft.run((UNBLOCK if unblock else "") + text)
        if unblock:
            kernel.setting("ipv4/ip_forward", 1)

    def block(self) -> None:
        """Drop everything; without nftables, stop forwarding altogether."""
        try:
            self._nft.run(BLOCK)
        except Exception:
            kernel.setting("ipv4/ip_forward", 0)
            raise

    def add(self, hosts: list[list[str]]) -> None:
        """Make hosts' namespaces and links."""
        links.add([links.Host(*host) for host in hosts])

    def remove(self, hosts: list[list[str]]) -> None:
        """Remove hosts' links and namespaces."""
        links.remove([links.Host(*host) for host in hosts])

    def cut(self, address: str, other: str | None, port: int | None) -> int:
        """End tracked connections; how many."""
        return conntrack.end(address, other, port)

    def forget(self, addresses: list[str]) -> int:
        """End all tracked connections of these addresses; how many."""
        return conntrack.end_all(addresses)

    def drops(self) -> dict[str, int]:
        """Packets dropped so far, by layer."""
        rows = (row.get("counter", {}) for row in self._nft.listed("counters"))
        return {row["name"]: row["packets"] for row in rows if row}


def answer(worker: Worker, line: str) -> dict[str, Any]:
    """The answer to one request `{do, with}`: `{value}` or `{error}`."""
    try:
        request = json.loads(line)
        act: Callable[..., Any] = getattr(worker, request["do"])
        return {"value": act(**request["with"])}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Answer requests until standard input ends; then drop everything."""
    worker = Worker()
    for line in sys.stdin:
        print(json.dumps(answer(worker, line)), flush=True)
    worker.block()


if __name__ == "__main__":
    main()

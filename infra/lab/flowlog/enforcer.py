"""An enforcer whose flows are written down, from before the first packet until after the last."""

from bulkhead.network.deployed import Deployed
from infra.lab.api.enforcement import Enforcer
from infra.lab.flowlog.reader import FlowLog


class Logged:
    """`inner`, with `flows` told of each opening, of what is deployed, and of the end.

    Nothing that happens to the log reaches the caller.
    """

    def __init__(self, inner: Enforcer, flows: FlowLog) -> None:
        self._inner, self._flows = inner, flows

    def open(self) -> None:
        """Open, and listen: nothing passes before the first `apply`."""
        self._inner.open()
        self._flows.start()

    def apply(self, deployed: Deployed) -> None:
        """Make packets follow `deployed`."""
        self._flows.coming(deployed)
        self._inner.apply(deployed)
        self._flows.current(deployed)

    def block(self) -> None:
        """Drop everything from now on."""
        self._inner.block()

    def cut(self, address: str, other: str | None = None, port: int | None = None) -> int:
        """End the tracked flows of an address; how many were ended."""
        return self._inner.cut(address, other, port)

    def close(self) -> None:
        """Let go, then write what happened until the end."""
        try:
            self._inner.close()
        finally:
            self._flows.stop()

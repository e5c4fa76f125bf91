"""The door through which something runs behind an interface."""

from collections.abc import Collection
from typing import Protocol

from bulkhead.network.deployed import Interface


class HostDriver(Protocol):
    """Starts and stops what runs in a host's namespace; called once for each change.

    The namespace and its `eth0` are there before `start` and until `stop` returns, or `remove` of
    a host that runs. Each may raise: nothing passes then until an `apply` succeeds. None may take
    long: whoever called the API waits for it.
    """

    def start(self, interface: Interface, namespace: str) -> None:
        """Start the host of `interface` in `namespace`."""

    def stop(self, interface: Interface, namespace: str) -> None:
        """Stop it; it may start again with the same disk."""

    def remove(self, interface: Interface, namespace: str) -> None:
        """Stop it and remove what it has: the instance is terminated."""

    def keep(self, instances: Collection[str]) -> None:
        """Remove what is kept for any other instance, as one that was terminated while stopped."""

    def close(self) -> None:
        """Stop all hosts, keeping what they have: the lab may be opened again."""


class BareNamespaces:
    """Hosts that are namespaces with a link and nothing that runs in them."""

    def start(self, interface: Interface, namespace: str) -> None:
        """Nothing runs."""

    def stop(self, interface: Interface, namespace: str) -> None:
        """Nothing runs."""

    def remove(self, interface: Interface, namespace: str) -> None:
        """Nothing is kept."""

    def keep(self, instances: Collection[str]) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing runs."""

"""The door through which something runs behind an interface."""

from typing import Protocol

from bulkhead.network.deployed import Interface


class HostDriver(Protocol):
    """Starts and stops what runs in a host's namespace; called once for each change.

    The namespace and its `eth0` are there before `start` and until `stop` returns, or `remove` of
    a host that runs. Each may raise: nothing passes then until an `apply` succeeds.
    """

    def start(self, interface: Interface, namespace: str) -> None:
        """Start the host of `interface` in `namespace`."""

    def stop(self, interface: Interface, namespace: str) -> None:
        """Stop it; it may start again with the same disk."""

    def remove(self, interface: Interface, namespace: str) -> None:
        """Stop it and remove what it has: the instance is terminated."""


class BareNamespaces:
    """Hosts that are namespaces with a link and nothing that runs in them."""

    def start(self, interface: Interface, namespace: str) -> None:
        """Nothing runs."""

    def stop(self, interface: Interface, namespace: str) -> None:
        """Nothing runs."""

    def remove(self, interface: Interface, namespace: str) -> None:
        """Nothing is kept."""

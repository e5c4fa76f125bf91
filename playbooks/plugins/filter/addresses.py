"""Ansible filters for addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, collapse_addresses


def collapsed(networks: Iterable[str]) -> list[str]:
    """The fewest prefixes that hold the same addresses: nftables' sets refuse overlaps."""
    return [str(network) for network in collapse_addresses(map(IPv4Network, networks))]


class FilterModule:
    """What Ansible asks for."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Filters by name."""
        return {"collapsed": collapsed}

"""What each host's own firewall lets through: the plan's conduits that touch it, by address."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from bulkhead.network.intent import Intent
from bulkhead.plan import INTERNET, Conduit, Path, Plan
from infra.inventory.addresses import Book

PATHS: tuple[Path, ...] = ("private", "public")

Way = tuple[str, str, Path]
"""(source, target, path): who asks whom, by which address."""


class Firewalls:
    """`baseline_firewall` for every host of a plan."""

    def __init__(self, plan: Plan, intended: Intent, places: Book) -> None:
        self._intended = intended
        self._places = places
        owner = {group.id: group.stack for group in plan.groups}
        # A group that several tenants share is named by its subnet, as its security group's
        # members are: another tenant in it then changes no host outside of it.
        self._shared = {host.id for host in plan.hosts if owner[host.group] != host.stack}

    def of(self, host: str) -> dict[str, list[dict[str, Any]]]:
        """The host's rules, one for each conduit and direction.

        Each is {conduit, protocol (tcp, udp, icmp, any), first, last, peers (CIDRs)}. By the
        public path a gateway is seen, and sends, by public addresses: they are translated outside
        of both hosts.
        """
        others = [other for other in self._intended.hosts if other != host]
        return {
            "ingress": self._rules((other, host, path) for other in others for path in PATHS),
            "egress": self._rules(
                ((host, other, path) for other in others for path in PATHS), inward=False
            ),
        }

    def _rules(self, ways: Iterable[Way], *, inward: bool = True) -> list[dict[str, Any]]:
        conduits: dict[str, Conduit] = {}
        peers: defaultdict[str, set[str]] = defaultdict(set)
        for source, target, path in ways:
            for conduit in self._intended.declared(source, target, path):
                peer = self._peer(source if inward else target, path)
                if peer:
                    conduits[conduit.id] = conduit
                    peers[conduit.id].add(peer)
        return [_rule(conduits[name], peers[name]) for name in sorted(conduits)]

    def _peer(self, other: str, path: Path) -> str | None:
        """The CIDR that stands for the other host; None where nobody gave it an address yet."""
        place = self._places[other]
        if other == INTERNET:
            return place.public
        if path == "public":
            return f"{place.public}/32" if place.public else None
        return place.subnet if other in self._shared else f"{place.address}/32"


def _rule(conduit: Conduit, peers: set[str]) -> dict[str, Any]:
    service = conduit.service
    return {
        "conduit": conduit.id,
        "protocol": service.protocol,
        "first": service.first,
        "last": service.last,
        "peers": sorted(peers),
    }

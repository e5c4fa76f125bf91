"""The coarse layer: which stateless entries a subnet's network ACL needs. Pure.

A tenant's own subnet names its peers' subnets; a subnet of the shared plane allows a service
from the whole estate, so that adding a tenant does not touch it (a network ACL holds 20 entries
a direction). What comes by public address is allowed from anywhere here and named exactly by
the security groups.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from bulkhead.plan import SHARED, Conduit, Plan, Subnet, ends, home
from infra.specs.tables import AclEntrySpec

EPHEMERAL = (1024, 65535)
"""Ports to which replies go; AWS's own advice for clients of every kind."""
ANYWHERE = "0.0.0.0/0"

Key = tuple[bool, str, str, int, int]
"""(egress, protocol, cidr, first, last)"""


@dataclass(frozen=True, slots=True)
class Acls:
    """The entries of every subnet of a plan; each row of the plan is looked at once."""

    plan: Plan
    lying: dict[str, set[str]] = field(default_factory=dict)
    """Group -> the subnets in which its hosts lie."""
    cidrs: dict[str, str] = field(default_factory=dict)
    keys: dict[str, set[Key]] = field(default_factory=dict)
    """Subnet -> the entries that it needs."""

    def __post_init__(self) -> None:
        """Fill the indexes."""
        self.cidrs.update((row.id, row.cidr) for row in self.plan.subnets)
        for host in ends(self.plan):
            self.lying.setdefault(host.group, set()).add(host.subnet)
        for conduit in self.plan.conduits:
            sources, targets = self.subnets(conduit.sources), self.subnets(conduit.targets)
            for subnet in targets:
                self._side(subnet, conduit, sources, inward=True)
            for subnet in sources:
                self._side(subnet, conduit, targets, inward=False)

    def entries(self, subnet: str) -> tuple[AclEntrySpec, ...]:
        """The allows of a subnet, in number order; numbers hash the entry: edits move no other."""
        return _numbered(self.keys.get(subnet, set()))

    def subnets(self, groups: Iterable[str]) -> set[str]:
        """Where the hosts of these groups lie."""
        return {subnet for group in groups for subnet in self.lying.get(group, ())}

    def _side(self, subnet: str, conduit: Conduit, others: set[str], *, inward: bool) -> None:
        """The request in one direction and its replies in the other, per peer prefix.

        Of a one-way conduit the request alone: what has no entry is dropped before any connection
        is known, so that no answer passes, and no error message either.
        """
        protocol, request, reply = _passes(conduit)
        keys = self.keys.setdefault(subnet, set())
        for cidr in self._prefixes(subnet, conduit, others - {subnet}):
            keys.add((not inward, protocol, cidr, *request))
            if not conduit.oneway:
                keys.add((inward, protocol, cidr, *reply))

    def _prefixes(self, subnet: str, conduit: Conduit, others: set[str]) -> set[str]:
        if conduit.path == "public":
            return {ANYWHERE}
        if others and home(subnet) == SHARED:
            return {self.plan.pool}
        return {self.cidrs[name] for name in others}


def entries(plan: Plan, subnet: Subnet) -> tuple[AclEntrySpec, ...]:
    """The allows of one subnet; whoever asks for many makes `Acls` once."""
    return Acls(plan).entries(subnet.id)


def _passes(conduit: Conduit) -> tuple[str, tuple[int, int], tuple[int, int]]:
    """Protocol, the request's ports, and its replies'."""
    service = conduit.service
    if service.protocol == "any":
        return "-1", (0, 0), (0, 0)
    if service.protocol == "icmp":
        return "icmp", (-1, -1), (-1, -1)
    return service.protocol, (service.first, service.last), EPHEMERAL


def _numbered(keys: set[Key]) -> tuple[AclEntrySpec, ...]:
    taken: dict[tuple[bool, int], Key] = {}
    for key in sorted(keys):
        number = 100 + int(hashlib.sha256(repr(key).encode()).hexdigest(), 16) % 30000
        while (key[0], number) in taken:
            number += 1
        taken[key[0], number] = key
    return tuple(
        AclEntrySpec(
            number=number, egress=egress, protocol=key[1], cidr=key[2], first=key[3], last=key[4]
        )
        for (egress, number), key in sorted(taken.items())
    )

"""The coarse layer: which stateless entries a subnet's network ACL needs. Pure.

A tenant's own subnet names its peers' subnets; a subnet of the shared plane allows a service
from the whole estate, so that adding a tenant does not touch it (a network ACL holds 20 entries
a direction). What comes by public address is allowed from anywhere here and named exactly by
the security groups.
"""

import hashlib
from collections.abc import Iterable

from bulkhead.plan import SHARED, Conduit, Plan, Subnet, ends
from infra.specs.tables import AclEntrySpec

EPHEMERAL = (1024, 65535)
"""Ports to which replies go; AWS's own advice for clients of every kind."""
ANYWHERE = "0.0.0.0/0"

Key = tuple[bool, str, str, int, int]
"""(egress, protocol, cidr, first, last)"""


def entries(plan: Plan, subnet: Subnet) -> tuple[AclEntrySpec, ...]:
    """The allows of `subnet`, in number order; numbers hash the entry, so edits move no other."""
    keys: set[Key] = set()
    groups = {host.group for host in ends(plan) if host.subnet == subnet.id}
    for conduit in plan.conduits:
        if groups & set(conduit.targets):
            keys |= _side(plan, subnet, conduit, conduit.sources, inward=True)
        if groups & set(conduit.sources):
            keys |= _side(plan, subnet, conduit, conduit.targets, inward=False)
    return _numbered(keys)


def _side(
    plan: Plan, subnet: Subnet, conduit: Conduit, others: Iterable[str], *, inward: bool
) -> set[Key]:
    """The request in one direction and its replies in the other, per peer prefix."""
    service = conduit.service
    if service.protocol == "any":
        protocol, request, reply = "-1", (0, 0), (0, 0)
    elif service.protocol == "icmp":
        protocol, request, reply = "icmp", (-1, -1), (-1, -1)
    else:
        protocol, request, reply = service.protocol, (service.first, service.last), EPHEMERAL
    keys: set[Key] = set()
    for cidr in _prefixes(plan, subnet, conduit, others):
        keys.add((not inward, protocol, cidr, *request))
        keys.add((inward, protocol, cidr, *reply))
    return keys


def _prefixes(plan: Plan, subnet: Subnet, conduit: Conduit, others: Iterable[str]) -> set[str]:
    if conduit.path == "public":
        return {ANYWHERE}
    names = {host.subnet for host in ends(plan) if host.group in set(others)} - {subnet.id}
    stacks = {network.id: network.stack for network in plan.networks}
    if names and stacks[subnet.network] == SHARED:
        return {plan.pool}
    return {row.cidr for row in plan.subnets if row.id in names}


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

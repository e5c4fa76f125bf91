"""What a deployment comes to, counted: hosts, rules, pairs that reach each other, blast radius."""

from collections.abc import Mapping
from dataclasses import dataclass

from bulkhead.network.deployed import Deployed
from bulkhead.network.reach import Reach, reach
from bulkhead.plan import INTERNET, SHARED, UNKNOWN, Host, Plan

FOOTHOLDS = ("gateway", "broker", "ingest", "inference", "historian", "bastion")
"""Roles from which an intruder is imagined to begin."""
DATA = "historian"
_Edges = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blast:
    """What is lost with one host of a role: the worst host of that role.

    direct: hosts that it reaches itself. hosts: those reached in the end, if every host that is
    reached falls too. data: tenants whose historian is among them or is the host itself.
    """

    role: str
    host: str
    direct: int
    hosts: int
    data: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One deployment. premises: hosts of customers' own sites, which the provider does not run.

    rules: of security groups, both directions. acl_entries, routes: without AWS's implicit ones.
    within, across: ordered pairs of tenants' hosts that reach each other on at least one port,
    of one tenant and of two; pairs_within, pairs_across: all such pairs there are.
    """

    hosts: int
    premises: int
    networks: int
    groups: int
    rules: int
    acl_entries: int
    routes: int
    peerings: int
    within: int
    pairs_within: int
    across: int
    pairs_across: int
    blasts: tuple[Blast, ...]


def figures(plan: Plan, deployed: Deployed) -> Figures:
    """Count it. By the model: whatever hosts' own filters and services refuse is not taken in."""
    computed = reach(deployed)
    edges = _edges(computed)
    there = {host.id: host for host in plan.hosts if host.id in edges}
    standins = {row.id for row in plan.networks if row.standin}
    at_site = {row.id for row in plan.subnets if row.network in standins}
    site_networks = {row.network for row in plan.subnets if row.id in at_site}
    owned = [h for h in there.values() if h.tenant not in (SHARED, UNKNOWN)]
    pairs = [(a, b) for a in owned for b in owned if a is not b]
    within = [(a, b) for a, b in pairs if a.tenant == b.tenant]
    across = [(a, b) for a, b in pairs if a.tenant != b.tenant]
    return Figures(
        hosts=sum(host.subnet not in at_site for host in there.values()),
        premises=sum(host.subnet in at_site for host in there.values()),
        networks=len(deployed.vpcs) - sum(row.name in site_networks for row in deployed.vpcs),
        groups=sum(not row.default for row in deployed.groups),
        rules=sum(len(row.rules) for row in deployed.groups),
        acl_entries=sum(len(row.entries) for row in deployed.acls),
        routes=sum(
            route.target != "local" for row in deployed.route_tables for route in row.routes
        ),
        peerings=sum(row.active for row in deployed.peerings),
        within=sum(b.id in edges[a.id] for a, b in within),
        pairs_within=len(within),
        across=sum(b.id in edges[a.id] for a, b in across),
        pairs_across=len(across),
        blasts=tuple(_blasts(there, edges)),
    )


def _edges(computed: Reach) -> _Edges:
    """The hosts to which each can send at least one request that arrives."""
    hosts = [host for host in computed.hosts if host != INTERNET]
    return {
        source: frozenset(
            target
            for target in hosts
            if any(
                computed.delivered(source, target, path) for path in computed.paths(source, target)
            )
        )
        for source in hosts
    }


def _blasts(there: Mapping[str, Host], edges: _Edges) -> list[Blast]:
    found = []
    for role in FOOTHOLDS:
        starts = [host for host in there.values() if host.role == role]
        worst = max((_blast(host, there, edges) for host in starts), key=_badness, default=None)
        if worst:
            found.append(worst)
    return found


def _badness(blast: Blast) -> tuple[int, int, str]:
    return len(blast.data), blast.hosts, blast.host


def _blast(start: Host, there: Mapping[str, Host], edges: _Edges) -> Blast:
    reached, left = {start.id}, [start.id]
    while left:
        fresh = edges[left.pop()] - reached
        reached |= fresh
        left += fresh
    lost = [there[name] for name in reached if name in there]
    return Blast(
        role=start.role,
        host=start.id,
        direct=len(edges[start.id]),
        hosts=len(reached) - 1,
        data=tuple(sorted({host.tenant for host in lost if host.role == DATA})),
    )

"""Networks are joined by planned peerings alone, and only public ones have a way outside."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Unknown
from bulkhead.controls.looking import first, judged, unseen
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import Step, StrayRoute
from bulkhead.errors import MissingHere, Problem
from bulkhead.network.deployed import Deployed, Vpc
from bulkhead.network.lookup import holds
from bulkhead.plan import Network, Plan

ID = "routes"
EXPECTED = "routes to itself and over planned peerings; outside only where the network is public"
STRAY = "192.0.2.0/24"
"""TEST-NET-1 (RFC 5737): nobody's."""


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each network with hosts, and for each that nobody planned."""
    deployed = facts.deployed()
    used = {
        subnet.network
        for subnet in facts.plan.subnets
        for host in facts.hosts
        if host.subnet == subnet.id
    }
    networks = {row.id: row for row in facts.plan.networks if row.id in used}
    if isinstance(deployed, Unknown):
        for name in sorted(networks):
            yield unseen(name, EXPECTED, deployed)
        return
    vpcs = {row.name: row for row in deployed.vpcs}
    for name, network in sorted(networks.items()):
        if name not in vpcs:
            yield unseen(name, EXPECTED, Unknown("this network is not deployed"))
            continue
        faults = [
            *_peerings(vpcs[name], facts.plan, deployed),
            *_routes(vpcs[name], network, facts.plan, deployed),
        ]
        yield judged(name, EXPECTED, faults, "planned routes and peerings")


def _peerings(vpc: Vpc, plan: Plan, deployed: Deployed) -> Iterator[str]:
    planned = {frozenset((row.requester, row.accepter)) for row in plan.peerings}
    names = {row.id: row.name for row in deployed.vpcs}
    for row in deployed.peerings:
        ends = frozenset(names.get(end, end) for end in (row.requester, row.accepter))
        if row.active and vpc.name in ends and ends not in planned:
            yield f"peering {row.name} joins {' and '.join(sorted(ends))}, and nobody planned it"


def _routes(vpc: Vpc, network: Network, plan: Plan, deployed: Deployed) -> Iterator[str]:
    gateways = {row.id for row in deployed.gateways}
    peerings = {row.id: {row.requester, row.accepter} for row in deployed.peerings}
    cidrs = {row.id: row.cidrs for row in deployed.vpcs}
    in_force = {row.route_table for row in deployed.subnets if row.vpc == vpc.id}
    for table in (row for row in deployed.route_tables if row.id in in_force):
        for route in table.routes:
            where = f"route table {table.name}: {route.cidr}"
            if route.target == "local":
                continue
            if route.target in gateways:
                if not network.public:
                    yield f"{where} leads outside, and the network is not public"
                continue
            beyond = [
                cidr
                for end in peerings.get(route.target, set()) - {vpc.id}
                for cidr in cidrs.get(end, ())
            ]
            if not beyond:
                yield f"{where} leads to {route.target}, which is neither peering nor gateway"
            elif not any(holds(cidr, route.cidr.partition("/")[0]) for cidr in beyond):
                yield f"{where} is sent over a peering to a network that does not hold it"


def _steps(plan: Plan) -> tuple[Step, ...]:
    table = first(plan, "historian").subnet
    network = next(row.network for row in plan.subnets if row.id == table)
    over = [row for row in plan.peerings if network in (row.requester, row.accepter)]
    if not over:
        raise MissingHere(Problem(network, "it has no peering to send a stray route over"))
    return (StrayRoute(table=table, peering=over[0].id, cidr=STRAY),)


def _flips(plan: Plan) -> frozenset[Finding]:
    subnet = first(plan, "historian").subnet
    return frozenset((ID, row.network) for row in plan.subnets if row.id == subnet)


CONTROL = Control(
    id=ID,
    title="Networks are joined by planned peerings alone",
    why="A route or peering that nobody planned joins networks whatever the diagram says.",
    owner="provider",
    remediation="Delete the route or peering; `bulkhead up --refresh` puts the tables right.",
    reads="the API: VPCs, route tables, peerings, internet gateways",
    meets=("SR 5.1",),
    supports=("SR 5.2", "SR 7.6"),
    others=(*nist("SC-7", "AC-4", "CM-7"), *ot("5.2.3"), *iso("8.20", "8.22"), *soc("CC6.6")),
    observe=observe,
    sabotage=Sabotage(
        what=f"the historian's network sends {STRAY} over a peering to where it is not",
        steps=_steps,
        flips=_flips,
    ),
)

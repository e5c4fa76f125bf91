"""The facts of each environment: the same reads, from other places."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bulkhead.controls.facts import Tried
from bulkhead.controls.unknown import Unknown
from bulkhead.environments import aws as account
from bulkhead.environments import entering, sim
from bulkhead.environments.facts.hosts import Told, ask
from bulkhead.environments.facts.objects import in_account
from bulkhead.environments.facts.reading import Reading
from bulkhead.environments.lab import Lab
from bulkhead.network.deployed import Deployed, Flow
from bulkhead.network.filters import Filters
from bulkhead.network.intent import Intent
from bulkhead.network.reach import reach
from bulkhead.network.sample import sample
from bulkhead.network.spot import spot
from bulkhead.plan import Plan

SEED = 1
"""Of the sample of flows, so that two runs try the same ones."""
NO_HOSTS = Unknown("in sim no host runs that could tell", absent=True)
NO_PACKETS = Unknown("in sim no packet is sent", absent=True)
BARE = Unknown("the hosts of this lab are bare networks in which nothing runs", absent=True)
NO_SCOPE = Unknown(
    "in an account packets are sent within a signed scope alone: bulkhead probe --scope",
    absent=True,
)
Observe = Callable[[Sequence[Flow], None], Mapping[Flow, Any]]
"""Sends packets; what it gives for a flow has a `verdict`."""
Change = Callable[[Deployed], Deployed]
Refilter = Callable[[Filters], Filters]


def in_sim(
    plan: Plan, change: Change = lambda row: row, refilter: Refilter = lambda row: row
) -> Reading:
    """The program under mocks, and the filters that hosts would load. change: to what it says."""
    return Reading(
        plan,
        standins=True,
        deployed=lambda: change(sim.deployed(plan)),
        told=lambda _intended: NO_HOSTS,
        packets=lambda _deployed: NO_PACKETS,
        filters=lambda deployed: refilter(sim.filters(plan, deployed)),
    )


def in_lab(plan: Plan, state: Path) -> Reading:
    """The lab that stands in a state directory; MissingHere if none does."""
    lab = Lab(state)
    standing = lab.standing()
    machines = lab.kind == "machines"

    def told(intended: Intent) -> Told | Unknown:
        return ask(lab.entry(), intended) if machines else BARE

    def packets(deployed: Deployed) -> Tried:
        return tried(plan, reading.intended, deployed, standing.observe)

    reading = Reading(plan, standins=True, deployed=standing.deployed, told=told, packets=packets)
    return reading


def in_aws(plan: Plan, state: Path) -> Reading:
    """The accounts that the caller's credentials read, and their hosts by the caller's way in."""
    return Reading(
        plan,
        standins=False,
        deployed=lambda: account.deployed(plan),
        told=lambda intended: ask(entering.account(state / "aws", plan), intended),
        packets=lambda _deployed: NO_SCOPE,
        store=lambda: in_account(plan),
    )


def tried(plan: Plan, intended: Intent, deployed: Deployed, observe: Observe) -> Tried:
    """A look at every conduit and every boundary between zones, by real packets.

    Flows of which no packet told (a busy machine loses reports) are tried once more.
    """
    zones = {host.id: host.zone for host in plan.hosts}
    flows = spot(sample(intended, reach(deployed), SEED), intended, zones, SEED)
    found = {flow: row.verdict for flow, row in observe(flows, None).items()}
    silent = [flow for flow, verdict in found.items() if verdict.outcome == "not observed"]
    if silent:
        found |= {flow: row.verdict for flow, row in observe(silent, None).items()}
    return Tried(found)

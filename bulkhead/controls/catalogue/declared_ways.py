"""Security groups and what lies under them let in what conduits declare, and nothing else."""

from collections.abc import Iterable, Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Unknown
from bulkhead.controls.looking import first, judged, unseen
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OpenGroup, Step
from bulkhead.network.intent import Intent
from bulkhead.network.reach import Reach, reach
from bulkhead.plan import Plan

ID = "declared-ways"
EXPECTED = "the network delivers to its hosts what conduits declare, and nothing else"
PORT = 8883
ANYWHERE = "0.0.0.0/0"


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each zone with hosts; strangers among the hosts are the estate's."""
    deployed = facts.deployed()
    zones = sorted({host.zone for host in facts.hosts})
    if isinstance(deployed, Unknown):
        for zone in zones:
            yield unseen(zone, EXPECTED, deployed)
        return
    computed = reach(deployed)
    strangers = sorted(set(computed.hosts) - set(facts.intended.hosts))
    for zone in zones:
        members = [host.id for host in facts.hosts if host.zone == zone]
        faults = list(_undeclared(members, facts.intended, computed))
        yield judged(zone, EXPECTED, faults, f"no undeclared way into {len(members)} hosts")
    if strangers:
        faults = [f"{host} is deployed, and nobody planned it" for host in strangers]
        yield judged(facts.plan.estate, "planned hosts alone", faults, "")


def _undeclared(members: Iterable[str], intended: Intent, computed: Reach) -> Iterator[str]:
    for target in members:
        for source in computed.hosts:
            for path in computed.paths(source, target):
                extra = computed.delivered(source, target, path) - intended.delivered(
                    source, target, path
                )
                if extra:
                    rules = computed.carriers(source, target, path, extra)
                    because = f": {rules[0]}" if rules else ""
                    yield f"{source} -> {target} {extra} ({path}) is not declared{because}"


def _steps(plan: Plan) -> tuple[Step, ...]:
    return (OpenGroup(group=first(plan, "broker").group, port=PORT, cidr=ANYWHERE),)


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "broker").zone)})


CONTROL = Control(
    id=ID,
    title="Nothing but declared ways leads into a zone",
    why="A conduit that nobody declared is a way that nobody watches.",
    owner="provider",
    remediation="Take the rule out, or declare the conduit with its reason; `bulkhead up "
    "--refresh` puts the deployed rules right.",
    reads="the API: security groups, network ACLs, routes, peerings, instances",
    meets=("SR 5.2", "SR 5.2 RE 1", "SR 5.3"),
    supports=("SR 1.13", "SR 7.7", "SR 2.1"),
    others=(
        *nist("SC-7", "SC-7(5)", "AC-4"),
        *ot("5.2.3", "6.2.1"),
        *iso("8.20", "8.22"),
        *soc("CC6.1", "CC6.6"),
    ),
    observe=observe,
    sabotage=Sabotage(
        what=f"the broker's security group admits tcp {PORT} from everywhere",
        steps=_steps,
        flips=_flips,
    ),
)

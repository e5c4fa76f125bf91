"""What AWS gives to every network by itself, admits nothing and is used by nobody."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Unknown
from bulkhead.controls.looking import first, judged, unseen
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OpenGroup, Step
from bulkhead.network.deployed import Deployed, Vpc
from bulkhead.plan import Plan

ID = "default-groups"
EXPECTED = "a default security group without rules or members, and its default ACL unused"
DEFAULT = "/default"


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each network with hosts."""
    deployed = facts.deployed()
    network_of = {subnet.id: subnet.network for subnet in facts.plan.subnets}
    for name in sorted({network_of[host.subnet] for host in facts.hosts}):
        if isinstance(deployed, Unknown):
            yield unseen(name, EXPECTED, deployed)
            continue
        vpc = next((row for row in deployed.vpcs if row.name == name), None)
        if vpc is None:
            yield unseen(name, EXPECTED, Unknown("this network is not deployed"))
        else:
            yield judged(name, EXPECTED, _faults(vpc, deployed), "nothing in its defaults")


def _faults(vpc: Vpc, deployed: Deployed) -> Iterator[str]:
    groups = [row for row in deployed.groups if row.default and row.vpc == vpc.id]
    if not groups:
        yield "its default security group is not told by the API"
    for group in groups:
        if group.rules:
            yield f"default group {group.name} has {len(group.rules)} rules"
        for row in deployed.interfaces:
            if group.id in row.groups:
                yield f"{row.host} is in the default group {group.name}"
    default = {row.id for row in deployed.acls if row.default and row.vpc == vpc.id}
    for subnet in deployed.subnets:
        if subnet.acl in default:
            yield f"subnet {subnet.name} stands under the default network ACL"


def _network(plan: Plan) -> str:
    subnet = first(plan, "ingest").subnet
    return next(row.network for row in plan.subnets if row.id == subnet)


def _steps(plan: Plan) -> tuple[Step, ...]:
    return (OpenGroup(group=f"{_network(plan)}{DEFAULT}", port=22, cidr="0.0.0.0/0"),)


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, _network(plan))})


CONTROL = Control(
    id=ID,
    title="A network's defaults admit nothing",
    why="Whatever is made by hand lands in the default group; if that is open, so is the newcomer.",
    owner="provider",
    remediation="Take every rule out of the default group, move its members, and give each subnet "
    "an ACL of its own; `bulkhead up --refresh` does it.",
    reads="the API: default security groups, default network ACLs, instances",
    meets=("SR 5.2 RE 1",),
    supports=("SR 7.7", "SR 7.6"),
    others=(*nist("SC-7(5)", "CM-6", "CM-7"), *ot("6.2.1"), *iso("8.9", "8.20"), *soc("CC6.6")),
    observe=observe,
    sabotage=Sabotage(
        what="the default security group of ingest's network admits SSH from everywhere",
        steps=_steps,
        flips=_flips,
    ),
)

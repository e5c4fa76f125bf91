"""Each zone has a subnet of its own, and that one a network ACL which is no open door."""

from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Unknown
from bulkhead.controls.looking import first, judged, unseen
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OpenAcl, Step
from bulkhead.network.deployed import ALL, Acl, Deployed
from bulkhead.plan import Plan

ID = "zone-boundaries"
EXPECTED = "a subnet that no other zone shares, under a network ACL that closes it"
DIODE = (
    "a subnet that no other zone shares, under a network ACL that lets nothing in, like a diode "
    "(a software filter: no evidence of a hardware diode)"
)


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each zone with hosts."""
    deployed = facts.deployed()
    zone_of = {host.id: host.zone for host in facts.hosts}
    diodes = {zone for row in facts.plan.conduits if row.oneway for zone in row.zones[0]}
    for zone in sorted(set(zone_of.values())):
        expected = DIODE if zone in diodes else EXPECTED
        if isinstance(deployed, Unknown):
            yield unseen(zone, expected, deployed)
            continue
        subnets = {row.subnet for row in deployed.interfaces if zone_of.get(row.host) == zone}
        if subnets:
            faults = list(_faults(zone, subnets, zone_of, deployed))
            faults += _returns(subnets, deployed) if zone in diodes else ()
            yield judged(zone, expected, faults, "its own subnet, under a network ACL")
        else:
            yield unseen(zone, expected, Unknown("no host of this zone is deployed"))


def _faults(
    zone: str, subnets: set[str], zone_of: dict[str, str], deployed: Deployed
) -> Iterator[str]:
    acls = {row.id: row for row in deployed.acls}
    for subnet in (row for row in deployed.subnets if row.id in subnets):
        sharing = {
            zone_of.get(row.host, "nobody's")
            for row in deployed.interfaces
            if row.subnet == subnet.id
        } - {zone}
        if sharing:
            yield f"subnet {subnet.name} is shared with {', '.join(sorted(sharing))}"
        acl = acls.get(subnet.acl)
        if acl is None or acl.default:
            yield f"subnet {subnet.name} stands under no network ACL of its own"
        elif _open(acl):
            yield f"network ACL {acl.name} lets everything in from everywhere"


def _returns(subnets: set[str], deployed: Deployed) -> Iterator[str]:
    """Entries that let anything into a zone behind a diode, be it an answer."""
    behind = {row.acl for row in deployed.subnets if row.id in subnets}
    for acl in (row for row in deployed.acls if row.id in behind):
        for entry in acl.entries:
            if entry.allow and not entry.egress:
                what = f"entry {entry.number} of network ACL {acl.name} lets {entry.cidr} in"
                yield f"{what}: past the diode"


def _open(acl: Acl) -> bool:
    """Whether it lets all in before it denies anything."""
    for entry in acl.entries:
        if not entry.egress and entry.cidr == "0.0.0.0/0" and entry.protocol == ALL:
            return entry.allow
    return False


def _steps(plan: Plan) -> tuple[Step, ...]:
    return (OpenAcl(acl=first(plan, "historian").subnet),)


def _flips(plan: Plan) -> frozenset[Finding]:
    return frozenset({(ID, first(plan, "historian").zone)})


CONTROL = Control(
    id=ID,
    title="Each zone is a subnet of its own, closed by a network ACL",
    why="Where zones share a subnet, or its ACL is open, one mistaken rule of a group joins them.",
    owner="provider",
    remediation="Move the tenant to a tier that separates zones, or put the zone's own network ACL "
    "back (`bulkhead up --refresh`).",
    reads="the API: subnets, network ACLs, instances",
    meets=("SR 5.1",),
    supports=("SR 5.2 RE 1", "SR 5.4"),
    others=(*nist("SC-7", "SC-32"), *ot("5.2.2", "5.2.3"), *iso("8.22"), *soc("CC6.1", "CC6.6")),
    observe=observe,
    sabotage=Sabotage(
        what="the network ACL of the historian's subnet begins with an entry that lets all in",
        steps=_steps,
        flips=_flips,
    ),
)

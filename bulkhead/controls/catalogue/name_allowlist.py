"""A host learns the names that are listed for it and no others; by asking its resolver."""

from collections.abc import Iterator

from bulkhead.controls.catalogue.egress_allowlist import label
from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Unknown
from bulkhead.controls.looking import first, judged, led_to, unseen
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.network.intent import Intent
from bulkhead.network.ports import UDP
from bulkhead.plan import Host, Plan

ID = "name-allowlist"
EXPECTED = (
    "one resolver, which gives nothing for unlisted names, neighbours and addresses, and logs"
)
PORT = 53
FILE, MARK = "/etc/bulkhead/proxy/unbound.conf", "# bulkhead-sabotage"


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each host that a conduit leads to a resolver."""
    for host in facts.hosts:
        if resolver_of(facts.plan, host, facts.intended):
            yield _asked(facts, host)


def _asked(facts: Facts, host: Host) -> Observation:
    found = facts.machine(host.id)
    said = found if isinstance(found, Unknown) else found.outward
    if isinstance(said, Unknown):
        return unseen(host.id, EXPECTED, said)
    faults = (
        [] if len(said.resolvers) == 1 else [f"it asks {', '.join(said.resolvers) or 'nobody'}"]
    )
    faults += [] if said.names else ["its resolver was asked for nothing"]
    for name, code, given in said.names:
        if given or code not in ("3", "5"):
            faults.append(f"its resolver answers {name}: {', '.join(given) or f'code {code}'}")
    logged = facts.arrived(label(host.id, "names"))
    if logged is None:
        faults.append("the resolver's refusal did not arrive in the log store")
    if not faults and isinstance(logged, Unknown):
        return unseen(host.id, EXPECTED, logged)
    return judged(
        host.id, EXPECTED, faults, f"{len(said.names)} names gave nothing, and were logged"
    )


def resolver_of(plan: Plan, host: Host, intended: Intent) -> Host | None:
    """The resolver that a conduit leads the host to, if any."""
    return led_to(plan, host, intended, "proxy", (UDP, PORT))


def neighbour(plan: Plan, host: Host, intended: Intent) -> Host | None:
    """The first host of the plan that no conduit leads this one to."""
    for row in plan.hosts:
        if row.id != host.id and not intended.allowed(host.id, row.id, "private"):
            return row
    return None


def _steps(plan: Plan) -> tuple[Step, ...]:
    lines = f'server: {MARK}\\n  local-zone: "invalid." redirect\\n'
    lines += '  local-data: "invalid. A 198.51.100.99"\\n'
    reload = "systemctl reload unbound.service"
    do = f"printf '{lines}' >> {FILE} && {reload}"
    undo = f"sed -i '/{MARK}/,$d' {FILE} && {reload}"
    return (OnHost(host=first(plan, "proxy").id, do=do, undo=undo),)


def _flips(plan: Plan) -> frozenset[Finding]:
    from bulkhead.network.intent import intent

    intended, broken = intent(plan), first(plan, "proxy")
    asks = ((row.id, resolver_of(plan, row, intended)) for row in plan.hosts)
    return frozenset({(ID, host) for host, found in asks if found and found.id == broken.id})


CONTROL = Control(
    id=ID,
    title="A host learns the names it needs and no others",
    why="Names tell an attacker who else is there, and a question for one carries data out.",
    owner="provider",
    remediation="Configure the proxy again (role proxy), then the host (role baseline).",
    reads="hosts: their resolver's answers to unlisted names, neighbours and addresses; logs",
    meets=(),
    supports=("SR 5.2", "SR 5.1", "SR 6.1"),
    others=(*nist("SC-7(5)", "SC-20", "SC-21"), *ot("6.2.1"), *iso("8.20", "8.22"), *soc("CC6.6")),
    observe=observe,
    sabotage=Sabotage(
        what="the resolver is given an exception for everybody", steps=_steps, flips=_flips
    ),
)

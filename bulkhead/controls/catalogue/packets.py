"""Packets do what the conduits say: what is declared is answered, everything else is refused."""

from collections import defaultdict
from collections.abc import Iterator

from bulkhead.controls.control import Control, Finding, Sabotage, iso, nist, ot, soc
from bulkhead.controls.facts import Facts, Unknown
from bulkhead.controls.looking import first, judged, unseen
from bulkhead.controls.results import Observation
from bulkhead.controls.steps import OnHost, Step
from bulkhead.network.deployed import Flow, Verdict
from bulkhead.plan import INTERNET, Plan

ID = "packets"
CLOSED = "what no conduit declares is refused, by real packets"
OPEN = "what the conduit declares is answered, by real packets"
ONE_WAY = (
    "what the conduit declares arrives and nothing comes back, by real packets (a software filter: "
    "no evidence of a hardware diode)"
)


def observe(facts: Facts) -> Iterator[Observation]:
    """One observation for each zone with hosts (what is refused) and conduit (what is answered)."""
    tried = facts.packets()
    zone_of = {host.id: host.zone for host in facts.hosts}
    zones = sorted(set(zone_of.values()))
    conduits = sorted(row.id for row in facts.plan.conduits)
    expected = {row.id: ONE_WAY if row.oneway else OPEN for row in facts.plan.conduits}
    if isinstance(tried, Unknown):
        for subject in zones:
            yield unseen(subject, CLOSED, tried)
        for subject in conduits:
            yield unseen(subject, expected[subject], tried)
        return
    closed: defaultdict[str, list[tuple[Flow, Verdict]]] = defaultdict(list)
    opened: defaultdict[str, list[tuple[Flow, Verdict]]] = defaultdict(list)
    for flow, verdict in tried.verdicts.items():
        if declared := facts.intended.why(flow):
            for conduit in declared:
                opened[conduit].append((flow, verdict))
        else:
            inner = flow.source if flow.target == INTERNET else flow.target
            closed[zone_of.get(inner, "")].append((flow, verdict))
    for zone in zones:
        yield _told(zone, CLOSED, closed[zone], ("refused",))
    for conduit in conduits:
        if opened[conduit] or _possible(facts, conduit):
            words = expected[conduit]
            fine = "one-way" if words == ONE_WAY else "answered"
            yield _told(conduit, words, opened[conduit], (fine,))


def _told(
    subject: str, expected: str, rows: list[tuple[Flow, Verdict]], fine: tuple[str, ...]
) -> Observation:
    faults = [
        f"{flow.source} -> {flow.target} {flow.protocol} {flow.port} ({flow.path}) was "
        f"{verdict.outcome}"
        for flow, verdict in sorted(rows, key=lambda row: row[0])
        if verdict.outcome not in (*fine, "not observed")
    ]
    silent = [verdict for _, verdict in rows if verdict.outcome == "not observed"]
    if not faults and not rows:
        return unseen(subject, expected, Unknown("no flow of it was tried"))
    if not faults and silent:
        why = "; ".join(silent[0].because) or "nobody said why"
        words = f"of {len(silent)} of {len(rows)} flows no packet told: {why}"
        return unseen(subject, expected, Unknown(words))
    return judged(subject, expected, faults, f"{len(rows)} flows {fine[0]}")


def _possible(facts: Facts, conduit: str) -> bool:
    """Whether two hosts that this environment can have are joined by it."""
    row = next(item for item in facts.plan.conduits if item.id == conduit)
    groups = {host.group for host in facts.hosts} | {INTERNET}
    return bool(groups & set(row.sources)) and bool(groups & set(row.targets))


def _steps(plan: Plan) -> tuple[Step, ...]:
    """Readings of configuration do not see a host's own route: only packets do.

    A route into its own loopback, for a black hole would refuse what the probe sends from there.
    """
    historian, asker = first(plan, "historian"), first(plan, "inference")
    do = f"ip route add {asker.address}/32 dev lo"
    undo = f"ip route del {asker.address}/32 dev lo 2>/dev/null; true"
    return (OnHost(host=historian.id, do=do, undo=undo),)


def _flips(plan: Plan) -> frozenset[Finding]:
    historian, asker = first(plan, "historian"), first(plan, "inference")
    return frozenset(
        (ID, row.id)
        for row in plan.conduits
        if asker.group in row.sources and historian.group in row.targets
    )


CONTROL = Control(
    id=ID,
    title="Packets do what the conduits say",
    why="Configuration is a promise; what packets do is what an attacker gets.",
    owner="provider",
    remediation="`bulkhead probe ESTATE --env lab` names the flow, the layer and the rule.",
    reads="packets: a sample over every pair of hosts, with listeners proved alive",
    meets=("SR 5.2", "SR 5.2 RE 1", "SR 3.3"),
    supports=("SR 5.1", "SR 3.3 RE 1"),
    others=(
        *nist("CA-8", "SC-7", "SI-6"),
        *ot("6.2.1"),
        *iso("8.22", "8.29"),
        *soc("CC4.1", "CC6.6"),
    ),
    observe=observe,
    sabotage=Sabotage(
        what="the historian sends what it would answer to the inference host to itself",
        steps=_steps,
        flips=_flips,
    ),
)

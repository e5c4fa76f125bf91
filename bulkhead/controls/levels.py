"""What the controls' answers mean for each zone: requirements met, and the level achieved (SL-A).

A requirement is decided by all controls that say they meet it and looked at the place: one that
fails makes it unmet, one that could not observe leaves it undecided. One that no control decides
is not observed: the level of its foundational requirement is then not stated.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from bulkhead.controls.catalogue import CONTROLS
from bulkhead.controls.facts import Facts
from bulkhead.controls.requirements import CONDUIT, LEVEL, WORDS, asked, foundational
from bulkhead.controls.results import (
    Capability,
    Level,
    Observation,
    Requirement,
    Result,
    State,
)
from bulkhead.plan import Conduit, Host, Plan, Zone

FR = range(1, 8)
WORST: tuple[State, ...] = ("unmet", "not observed", "compensated", "met")
_Seen = Mapping[str, list[tuple[str, Observation]]]


def requirements(facts: Facts, results: Iterable[Result]) -> tuple[Requirement, ...]:
    """What each zone's target, and the stricter of the targets that a conduit joins, asks for."""
    plan = facts.plan
    seen = _by_subject(results)
    stated = [zone for zone in plan.zones if zone.stated]
    found = [
        row for zone in stated for row in _at(zone.id, _of_zone(zone, plan), zone.target, seen)
    ]
    targets = {zone.id: zone.target for zone in stated}
    for conduit in plan.conduits:
        joined = [targets[name] for side in conduit.zones for name in side if name in targets]
        target = tuple(max(row[n] for row in joined) for n in range(7)) if joined else (0,) * 7
        rows = _at(conduit.id, _of_conduit(conduit, plan), target, seen)
        found += [row for row in rows if row.requirement in CONDUIT]
    return tuple(found)


def levels(plan: Plan, decided: Iterable[Requirement]) -> tuple[Level, ...]:
    """SL-A of each zone for FR1 to FR7; None where not every requirement asked for is decided.

    A zone of which nobody stated a target is left out: no level can be held against it.
    """
    by_place: defaultdict[str, list[Requirement]] = defaultdict(list)
    for row in decided:
        by_place[row.place].append(row)
    return tuple(
        _level(
            zone, number, [r for r in by_place[zone.id] if foundational(r.requirement) == number]
        )
        for zone in plan.zones
        if zone.stated
        for number in FR
    )


def capabilities(hosts: Iterable[Host]) -> tuple[Capability, ...]:
    """The components of the estate; nobody's statement about one is on file, none is made up."""
    why = "no statement of its maker under IEC 62443-4-2 is on file; SL-A does not rest on one"
    roles = sorted({host.role for host in hosts})
    return tuple(Capability(component=role, stated=None, because=why) for role in roles)


def _by_subject(results: Iterable[Result]) -> _Seen:
    found: defaultdict[str, list[tuple[str, Observation]]] = defaultdict(list)
    for result in results:
        for row in result.observations:
            found[row.subject].append((result.control, row))
    return found


def _of_zone(zone: Zone, plan: Plan) -> set[str]:
    """The subjects of a zone: itself, its network, its hosts."""
    networks = {row.network for row in plan.subnets if row.id == zone.subnet}
    return {zone.id} | networks | {host.id for host in plan.hosts if host.zone == zone.id}


def _of_conduit(conduit: Conduit, plan: Plan) -> set[str]:
    """Itself; where it is one of mutual TLS, also the servers that answer on it.

    What is found of a host's TLS says nothing about another protocol into the same host.
    """
    if conduit.authentication != "mtls":
        return {conduit.id}
    return {conduit.id} | {host.id for host in plan.hosts if host.group in conduit.targets}


def _at(place: str, subjects: set[str], target: tuple[int, ...], seen: _Seen) -> list[Requirement]:
    deciding = {name: [row.id for row in CONTROLS if name in row.meets] for name in asked(target)}
    found = [pair for subject in sorted(subjects) for pair in seen.get(subject, ())]
    return [
        _decided(place, name, [(who, row) for who, row in found if who in deciding[name]])
        for name in deciding
    ]


def _decided(place: str, name: str, found: list[tuple[str, Observation]]) -> Requirement:
    states = {_state(row) for _, row in found}
    state: State = next((word for word in WORST if word in states), "not observed")
    because = "; ".join(
        dict.fromkeys(
            f"{who}: {row.because}" for who, row in found if _state(row) == state != "met"
        )
    )
    if not found:
        because = "no control decides it here"
    return Requirement(
        place=place,
        requirement=name,
        level=LEVEL[name],
        state=state,
        controls=tuple(dict.fromkeys(who for who, _ in found)),
        because=because or WORDS[name],
    )


def _state(row: Observation) -> State:
    if row.verdict == "accepted":
        return "compensated" if row.compensated else "unmet"
    states: dict[str, State] = {"pass": "met", "fail": "unmet"}
    return states.get(row.verdict, "not observed")


def _level(zone: Zone, number: int, rows: list[Requirement]) -> Level:
    target = zone.target[number - 1]
    open_ = [row.requirement for row in rows if row.state == "not observed"]
    achieved: int | None = None
    if open_:
        because = f"not decided: {', '.join(open_)}"
    else:
        unmet = [row for row in rows if row.state == "unmet"]
        achieved = min((row.level - 1 for row in unmet), default=target)
        because = f"unmet: {', '.join(row.requirement for row in unmet)}" if unmet else "all met"
        helped = [row.requirement for row in rows if row.state == "compensated"]
        because += f"; compensated: {', '.join(helped)}" if helped else ""
    return Level(
        zone=zone.id,
        requirement=f"FR{number}",
        target=target,
        achieved=achieved,
        because=because,
    )

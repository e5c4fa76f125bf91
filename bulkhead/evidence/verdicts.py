"""What held, what did not, and what nobody can say: one sentence each. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from bulkhead.controls.results import ORDER, Verification
from bulkhead.evidence.requirements import accepted
from bulkhead.evidence.story import Claimed, Exercised, Played, Story

State = Literal["held", "deviated", "not observed"]
STATES: tuple[State, ...] = ("deviated", "not observed", "held")
"""Worst first."""
_EXPECTED = ("sim", "lab")
"""Environments that any machine of a reader may have."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A sentence about one area (`claim`, `drills`, …), with what it comes to."""

    area: str
    state: State
    said: str


def verdicts(story: Story) -> tuple[Verdict, ...]:
    """One sentence for each thing that was looked at, or was not."""
    return (*_claims(story), *_drills(story), *_attacks(story), *_floors(story), *_controls(story))


def overall(found: Iterable[Verdict]) -> State:
    """Deviated if anything did; held only if something held and nothing deviated."""
    states = {verdict.state for verdict in found}
    return next((word for word in ("deviated", "held") if word in states), "not observed")


def _claims(story: Story) -> Iterator[Verdict]:
    for claim in story.claims:
        yield _claim(story, claim)
    there = {claim.environment for claim in story.claims}
    for name in _EXPECTED:
        if name not in there:
            said = f"The claim in {name}: no run of `bulkhead probe --env {name}` was kept."
            yield Verdict("claim", "not observed", said)


def _claim(story: Story, claim: Claimed) -> Verdict:
    where = f"The claim in {claim.environment}"
    if not story.current(claim.digest):
        return Verdict("claim", "not observed", f"{where}: {_stale(claim.digest)}")
    packets = "packets were not observed"
    equation = "intent = model"
    if claim.flows is not None:
        packets, equation = f"{claim.flows} flows tried with packets", "intent = model = packets"
    scope = f"{claim.hosts} hosts, {claim.pairs} ordered pairs, {packets}"
    if claim.differences:
        count = _number(len(claim.differences), "difference")
        return Verdict("claim", "deviated", f"{where} does not hold: {count} ({scope}).")
    return Verdict("claim", "held", f"{where}: {equation}, no difference ({scope}).")


def _drills(story: Story) -> Iterator[Verdict]:
    for exercise in story.drills:
        yield from _exercise(story, exercise)
    if not story.drills:
        yield Verdict("drills", "not observed", "Drills: no timeline of a drill was kept.")


def _attacks(story: Story) -> Iterator[Verdict]:
    for exercise in story.attacks:
        yield from _exercise(story, exercise)
    if not story.attacks:
        yield Verdict("attacks", "not observed", "Attacks: no timeline of an attack was kept.")


def _exercise(story: Story, exercise: Exercised) -> Iterator[Verdict]:
    area = "attacks" if exercise.attack else "drills"
    kind = "attack" if exercise.attack else "drill"
    for run in exercise.runs:
        where = f"{kind.capitalize()} {exercise.name} in {run.environment}"
        if story.current(run.digest):
            yield Verdict(area, _state(run.held), f"{where}: {_run(run)}")
        else:
            yield Verdict(area, "not observed", f"{where}: {_stale(run.digest)}")
    for name in _EXPECTED:
        if name not in {run.environment for run in exercise.runs}:
            said = f"{kind.capitalize()} {exercise.name} in {name}: it has not run there."
            yield Verdict(area, "not observed", said)


def _run(run: Played) -> str:
    if run.found is None:
        return f"its timeline of {len(run.steps)} actions holds no findings."
    counts = Counter(row.finding.standing for row in run.found)
    parts = ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))
    said = [f"{_number(len(run.found), 'finding')}: {parts}"]
    if run.ended != "whole":
        said.append(f"the run was {run.ended or 'cut off'}")
    if left := len(run.unmended) + run.owed:
        said.append(f"{left} not put back")
    return "; ".join(said) + "."


def _floors(story: Story) -> Iterator[Verdict]:
    unseen = [floor for floor in story.floors if floor.series is None]
    for floor in unseen:
        said = f"Plant {floor.site} in {floor.environment}: {floor.why}."
        yield Verdict("plant", "not observed", said)
    if not story.floors:
        yield Verdict("plant", "not observed", "Plant: no signals were read.")


def _controls(story: Story) -> Iterator[Verdict]:
    for verification in story.verifications:
        where = f"Controls in {verification.environment}"
        if not story.current(verification.digest):
            yield Verdict("controls", "not observed", f"{where}: {_stale(verification.digest)}")
            continue
        yield Verdict("controls", *_verified(where, verification))
        yield from _levels(verification)
    there = {verification.environment for verification in story.verifications}
    for name in _EXPECTED:
        if name not in there:
            said = f"Controls in {name}: no run of `bulkhead verify --env {name}` was kept."
            yield Verdict("controls", "not observed", said)


def _verified(where: str, verification: Verification) -> tuple[State, str]:
    counts = Counter(result.verdict for result in verification.results)
    parts = ", ".join(f"{counts[word]} {word}" for word in ORDER if counts[word])
    said = f"{where}: {_number(len(verification.results), 'control')}: {parts or 'none'}."
    if counts["fail"]:
        return "deviated", said
    return ("held" if counts["pass"] and not counts["not observed"] else "not observed"), said


def _levels(verification: Verification) -> Iterator[Verdict]:
    levels = verification.levels
    below = [row for row in levels if row.achieved is not None and row.achieved < row.target]
    known = sum(accepted(row, verification) for row in below)
    undecided = sum(row.achieved is None for row in levels)
    told = f"{len(below)} below target" + (f" ({known} of them accepted)" if known else "")
    where = f"Security levels in {verification.environment}"
    said = f"{where}: {len(levels)} levels; {told}, {undecided} not decided."
    state: State = "not observed" if undecided or not levels else "held"
    yield Verdict("levels", "deviated" if len(below) > known else state, said)


def _stale(digest: str | None) -> str:
    return f"what was kept is about another state of the blueprint (digest {str(digest)[:12]}…)."


def _state(held: bool | None) -> State:
    return "not observed" if held is None else "held" if held else "deviated"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")

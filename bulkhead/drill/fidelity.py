"""How well a model predicts the real thing: outcomes, order, and durations per kind of action.

A duration is predicted from the same kind of action in other drills' lab runs, where there are
any, never from this drill's own; else from sim. The prediction is distribution-free: from n
durations that were seen, a further one falls between the least and the greatest with probability
(n - 1) / (n + 1). Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from bulkhead.drill.authority import AUTHORITY
from bulkhead.drill.outcomes import NotObserved, Refused, silent
from bulkhead.drill.people import Ask
from bulkhead.drill.timeline import Recording, Row
from bulkhead.errors import Problem, WrongInput

LEAST = 5
"""Lab runs below which nothing is claimed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """One kind of action. low, high: the interval (s), from `samples` durations of `source`.

    runs: how many lab runs have it. seen: (least, median, greatest) of them (s), of `observed`
    durations, of which `covered` lie in the interval; nominal: the share that should.
    """

    action: str
    source: Literal["other drills in the lab", "sim", "nothing"]
    samples: int
    low: float
    high: float
    nominal: float
    runs: int
    observed: int
    seen: tuple[float, float, float]
    covered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fidelity:
    """Everything that a comparison came to. differences: outcomes or order, in words."""

    drill: str
    sim_runs: int
    lab_runs: int
    agreeing: int
    differences: tuple[str, ...]
    durations: tuple[Duration, ...]

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


def judged(
    *, sim: Sequence[Recording], lab: Sequence[Recording], others: Sequence[Recording] = ()
) -> Fidelity:
    """Compare lab runs of a drill with its runs in sim (one, or one for each of many seeds).

    WrongInput for fewer than five lab runs, for runs of several drills, or of another environment,
    and for a calibration with this very drill.
    """
    drill = _checked(sim, lab, others)
    differences = [list(_differences(number, run, sim)) for number, run in enumerate(lab, 1)]
    return Fidelity(
        drill=drill,
        sim_runs=len(sim),
        lab_runs=len(lab),
        agreeing=sum(not found for found in differences),
        differences=tuple(one for found in differences for one in found),
        durations=tuple(_durations(sim, lab, others)),
    )


def _checked(
    sim: Sequence[Recording], lab: Sequence[Recording], others: Sequence[Recording]
) -> str:
    drills = sorted({str(run.run.get("drill")) for run in (*sim, *lab)})
    wrong = [
        (len(lab) < LEAST, "--lab", f"{len(lab)} runs", f"at least {LEAST}"),
        (not sim, "--sim", "no run", "at least one"),
        (len(drills) > 1, "timelines", f"of several drills: {', '.join(drills)}", "of one drill"),
        (not _all_of(sim, "sim"), "--sim", "not all were made in sim", "timelines of sim"),
        (not _all_of((*lab, *others), "lab"), "--lab", "not all were made in the lab", "of a lab"),
        (
            any(run.run.get("drill") in drills for run in others),
            "--calibrate",
            "a drill cannot predict itself",
            "lab runs of other drills",
        ),
    ]
    problems = [Problem(where, what, allowed) for failed, where, what, allowed in wrong if failed]
    if problems:
        raise WrongInput(*problems)
    return drills[0]


def _all_of(runs: Iterable[Recording], environment: str) -> bool:
    return all(run.run.get("environment") == environment for run in runs)


def _differences(number: int, run: Recording, sim: Sequence[Recording]) -> Iterator[str]:
    """What no run of sim has as this lab run has it: an outcome, the order of what was declared."""
    known: dict[tuple[str, ...], set[str]] = {}
    for one in sim:
        for key, standing in _standings(one).items():
            known.setdefault(key, set()).add(standing)
    found = _standings(run)
    for key in sorted(known.keys() | found.keys()):
        predicted, seen = known.get(key, {"nothing"}), found.get(key, "nothing")
        if seen not in predicted:
            about = " ".join(part for part in key if part)
            yield f"lab run {number}: {about}: {seen}; sim: {' or '.join(sorted(predicted))}"
    orders = [_order(one) for one in sim]
    if set(found) == set(known) and _order(run) not in orders:
        yield f"lab run {number}: another order: {' < '.join(_order(run))}"


def _standings(run: Recording) -> dict[tuple[str, ...], str]:
    """What each finding came to: standing, what was seen, which layer decided."""
    return {
        (one.subject, one.source, one.target): ", ".join(
            part for part in (one.standing, one.seen, one.layer) if part
        )
        for _, one in run.findings
    }


def _order(run: Recording) -> tuple[str, ...]:
    """The declared events in the order in which they were settled; those of one moment by name."""
    found = sorted(run.findings, key=lambda pair: (pair[0], pair[1].told))
    return tuple(finding.subject for _, finding in found)


def _durations(
    sim: Sequence[Recording], lab: Sequence[Recording], others: Sequence[Recording]
) -> Iterator[Duration]:
    observed = [_took(run) for run in lab]
    modelled, calibrated = _pooled(map(_took, sim)), _pooled(map(_took, others))
    for action in sorted({kind for run in observed for kind in run}):
        seen = sorted(seconds for run in observed for seconds in run.get(action, ()))
        source: Literal["other drills in the lab", "sim", "nothing"] = "nothing"
        if action in calibrated:
            source = "other drills in the lab"
        elif action in modelled:
            source = "sim"
        samples = calibrated.get(action) or modelled.get(action) or []
        low, high = (min(samples), max(samples)) if samples else (0.0, 0.0)
        yield Duration(
            action=action,
            source=source,
            samples=len(samples),
            low=low,
            high=high,
            nominal=max(0.0, (len(samples) - 1) / (len(samples) + 1)),
            runs=sum(action in run for run in observed),
            observed=len(seen),
            seen=(seen[0], seen[len(seen) // 2], seen[-1]),
            covered=sum(bool(samples) and low <= seconds <= high for seconds in seen),
        )


def _took(run: Recording) -> dict[str, list[float]]:
    """Seconds by kind of action; what was asked as one batch counts once, people by their pace."""
    pace = float(run.run.get("pace") or 1.0)
    batches = {
        (type(row.action), row.asked, row.done): isinstance(row.action, Ask)
        for row in run.rows
        if _tried(row)
    }
    found: dict[str, list[float]] = {}
    for (kind, asked, done), person in batches.items():
        seconds = (done - asked) * (pace if person else 1.0)
        found.setdefault(kind.__name__, []).append(seconds)
    return found


def _tried(row: Row) -> bool:
    """Whether its duration is the action's own, not that of giving up or of not trying it."""
    outcome = row.outcome
    if isinstance(outcome, NotObserved):
        return not outcome.lacking and not silent(outcome)
    return not (isinstance(outcome, Refused) and outcome.layer == AUTHORITY)


def _pooled(runs: Iterable[dict[str, list[float]]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for run in runs:
        for action, seconds in run.items():
            found.setdefault(action, []).extend(seconds)
    return found


def lines(found: Fidelity) -> list[tuple[str, ...]]:
    """The table's rows as text: action, interval, from what, runs, seen, covered."""
    return [
        (
            row.action,
            f"{row.low:.2f} to {row.high:.2f}" if row.samples else "no prediction",
            f"{row.source} ({row.samples})",
            f"{row.runs} of {found.lab_runs}",
            " / ".join(f"{seconds:.2f}" for seconds in row.seen),
            f"{row.covered} of {row.observed} (nominal {row.nominal:.0%})",
        )
        for row in found.durations
    ]


def summary(found: Fidelity) -> str:
    """Outcomes, order and coverage in one line."""
    observed = sum(row.observed for row in found.durations)
    covered = sum(row.covered for row in found.durations)
    expected = sum(row.nominal * row.observed for row in found.durations)
    return (
        f"outcomes and order agree in {found.agreeing} of {found.lab_runs} lab runs with "
        f"{found.sim_runs} of sim; {covered} of {observed} durations lie in their intervals "
        f"({expected:.0f} expected)"
    )

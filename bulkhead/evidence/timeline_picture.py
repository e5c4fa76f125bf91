"""Runs of one drill as swim lanes: people asked, injects, each kind of action, deadlines. Pure.

Environments stand below each other, on one scale of time where their lengths allow it, so that
the same moment is at the same place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bulkhead.drill.exercise import Inject
from bulkhead.evidence.drawing import Disc, Drawing, Line, Rect, Shape, Text, fit
from bulkhead.evidence.signals_picture import moments
from bulkhead.evidence.story import Found, Played, Step

WIDTH, LEFT, RIGHT, LANE, BAR = 960.0, 236.0, 16.0, 24.0, 12.0
_SPOT = 7.5
"""Radius of a finding's disc."""
_KINDS = 12
"""Lanes for kinds of action; further kinds share the last one."""
_NAMED = ("asked: ", "due: ", "injects")
"""How the names of lanes begin that are no kinds of action."""
_SCALES_APART = 3.0


def picture(runs: Sequence[Played], injects: Sequence[Inject] = ()) -> Drawing:
    """The runs' timelines, each with its own heading. injects: what the exercise plans."""
    longest = max((run.lasted for run in runs), default=0.0)
    shapes: list[Shape] = []
    y = 0.0
    for run in runs:
        own = longest > _SCALES_APART * max(run.lasted, 0.001)
        panel = _Panel(run, injects, y, run.lasted if own else longest)
        shapes += panel.shapes()
        y = panel.bottom + 14
    return Drawing(
        width=WIDTH,
        height=max(y, 40.0),
        title=f"Timeline of {runs[0].name}" if runs else "Timeline",
        alt=" ".join(_told(run) for run in runs),
        shapes=tuple(shapes),
    )


def _told(run: Played) -> str:
    asked = sum(bool(step.who) for step in run.steps)
    missed = sum(row.finding.standing == "deviated" for row in run.found or ())
    return (
        f"{run.environment}: {len(run.steps)} actions in {run.lasted:.0f} s, people asked "
        f"{asked} times, {missed} findings deviated."
    )


@dataclass(frozen=True, slots=True)
class _Mark:
    """A bar in a lane; equal ones are drawn once and counted."""

    start: float
    end: float
    kind: str
    said: str


@dataclass(slots=True)
class _Panel:
    run: Played
    injects: Sequence[Inject]
    top: float
    length: float
    lanes: dict[str, list[_Mark]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.length = max(self.length, 1.0)
        self.lanes = _lanes(self.run, self.injects)

    @property
    def bottom(self) -> float:
        """The y below its axis."""
        return self.top + 30 + LANE * (len(self.lanes) + 1) + 22

    def shapes(self) -> Iterator[Shape]:
        """Heading, grid, lanes, findings and axis."""
        began = self.run.at.replace("T", " ").replace("Z", " UTC")
        head = f"{self.run.environment}, {began}"
        yield Text(x=8, y=self.top + 18, text=fit(head, WIDTH - 16, 12), kind="head", size=12)
        first = self.top + 30
        last = first + LANE * (len(self.lanes) + 1)
        yield from self._axis(first, last)
        for number, (name, marks) in enumerate(self.lanes.items()):
            yield from self._lane(name, marks, first + LANE * number, number % 2 == 0)
        yield from self._findings(first + LANE * len(self.lanes))

    def _x(self, seconds: float) -> float:
        part = min(max(seconds / self.length, 0.0), 1.0)
        return LEFT + 8 + (WIDTH - LEFT - RIGHT - 16) * part

    def _axis(self, first: float, last: float) -> Iterator[Shape]:
        for at, name in moments(0.0, self.length, 8):
            x = self._x(at)
            yield Line(points=((x, first), (x, last + 4)), kind="grid")
            yield Text(x=x, y=last + 16, text=name, kind="small", size=9, anchor="middle")

    def _lane(self, name: str, marks: Sequence[_Mark], y: float, odd: bool) -> Iterator[Shape]:
        yield from self._heading(name, y, odd)
        for mark, (count, said) in self._drawn_once(marks).items():
            x = self._x(mark[0])
            yield Rect(
                x=x,
                y=y + (LANE - BAR) / 2,
                width=max(mark[1], 4.0),
                height=BAR,
                kind=f"bar {mark[2]}",
                radius=2,
                title=said if count == 1 else f"{count} times, first: {said}",
            )

    def _heading(self, name: str, y: float, odd: bool) -> Iterator[Shape]:
        if odd:
            yield Rect(x=0, y=y, width=WIDTH, height=LANE, kind="stripe", radius=0)
        said = fit(name, LEFT - 16, 11)
        yield Text(x=8, y=y + 16, text=said, kind="name", size=11, title=name)

    def _drawn_once(
        self, marks: Sequence[_Mark]
    ) -> dict[tuple[float, float, str], tuple[int, str]]:
        """Marks that would cover each other, by when (s), width and kind, with their number."""
        found: dict[tuple[float, float, str], tuple[int, str]] = {}
        places: dict[tuple[int, int, str], tuple[float, float, str]] = {}
        for mark in marks:
            x, wide = self._x(mark.start), self._x(mark.end) - self._x(mark.start)
            key = places.setdefault(
                (round(x), round(wide), mark.kind), (mark.start, round(wide, 1), mark.kind)
            )
            count, said = found.get(key, (0, mark.said))
            found[key] = (count + 1, said)
        return found

    def _findings(self, y: float) -> Iterator[Shape]:
        yield from self._heading("findings", y, len(self.lanes) % 2 == 0)
        timed = [row for row in self.run.found or () if row.at is not None]
        if not timed:
            words = "the timeline does not say when they were noted"
            said = words if self.run.found else "no finding is recorded in this timeline"
            yield Text(x=LEFT + 8, y=y + 16, text=said, kind="small", size=10)
        for rows in _together([(self._x(row.at or 0.0), row) for row in timed]):
            yield _spot(rows, y + LANE / 2)


def _together(rows: Sequence[tuple[float, Found]]) -> list[list[tuple[float, Found]]]:
    """Findings whose discs would cover each other, by x."""
    groups: list[list[tuple[float, Found]]] = []
    for row in sorted(rows, key=lambda row: row[0]):
        if groups and row[0] - groups[-1][0][0] < 2 * _SPOT + 1:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _spot(rows: Sequence[tuple[float, Found]], y: float) -> Disc:
    """One disc for findings of about the same moment: coloured as the worst, with their number."""
    marks = {"deviated": ("below", "✕"), "held": ("met", "✓")}
    kinds = [marks.get(row.finding.standing, ("open", "?")) for _, row in rows]
    worst = min(kinds, key=lambda kind: ("below", "open", "met").index(kind[0]))
    said = "; ".join(f"{row.finding.subject}: {row.finding.standing}" for _, row in rows[:8])
    more = f" and {len(rows) - 8} more" if len(rows) > 8 else ""
    text = worst[1] if len(rows) == 1 else str(len(rows))
    x = rows[0][0]
    return Disc(x=x, y=y, radius=_SPOT, kind=f"spot {worst[0]}", text=text, title=said + more)


def _lanes(run: Played, injects: Sequence[Inject]) -> dict[str, list[_Mark]]:
    """Marks by lane: deadlines, injects, people, actions by kind, roll-back. Empty ones are not."""
    found: dict[str, list[_Mark]] = {
        **_deadlines(run),
        "injects": list(_injects(run, injects)),
    }
    for step in run.steps:
        if step.who:
            found.setdefault(f"asked: {step.who}", []).append(_mark(step))
    for step in run.steps:
        if not step.who and not step.undo:
            found.setdefault(_lane_of(step, found), []).append(_mark(step))
    found["rolled back"] = [_mark(step) for step in run.steps if step.undo]
    return {name: marks for name, marks in found.items() if marks}


def _injects(run: Played, planned: Sequence[Inject]) -> Iterator[_Mark]:
    """Injects when they were delivered, with their text where the exercise is known."""
    texts = {one.number: f", to {one.to}: {one.text}" for one in planned}
    for number, at in run.injects:
        yield _Mark(at, at, "inject", f"{at:.1f} s: inject {number}{texts.get(number, '')}")


def _lane_of(step: Step, found: dict[str, list[_Mark]]) -> str:
    name = words(step.kind)
    crowded = len([lane for lane in found if not lane.startswith(_NAMED)]) >= _KINDS
    return "other actions" if crowded and name not in found else name


def _mark(step: Step) -> _Mark:
    kind = {"done": "done", "refused": "refused", "not observed": "unseen"}[step.outcome]
    why = f" ({step.layer or step.reason})" if step.layer or step.reason else ""
    why += ", late" if step.late else ""
    said = f"{step.asked:.1f} s to {step.done:.1f} s: {words(step.kind)} {step.about}: "
    said += step.outcome + why
    return _Mark(step.asked, step.done, "late" if step.late else kind, said)


def _deadlines(run: Played) -> dict[str, list[_Mark]]:
    """By name: a track from when it was asked until it was due, and how long it really took."""
    found: dict[str, list[_Mark]] = {}
    for row in run.found or ():
        within = within_of(row)
        if within is None or row.at is None:
            continue
        ends = [step for step in run.steps if not step.undo and abs(step.done - row.at) < 1e-3]
        asked = min((step.asked for step in ends), default=row.at)
        standing = row.finding.standing
        kind = {"held": "in-time", "deviated": "missed"}.get(standing, "unseen")
        said = f"{row.finding.subject}: {row.at - asked:.1f} s of {within:g} s, {standing}"
        marks = found.setdefault(f"due: {row.finding.subject}", [])
        marks.append(_Mark(asked, row.at, kind, said))
        marks.append(_Mark(asked, asked + within, "due", said))
    return found


def within_of(row: Found) -> float | None:
    """The seconds of a deadline's finding (`within 300 s`); None for another finding."""
    first, _, rest = row.finding.expected.partition(" ")
    number, _, unit = rest.partition(" ")
    try:
        return float(number) if (first, unit) == ("within", "s") else None
    except ValueError:
        return None


def words(kind: str) -> str:
    """An action's name as words: `PutBack` is `put back`."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in kind).strip()

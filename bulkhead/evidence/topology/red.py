"""What is red in the topology picture: flows that are not as they should be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bulkhead.evidence.drawing import Disc, Line, Point, Rect, Shape

BADGE = 8.0
"""Radius of a number's disc."""
_EDGE = 4.0
"""A curve, which lies between its ends and its pull, stays that far inside of the picture."""
_ALONG = (0.5, 0.4, 0.6, 0.3, 0.7, 0.45, 0.55, 0.35, 0.65, 0.25, 0.75)
MEANS = {
    "opened": "should not be possible, and is",
    "weakened": "should not be possible; one last layer alone stops it",
    "closed": "should be possible, and is not",
}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Crossing:
    """A flow that is not as it should be, between two hosts (or zones, or `internet`).

    kind: opened, it should not be possible; weakened, one last layer alone stops it; closed, it
    should be possible and is not. what: services, in words. because: for people.
    """

    source: str
    target: str
    kind: Literal["opened", "weakened", "closed"]
    what: str
    because: str = ""

    def __str__(self) -> str:
        """On one line."""
        return f"{self.source} → {self.target}: {self.what}: {MEANS[self.kind]}"


def drawn(crossings: Sequence[Crossing], rects: Mapping[str, Rect]) -> Iterator[Shape]:
    """A numbered red curve for each, over everything else; numbers begin with 1."""
    badges: list[Disc] = []
    for number, crossing in enumerate(crossings, 1):
        start, pull, end = _curve(rects[crossing.source], rects[crossing.target], number)
        common = {"points": (start, pull, end), "curve": True}
        yield Line(**common, kind="halo")  # type: ignore[arg-type]
        yield Line(
            **common,  # type: ignore[arg-type]
            kind=f"red {crossing.kind}",
            title="\n".join(filter(None, (str(crossing), crossing.because))),
            arrow=True,
            source=crossing.source,
            target=crossing.target,
        )
        x, y = _free((start, pull, end), badges)
        text = str(number)
        badges.append(Disc(x=x, y=y, radius=BADGE, kind="badge", text=text, title=str(crossing)))
    yield from badges


def _curve(source: Rect, target: Rect, number: int) -> tuple[Point, Point, Point]:
    """From edge to edge, bent to one side; the bend differs between flows of the same ends."""
    (x0, y0), (x1, y1) = source.centre, target.centre
    length = max(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5, 1.0)
    bend = min(max(0.18 * length, 26.0), 110.0) + 7 * (number % 4)
    pull = (
        max((x0 + x1) / 2 - bend * (y1 - y0) / length, _EDGE),
        max((y0 + y1) / 2 + bend * (x1 - x0) / length, _EDGE),
    )
    return _edge(source, pull), pull, _edge(target, pull)


def _edge(box: Rect, towards: Point) -> Point:
    """Where the way from a box's middle to a point leaves the box."""
    (cx, cy), (tx, ty) = box.centre, towards
    dx, dy = tx - cx, ty - cy
    if not dx and not dy:
        return (cx, box.y)
    across = box.width / 2 / abs(dx) if dx else float("inf")
    down = box.height / 2 / abs(dy) if dy else float("inf")
    part = min(across, down, 1.0)
    return (cx + part * dx, cy + part * dy)


def _free(curve: tuple[Point, Point, Point], others: Sequence[Disc]) -> Point:
    """A place on the curve where a number covers no other number, if there is one."""
    places = [_along(*curve, part) for part in _ALONG]
    free = [at for at in places if all(_apart(at, other) for other in others)]
    return (free or places)[0]


def _along(start: Point, pull: Point, end: Point, part: float) -> Point:
    """A point of the quadratic curve."""
    a, b, c = (1 - part) ** 2, 2 * part * (1 - part), part**2
    return (a * start[0] + b * pull[0] + c * end[0], a * start[1] + b * pull[1] + c * end[1])


def _apart(at: Point, other: Disc) -> bool:
    return (at[0] - other.x) ** 2 + (at[1] - other.y) ** 2 > (2 * BADGE + 1) ** 2

"""The legend of the topology picture: what lines and outlines mean, and the numbered findings."""

from collections.abc import Iterator, Sequence

from bulkhead.evidence.drawing import Disc, Line, Rect, Shape, Text, fit, width_of
from bulkhead.evidence.topology.red import BADGE, MEANS, Crossing

_SIZE = 10.0
_MOST = 40
"""Findings that the legend lists; the rest it counts."""


def key(
    x: float, y: float, width: float, crossings: Sequence[Crossing], *, failing: bool
) -> tuple[list[Shape], float]:
    """The legend's shapes within that width, and the y below them. Red is told if it is there."""
    shapes: list[Shape] = []
    across, line = x, y + 12
    for sample, said in _entries({crossing.kind for crossing in crossings}, failing):
        wide = 38 + width_of(said, _SIZE)
        if across > x and across + wide > x + width:
            across, line = x, line + 18
        shapes += _sample(sample, across, line)
        text = fit(said, width - 38, _SIZE)
        shapes.append(Text(x=across + 32, y=line + 3.5, text=text, kind="key", size=_SIZE))
        across += wide + 18
    line += 14
    for number, crossing in enumerate(crossings[:_MOST], 1):
        line += 18
        shapes.append(Disc(x=x + BADGE, y=line, radius=BADGE, kind="badge", text=str(number)))
        text = fit(str(crossing), width - 30, 11)
        shapes.append(
            Text(x=x + 24, y=line + 4, text=text, kind="found", size=11, title=crossing.because)
        )
    if left := len(crossings) - _MOST:
        text = f"and {left} more"
        if left > 0:
            line += 18
            shapes.append(Text(x=x + 24, y=line + 4, text=text, kind="found", size=11))
    return shapes, line + 10


def _entries(kinds: set[str], failing: bool) -> Iterator[tuple[str, str]]:
    yield "way", "conduit; everything undeclared is denied"
    yield "way public", "conduit to the target's public address"
    yield "rail", "to or from a shared zone, for all hosted zones that no label names"
    yield "host open", "has an address outside"
    yield "diamond", "mediator: checks what passes"
    for kind, means in MEANS.items():
        if kind in kinds:
            yield f"red {kind}", means
    if failing:
        yield "zone failing", "a finding names this zone or host"


def _sample(kind: str, x: float, y: float) -> Iterator[Shape]:
    if kind == "diamond":
        yield Text(x=x + 8, y=y + 4, text="◆", kind="name", size=12)
    elif kind.startswith(("host", "zone")):
        yield Rect(x=x, y=y - 7, width=26, height=14, kind=kind, radius=3)
    else:
        arrow = kind != "rail"
        yield Line(points=((x, y), (x + 26, y)), kind=kind, arrow=arrow)

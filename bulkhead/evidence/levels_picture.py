"""Security levels as a picture: zones by foundational requirement, target against achieved. Pure.

Each cell has four squares, one a level: outlined up to the target, filled up to what is achieved.
"""

from collections.abc import Iterator, Sequence

from bulkhead.controls.results import Level
from bulkhead.evidence.drawing import Drawing, Rect, Shape, Text, fit, width_of

CELL, ROW, SQUARE, TOP = 62.0, 30.0, 9.0, 30.0


def picture(levels: Sequence[Level]) -> Drawing:
    """The matrix, zones as they come, requirements by name."""
    zones = list(dict.fromkeys(level.zone for level in levels))
    names = sorted({level.requirement for level in levels})
    left = min(max((width_of(zone, 11) for zone in zones), default=60.0), 220.0) + 24
    shapes: list[Shape] = [
        Text(x=left + CELL * (n + 0.5), y=20, text=name, kind="head", anchor="middle")
        for n, name in enumerate(names)
    ]
    for number, zone in enumerate(zones):
        y = TOP + ROW * number
        shapes.append(Text(x=8, y=y + 19, text=fit(zone, left - 16, 11), kind="name", title=zone))
    for level in levels:
        x = left + CELL * names.index(level.requirement)
        shapes += _cell(level, x, TOP + ROW * zones.index(level.zone))
    below = sum(level.achieved is not None and level.achieved < level.target for level in levels)
    open_ones = sum(level.achieved is None for level in levels)
    return Drawing(
        width=left + CELL * len(names) + 8,
        height=TOP + ROW * len(zones) + 8,
        title="Security levels, target and achieved",
        alt=f"{len(levels)} levels of {len(zones)} zones: {below} below target, "
        f"{open_ones} not decided. The table below holds each.",
        shapes=tuple(shapes),
    )


def state(level: Level) -> str:
    """`met`, `below` or `open` (not decided)."""
    if level.achieved is None:
        return "open"
    return "met" if level.achieved >= level.target else "below"


def _cell(level: Level, x: float, y: float) -> Iterator[Shape]:
    kind = state(level)
    achieved = "not decided" if level.achieved is None else f"achieved {level.achieved}"
    said = f"{level.zone} {level.requirement}: target {level.target}, {achieved}"
    yield Rect(
        x=x + 2,
        y=y + 2,
        width=CELL - 4,
        height=ROW - 4,
        kind=f"cell {kind}",
        id=f"{level.zone} {level.requirement}",
        title="\n".join(filter(None, (said, level.because))),
    )
    for number in range(4):
        filled = level.achieved is not None and number < level.achieved
        wanted = number < level.target
        words = ["pip", kind, *["filled"] * filled, *["wanted"] * wanted]
        yield Rect(
            x=x + 7 + number * (SQUARE + 2),
            y=y + 11,
            width=SQUARE,
            height=SQUARE,
            kind=" ".join(words),
            radius=2,
        )
    mark = {"met": "", "below": "✕", "open": "?"}[kind]
    if mark:
        yield Text(x=x + CELL - 6, y=y + 19, text=mark, kind=f"mark-{kind}", size=9, anchor="end")

"""Signals of a plant as small multiples: one line each, outages shaded, limits as bands. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor, isfinite, log10

from bulkhead.evidence.drawing import Drawing, Line, Point, Rect, Shape, Text, fit, width_of

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 340.0, 168.0, 46.0, 12.0, 34.0, 30.0
_UNITS = ((3600, "h"), (60, "min"), (1, "s"))
_STEPS = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 7200, 21600, 86400, 864000)
"""Between moments of an axis (s)."""
_MOST = 400
"""Points of a line; more are thinned to the lowest and highest of each part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A signal over time. times: seconds, rising; values: as many, None where none arrived.

    shaded: intervals of time (an outage), drawn behind the line. filled: the values within them
    came later. bands: names with their upper limits in the signal's unit, lowest first; empty for
    none. marks: moments with a name.
    """

    name: str
    unit: str
    times: tuple[float, ...]
    values: tuple[float | None, ...]
    shaded: tuple[tuple[float, float], ...] = ()
    filled: bool = False
    bands: tuple[tuple[str, float], ...] = ()
    marks: tuple[tuple[float, str], ...] = ()

    def __post_init__(self) -> None:
        if len(self.times) != len(self.values):
            raise ValueError(f"{self.name}: {len(self.times)} times, {len(self.values)} values")


def picture(one: Series) -> Drawing:
    """One series with its own scale."""
    return Drawing(
        width=WIDTH,
        height=HEIGHT,
        title=one.name,
        alt=_told(one),
        shapes=tuple(_Panel(one).shapes()),
    )


def _told(one: Series) -> str:
    known = [value for value in one.values if value is not None and isfinite(value)]
    if not known:
        return "No value."
    away = f", {len(one.shaded)} shaded intervals" if one.shaded else ""
    return f"{min(known):.3g} to {max(known):.3g} {one.unit}{away}."


@dataclass(frozen=True, slots=True)
class _Panel:
    one: Series

    def shapes(self) -> Iterator[Shape]:
        """Bands, shades, grid, line and texts, in the order in which they are painted."""
        panel = Rect(
            x=LEFT,
            y=TOP,
            width=WIDTH - LEFT - RIGHT,
            height=HEIGHT - TOP - BOTTOM,
            kind="panel",
            id=self.one.name,
            radius=0,
        )
        yield panel
        name = fit(f"{self.one.name}, {self.one.unit}", WIDTH - 20, 11)
        yield Text(x=8, y=16, text=name, kind="head", size=11)
        yield from self._bands(panel)
        yield from self._shades(panel)
        yield from self._grid(panel)
        for late, piece in self._pieces():
            points = tuple((self._x(at, panel), self._y(value, panel)) for at, value in piece)
            kind = "signal late" if late else "signal"
            yield Line(points=points * (2 if len(points) == 1 else 1), kind=kind)

    def _span(self) -> tuple[float, float]:
        times = [*self.one.times, *(edge for shade in self.one.shaded for edge in shade)]
        first, last = min(times, default=0.0), max(times, default=1.0)
        return (first, last) if last > first else (first, first + 1.0)

    def _range(self) -> tuple[float, float]:
        known = [value for value in self.one.values if value is not None and isfinite(value)]
        low, high = min(known, default=0.0), max(known, default=1.0)
        if self.one.bands:
            low, high = 0.0, max(high, self.one.bands[0][1] * 1.15)
        room = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
        return (low if self.one.bands else low - room), high + room

    def _x(self, at: float, panel: Rect) -> float:
        first, last = self._span()
        return panel.x + panel.width * min(max((at - first) / (last - first), 0.0), 1.0)

    def _y(self, value: float, panel: Rect) -> float:
        low, high = self._range()
        return panel.bottom - panel.height * min(max((value - low) / (high - low), 0.0), 1.0)

    def _bands(self, panel: Rect) -> Iterator[Shape]:
        under = panel.bottom
        for name, limit in self.one.bands:
            top = self._y(min(limit, self._range()[1]), panel)
            if under - top < 0.5:
                continue
            yield Rect(
                x=panel.x,
                y=top,
                width=panel.width,
                height=under - top,
                kind=f"band-{name.lower()}",
                radius=0,
                title=f"zone {name}",
            )
            if under - top > 11:
                yield Text(
                    x=panel.right - 4, y=top + 10, text=name, kind="small", size=9, anchor="end"
                )
            under = top

    def _shades(self, panel: Rect) -> Iterator[Shape]:
        for start, end in self.one.shaded:
            left, right = self._x(start, panel), self._x(end, panel)
            yield Rect(
                x=left,
                y=panel.y,
                width=max(right - left, 1.5),
                height=panel.height,
                kind="shade",
                radius=0,
                title=f"no telemetry from {start:g} s to {end:g} s",
            )
        for at, name in self.one.marks:
            x = self._x(at, panel)
            yield Line(points=((x, panel.y), (x, panel.bottom)), kind="mark", title=name)
            wide = width_of(name, 9)
            yield Text(
                x=min(x + 3, panel.right - wide), y=panel.y - 4, text=name, kind="small", size=9
            )

    def _grid(self, panel: Rect) -> Iterator[Shape]:
        low, high = self._range()
        for value in ticks(low, high, 4):
            y = self._y(value, panel)
            yield Line(points=((panel.x, y), (panel.right, y)), kind="grid")
            yield Text(
                x=panel.x - 5, y=y + 3, text=f"{value:g}", kind="small", size=9, anchor="end"
            )
        first, last = self._span()
        for at, name in moments(first, last, 5):
            x = self._x(at, panel)
            yield Line(points=((x, panel.bottom), (x, panel.bottom + 4)), kind="grid")
            yield Text(
                x=x,
                y=panel.bottom + 14,
                text=name,
                kind="small",
                size=9,
                anchor="middle",
            )

    def _pieces(self) -> Iterator[tuple[bool, list[Point]]]:
        """The line, broken where no value arrived; apart, what came later."""
        piece: list[Point] = []
        before = False
        for at, value in _thinned(self.one):
            late = any(start < at < end for start, end in self.one.shaded)
            there = value is not None and isfinite(value) and (self.one.filled or not late)
            if piece and (not there or late != before):
                yield before, piece
                piece = []
            before = late
            if there and value is not None:
                piece.append((at, value))
        if piece:
            yield before, piece


def _thinned(one: Series) -> list[tuple[float, float | None]]:
    """So many points as can be seen: of each part the lowest and the highest, and each gap."""
    rows = list(zip(one.times, one.values, strict=True))
    if len(rows) <= _MOST:
        return rows
    size = -(-len(rows) * 2 // _MOST)
    found: list[tuple[float, float | None]] = []
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        known = [row for row in part if row[1] is not None and isfinite(row[1])]
        if known:
            ends = {min(known, key=_value), max(known, key=_value)}
            found += sorted(ends, key=lambda row: row[0])
        if len(known) < len(part):
            found.append((part[-1][0], None))
    return found


def _value(row: tuple[float, float | None]) -> float:
    return row[1] if row[1] is not None else 0.0


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most so many round numbers within a range, evenly spaced."""
    raw = (high - low) / most
    size = 10 ** floor(log10(raw)) if raw > 0 else 1.0
    step = next(size * part for part in (1, 2, 5, 10, 20) if size * part >= raw)
    first = -(-low // step)
    found = []
    while (value := round(first * step, 10)) <= high:
        found.append(value)
        first += 1
    return found


def moments(first: float, last: float, most: int) -> list[tuple[float, str]]:
    """At most so many moments (s) within a range, evenly spaced, all named in one unit."""
    step = next((step for step in _STEPS if last - first <= step * most), _STEPS[-1])
    size, unit = next((size, unit) for size, unit in _UNITS if step % size == 0)
    number = -(-first // step)
    found = []
    while (at := number * step) <= last:
        found.append((at, f"{at / size + 0.0:g} {unit}"))
        number += 1
    return found

"""One frame of a topology picture: a tenant's zones as boxes, the ways between them as lanes.

Zones stand in rows: what the provider hosts on top, one row for each plant below. A way between
two zones of a row has a lane of its own beneath them; one between rows has a lane in the channel
above the lower row, and passes other plants' rows in a gutter at the left. No two ways share a
lane, so that their labels cannot meet.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bulkhead.evidence.drawing import Line, Point, Rect, Shape, Text, fit, width_of
from bulkhead.evidence.topology.room import Room
from bulkhead.evidence.topology.ways import Way

PAD, GAP, LANE, GUTTER = 12.0, 18.0, 16.0, 10.0
TITLE, LABEL, NOTE = 26.0, 18.0, 14.0
Side = Literal["under", "above"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Zones beside each other; `label` names the group, empty for none."""

    label: str
    rooms: tuple[Room, ...]


@dataclass(slots=True, kw_only=True)
class Frame:
    """A tenant's frame. taken: how many rails leave a zone's lower edge.

    After `build`: `shapes` holds it, `rects` its boxes by id, `width` and `height` are final.
    """

    id: str
    title: str
    rows: tuple[Row, ...]
    ways: tuple[Way, ...]
    note: str = ""
    taken: Mapping[str, int] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0
    shapes: list[Shape] = field(default_factory=list)
    rects: dict[str, Rect] = field(default_factory=dict)
    _ports: dict[tuple[str, Side], list[float]] = field(default_factory=dict)
    _channels: dict[int, float] = field(default_factory=dict)

    def build(self, x: float, y: float, width: float = 0.0, height: float = 0.0) -> "Frame":
        """Lay it out with its upper left corner there, at least so wide and high."""
        self.shapes, self.rects, self._ports, self._channels = [], {}, {}, {}
        self.width = max(width, self._least())
        cursor = y + TITLE
        for number, row in enumerate(self.rows):
            self._channels[number] = cursor
            above = LANE * len(self._lanes("above", number)) + 8
            cursor = self._row(number, row, x, cursor + (above if number else 0))
        self.height = max(height, cursor + PAD - y)
        frame = Rect(
            x=x, y=y, width=self.width, height=self.height, kind="frame", id=self.id, radius=8
        )
        self.rects[self.id] = frame
        title = fit(self.title, self.width - 2 * PAD, 13)
        head = Text(x=x + PAD, y=y + 18, text=title, kind="title", size=13, box=self.id)
        self.shapes[:0] = [frame, head]
        drawn = [self._way(way) for way in self.ways]
        said = [shape for shape in self.shapes if shape.kind in ("label", "note")]
        under = [shape for shape in self.shapes if shape not in said]
        self.shapes = [*under, *(line for line, _ in drawn), *said, *(label for _, label in drawn)]
        return self

    def port(self, zone: str, side: Side = "under") -> float:
        """The next free x at the lower or upper edge of a zone's box."""
        return self._ports[zone, side].pop(0)

    def _least(self) -> float:
        """As wide as its widest row, and as its texts, as far as those are not cut."""
        rows = [sum(self._room_width(room) + GAP for room in row.rooms) - GAP for row in self.rows]
        texts = [width_of(row.label, 10) for row in self.rows] + [width_of(self.note, 10)]
        texts += [min(width_of(_said(way), 10), 300.0) for way in self.ways]
        wide = max([*rows, *texts]) + 4 * PAD + GUTTER * len(self._far)
        return max(wide, min(width_of(self.title, 13), 420.0) + 2 * PAD)

    def _room_width(self, room: Room) -> float:
        return max(room.width, 13.0 * (self._count(room.zone.id, "under") + 1))

    def _row_of(self, zone: str) -> int:
        rows = enumerate(self.rows)
        return next(n for n, row in rows if any(room.zone.id == zone for room in row.rooms))

    def _rows_of(self, way: Way) -> tuple[int, int]:
        return self._row_of(way.source), self._row_of(way.target)

    @property
    def _far(self) -> tuple[Way, ...]:
        """The ways that pass other rows, in the gutter."""
        return tuple(way for way in self.ways if _passes(*self._rows_of(way)))

    def _sides(self, way: Way) -> tuple[Side, Side]:
        """The edges of source and target at which a way ends."""
        one, other = self._rows_of(way)
        if one == other:
            return "under", "under"
        return ("above" if one else "under", "above" if other else "under")

    def _count(self, zone: str, side: Side) -> int:
        ends = [
            end
            for way in self.ways
            for end in zip((way.source, way.target), self._sides(way), strict=True)
        ]
        return ends.count((zone, side)) + (self.taken.get(zone, 0) if side == "under" else 0)

    def _lanes(self, side: Side, row: int) -> list[Way]:
        """The ways that have a lane under a row's zones, or in the channel above it."""
        found = []
        for way in self.ways:
            one, other = self._rows_of(way)
            if one == other:
                there = side == "under" and row == one
            else:
                there = side == "above" and row in (max(one, 1), max(other, 1))
            found += [way] * there
        return found

    def _row(self, number: int, row: Row, x: float, y: float) -> float:
        """Draw a row's group and zones; answers the y below it."""
        left = x + PAD + GUTTER * len(self._far)
        note = self.note if number == 0 else ""
        first = y + (LABEL if row.label else 0) + (NOTE if note else 0)
        tall = max((room.height for room in row.rooms), default=20.0)
        lanes = len(self._lanes("under", number))
        bottom = first + tall + LANE * lanes + (8 if row.label or lanes else 0)
        name = f"{self.id}#{number}" if row.label else self.id
        if row.label:
            width = self.width - 2 * PAD - GUTTER * len(self._far)
            group = Rect(
                x=left, y=y, width=width, height=bottom - y, kind="group", id=name, parent=self.id
            )
            self.rects[name] = group
            self.shapes.append(group)
            for line, (said, kind) in enumerate(((row.label, "label"), (note, "note"))):
                text = fit(said, width - 16, 10)
                at = y + 13 + NOTE * line
                if text:
                    self.shapes.append(
                        Text(x=left + 8, y=at, text=text, kind=kind, size=10, box=name)
                    )
        self._place(row, left + (PAD if row.label else 0), first, tall, name)
        return bottom

    def _place(self, row: Row, x: float, y: float, tall: float, parent: str) -> None:
        """A row's zones from left to right, and the places where ways may end at them."""
        for room in row.rooms:
            box = room.rect(x, y, self._room_width(room), tall, parent)
            inside = list(room.inside(box))
            self.rects |= {box.id: box} | {at.id: at for at in inside if isinstance(at, Rect)}
            self.shapes += [box, *inside]
            self._ports[box.id, "under"] = list(self._spread(box, "under", 0.0))
            self._ports[box.id, "above"] = list(self._spread(box, "above", 4.0))
            x = box.right + GAP

    def _spread(self, box: Rect, side: Side, shift: float) -> Iterator[float]:
        """So many x as ways end at that edge. The shift keeps two rows' verticals apart."""
        count = self._count(box.id, side)
        for number in range(count):
            yield box.x + box.width / (count + 1) * (number + 1) + shift

    def _way(self, way: Way) -> tuple[Line, Text]:
        """A way on its lanes, and what passes it."""
        ends = zip((way.source, way.target), self._sides(way), strict=True)
        start, end = [self._end(zone, side) for zone, side in ends]
        first, last = self._levels(way)
        points: list[Point] = [start, (start[0], first)]
        if way in self._far:
            x = self.rects[self.id].x + PAD + GUTTER * (self._far.index(way) + 0.3)
            points += [(x, first), (x, last)]
        points += [(end[0], last), end]
        line = Line(
            points=tuple(points),
            kind="way public" if way.public else "way",
            title=way.title,
            arrow=True,
            source=way.source,
            target=way.target,
        )
        return line, self._label(way, points)

    def _end(self, zone: str, side: Side) -> Point:
        box = self.rects[zone]
        return (self.port(zone, side), box.bottom if side == "under" else box.y)

    def _levels(self, way: Way) -> tuple[float, float]:
        """The y of its lanes at its source and at its target."""
        one, other = self._rows_of(way)
        if one == other:
            lane = self._lanes("under", one).index(way) + 1
            level = self.rects[way.source].bottom + LANE * lane
            return level, level
        first, last = (
            self._channels[row] + LANE * (self._lanes("above", row).index(way) + 1)
            for row in (max(one, 1), max(other, 1))
        )
        return first, last

    def _label(self, way: Way, points: list[Point]) -> Text:
        frame = self.rects[self.id]
        said = fit(_said(way), frame.width - 2 * PAD, 10)
        half = width_of(said, 10) / 2
        middle = (points[1][0] + points[2][0]) / 2
        return Text(
            x=min(max(middle, frame.x + PAD + half), frame.right - PAD - half),
            y=points[1][1] - 3,
            text=said,
            kind="lane",
            size=10,
            anchor="middle",
            box=self.id,
            title=way.title,
        )


def _passes(one: int, other: int) -> bool:
    """Whether a way between these rows passes another one."""
    return one != other and {one, other} != {0, 1}


def _said(way: Way) -> str:
    return ", ".join(way.services)

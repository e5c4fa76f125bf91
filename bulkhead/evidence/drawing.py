"""Drawings: rectangles, lines and texts as plain data, so that a picture can be tested.

Lengths are SVG user units (one CSS pixel at full size), y downwards. `kind` is the CSS class that
colours a shape; a template alone turns shapes into SVG, and escapes every text.
"""

import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]
_NARROW, _WIDE = frozenset("fijlrtI.,:;|!'()[]/ "), frozenset("mwMW@%&→←↑↓◆●—…")
HALF_TIP = 3.2
"""Half of an arrow head's breadth."""


def width_of(text: str, size: float) -> float:
    """The width of a text in a sans-serif font at most, by classes of characters."""
    return size * sum(_em(letter) for letter in text)


def _em(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.05
    if letter in _NARROW:
        return 0.42
    return 0.98 if letter in _WIDE else 0.74 if letter.isupper() else 0.64


def fit(text: str, width: float, size: float) -> str:
    """The text, or its beginning and `…` where it is wider than that."""
    if width_of(text, size) <= width:
        return text
    while text and width_of(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rect:
    """A box. id: what it stands for; parent: the id of the box around it, if any."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    id: str = ""
    parent: str = ""
    title: str = ""
    radius: float = 4.0

    @property
    def right(self) -> float:
        """x of its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """y of its lower edge."""
        return self.y + self.height

    @property
    def centre(self) -> Point:
        """Its middle."""
        return (self.x + self.width / 2, self.y + self.height / 2)

    def meets(self, other: "Rect") -> bool:
        """Whether they have an area in common."""
        apart = self.right <= other.x or other.right <= self.x
        return not (apart or self.bottom <= other.y or other.bottom <= self.y)

    def holds(self, other: "Rect") -> bool:
        """Whether the other lies within it."""
        across = self.x <= other.x and other.right <= self.right
        return across and self.y <= other.y and other.bottom <= self.bottom


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Straight pieces through points, or one quadratic curve through three: end, pull, end.

    source, target: ids of the boxes that it joins.
    """

    points: tuple[Point, ...]
    kind: str
    title: str = ""
    arrow: bool = False
    curve: bool = False
    source: str = ""
    target: str = ""

    @property
    def path(self) -> str:
        """As the `d` of an SVG path."""
        first, *rest = (f"{x:.1f},{y:.1f}" for x, y in self.points)
        return f"M{first} " + (f"Q{' '.join(rest)}" if self.curve else "L" + " L".join(rest))

    @property
    def tip(self) -> str:
        """The head of an arrow at its last point, as the `points` of an SVG polygon."""
        (x0, y0), (x1, y1) = self.points[-2:]
        length = max(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5, 0.001)
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        bx, by = x1 - 7 * ux, y1 - 7 * uy
        corners = (
            (x1, y1),
            (bx - HALF_TIP * uy, by + HALF_TIP * ux),
            (bx + HALF_TIP * uy, by - HALF_TIP * ux),
        )
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text with its baseline at y. box: id of the box within which it must lie, if any."""

    x: float
    y: float
    text: str
    kind: str
    size: float = 11.0
    anchor: Anchor = "start"
    box: str = ""
    title: str = ""

    @property
    def extent(self) -> Rect:
        """The area that it covers at most."""
        width = width_of(self.text, self.size)
        left = {"start": self.x, "middle": self.x - width / 2, "end": self.x - width}[self.anchor]
        top = self.y - 0.8 * self.size
        return Rect(x=left, y=top, width=width, height=self.size, kind="extent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disc:
    """A filled circle, with a short text in it or none."""

    x: float
    y: float
    radius: float
    kind: str
    text: str = ""
    title: str = ""


Shape = Rect | Line | Text | Disc


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A picture: shapes in the order in which they are painted. alt: what it shows, in words."""

    width: float
    height: float
    title: str
    alt: str
    shapes: tuple[Shape, ...]

    @cached_property
    def rects(self) -> tuple[Rect, ...]:
        """Its boxes."""
        return tuple(shape for shape in self.shapes if isinstance(shape, Rect))

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Its lines."""
        return tuple(shape for shape in self.shapes if isinstance(shape, Line))

    @cached_property
    def texts(self) -> tuple[Text, ...]:
        """Its texts."""
        return tuple(shape for shape in self.shapes if isinstance(shape, Text))

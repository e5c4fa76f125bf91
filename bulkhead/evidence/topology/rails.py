"""Rails of the topology picture: one for each shared zone, tapped by the tenants' frames.

Above each row of frames the same rails run in the same order. Those of the first row come down
from their zones; those of further rows come down a trunk at the left.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bulkhead.evidence.drawing import Disc, Line, Rect, Shape, Text, fit, width_of
from bulkhead.evidence.topology.ways import Tap

RAIL, TAP_LINE, NAME = 14.0, 12.0, 70.0
_JOINT = 2.5


@dataclass(frozen=True, slots=True)
class Rail:
    """id: of the shared zone, or of a group that several tenants share. name: for people."""

    id: str
    name: str


@dataclass(slots=True, kw_only=True)
class Rails:
    """left, right: where they run. trunk: x of the first vertical at the left; None for none."""

    rails: Sequence[Rail]
    taps: Mapping[str, tuple[Tap, ...]]
    left: float
    right: float
    trunk: float | None
    _last: dict[str, float] = field(default_factory=dict)

    def height(self, frames: Sequence[str]) -> float:
        """What a row of these frames needs above it."""
        if not self.rails:
            return 12.0
        lines = [len(tap.lines) for frame in frames for tap in self.taps.get(frame, ())]
        return 16 + RAIL * (len(self.rails) - 1) + TAP_LINE * max(lines, default=0) + 12

    def run(self, top: float, ports: Mapping[str, tuple[float, float]]) -> Iterator[Shape]:
        """The rails below `top`. ports: where a rail begins at its zone; of the first row alone."""
        for number, rail in enumerate(self.rails):
            y = self._level(top, number)
            x = self.left if self.trunk is None else self.trunk + RAIL * number
            if rail.id in self._last:
                yield Line(points=((x, self._last[rail.id]), (x, y)), kind="rail")
            if rail.id in ports:
                px, py = ports[rail.id]
                yield Line(points=((px, py), (px, y)), kind="rail")
                yield Disc(x=px, y=y, radius=_JOINT, kind="joint")
            yield Line(points=((x, y), (self.right, y)), kind="rail", title=rail.id)
            name = fit(rail.name, NAME - 8, 10)
            yield Text(x=self.right + 6, y=y + 3.5, text=name, kind="lane", size=10, title=rail.id)
            self._last[rail.id] = y

    def tap(self, frame: Rect, top: float) -> Iterator[Shape]:
        """A frame's taps, with what passes there written beside each."""
        levels = {rail.id: self._level(top, n) for n, rail in enumerate(self.rails)}
        below = self._level(top, len(self.rails) - 1)
        x = frame.x + 16
        for tap in self.taps.get(frame.id, ()):
            yield Line(
                points=((x, levels[tap.rail]), (x, frame.y)),
                kind="way",
                title=tap.title,
                source=tap.rail,
                target=frame.id,
            )
            yield Disc(x=x, y=levels[tap.rail], radius=_JOINT, kind="joint")
            for number, line in enumerate(tap.lines, 1):
                at = below + TAP_LINE * number + 3
                yield Text(x=x + 5, y=at, text=line, kind="tap", size=10, title=tap.title)
            x += _width(tap)

    def width(self, frame: str) -> float:
        """What a frame's taps need beside each other."""
        return 20 + sum(_width(tap) for tap in self.taps.get(frame, ()))

    @staticmethod
    def _level(top: float, number: int) -> float:
        return top + 14 + RAIL * number


def _width(tap: Tap) -> float:
    return max(width_of(line, 10) for line in tap.lines) + 16

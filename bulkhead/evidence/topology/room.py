"""A zone of the topology picture: a box with its kind, its target and its hosts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import ceil

from bulkhead.evidence.drawing import Rect, Shape, Text, fit, width_of
from bulkhead.plan import Host, Zone

HOST_HEIGHT, HOST_GAP, ROWS = 19.0, 4.0, 6
WIDEST = 170.0
"""The widest text in a box; what is longer ends with `…`, and is whole in the box's title."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a zone's box shows. failing: by zone and host id, why it is outlined red.

    mediators: ids of hosts that check what passes. within: services between its own hosts.
    outside: what it answers to everybody outside, and asks there. name: its first line.
    """

    zone: Zone
    hosts: tuple[Host, ...]
    name: str
    within: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    mediators: frozenset[str] = frozenset()
    failing: Mapping[str, str] = field(default_factory=dict)

    @property
    def width(self) -> float:
        """As wide as its widest line."""
        columns = ceil(len(self.hosts) / ROWS)
        texts = [width_of(fit(self._head, WIDEST, 12), 12), width_of(self._levels, 9)]
        texts += [width_of(fit(note, WIDEST, 9), 9) for note in self._notes]
        return max(100.0, 16 + max(*texts, columns * (self._host_width + HOST_GAP) - HOST_GAP))

    @property
    def height(self) -> float:
        """As high as its lines."""
        rows = min(len(self.hosts), ROWS)
        return 36 + rows * (HOST_HEIGHT + HOST_GAP) + 13 * len(self._notes) + 6

    def rect(self, x: float, y: float, width: float, height: float, parent: str) -> Rect:
        """Its box."""
        why = self.failing.get(self.zone.id, "")
        return Rect(
            x=x,
            y=y,
            width=width,
            height=height,
            kind="zone failing" if why else "zone",
            id=self.zone.id,
            parent=parent,
            title="\n".join(filter(None, (f"{self.zone.id}: {self.zone.reason}", why))),
        )

    def inside(self, box: Rect) -> Iterator[Shape]:
        """What stands in its box: texts, and a box for each host."""
        x, y = box.x + 8, box.y
        head = fit(self._head, box.width - 16, 12)
        yield Text(x=x, y=y + 16, text=head, kind="head", size=12, box=box.id)
        yield Text(x=x, y=y + 28, text=self._levels, kind="small", size=9, box=box.id)
        for number, host in enumerate(self.hosts):
            column, row = divmod(number, ROWS)
            left = x + column * (self._host_width + HOST_GAP)
            yield from self._host(host, left, y + 36 + row * (HOST_HEIGHT + HOST_GAP), box.id)
        under = y + 44 + min(len(self.hosts), ROWS) * (HOST_HEIGHT + HOST_GAP)
        for number, note in enumerate(self._notes):
            said = fit(note, box.width - 16, 9)
            yield Text(x=x, y=under + 13 * number, text=said, kind="small", size=9, box=box.id)

    def _host(self, host: Host, x: float, y: float, zone: str) -> Iterator[Shape]:
        why = self.failing.get(host.id, "")
        public = f"{host.id}, {host.role}, {host.address}"
        public += f", outside: {host.public}" if host.public else ""
        box = Rect(
            x=x,
            y=y,
            width=self._host_width,
            height=HOST_HEIGHT,
            kind=" ".join(("host", *["open"] * bool(host.public), *["failing"] * bool(why))),
            id=host.id,
            parent=zone,
            title="\n".join(filter(None, (public, why))),
            radius=3,
        )
        yield box
        name = self._name(host)
        yield Text(x=x + 7, y=y + 13.5, text=name, kind="name", size=11, box=host.id)

    @property
    def _head(self) -> str:
        """Its first line; the cross is for who sees no colours."""
        return ("✕ " if self.zone.id in self.failing else "") + self.name

    @property
    def _levels(self) -> str:
        if not self.zone.stated:
            return "SL-T not stated"
        return "SL-T " + " ".join(map(str, self.zone.target))

    @property
    def _notes(self) -> tuple[str, ...]:
        own = [f"within: {', '.join(self.within)}"] if self.within else []
        own += self.outside
        return tuple(own) if self.hosts else ("no host of the estate", *own)

    def _name(self, host: Host) -> str:
        cross = "✕ " if host.id in self.failing else ""
        diamond = "◆ " if host.id in self.mediators else ""
        return fit(cross + diamond + host.id.rpartition("/")[2], WIDEST, 11)

    @property
    def _host_width(self) -> float:
        return max((width_of(self._name(host), 11) for host in self.hosts), default=0.0) + 14

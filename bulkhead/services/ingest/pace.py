"""How often something may happen."""

from dataclasses import dataclass, field

NAMES = 10_000
"""Names that are remembered before those that may go again are forgotten."""


@dataclass(slots=True)
class Bucket:
    """`rate` times a second, and up to `burst` at once; `now` in seconds, never falling."""

    rate: float
    burst: float
    _left: float = field(init=False)
    _at: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Begin full."""
        self._left = self.burst

    def take(self, now: float) -> bool:
        """Whether it may happen now; if so, it is counted."""
        gained = 0.0 if self._at is None else (now - self._at) * self.rate
        self._left = min(self.burst, self._left + gained)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass(slots=True)
class Pace:
    """At most once in `every` seconds for each name."""

    every: float
    _last: dict[str, float] = field(default_factory=dict)

    def take(self, name: str, now: float) -> bool:
        """Whether it may happen to `name` now; if so, it is noted."""
        last = self._last.get(name)
        if last is not None and now - last < self.every:
            return False
        if len(self._last) >= NAMES:
            self._last = {key: at for key, at in self._last.items() if now - at < self.every}
        self._last[name] = now
        return True

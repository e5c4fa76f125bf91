"""What is watched of a plant, and what one look at a machine gives."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bulkhead.errors import Problem, WrongInput
from bulkhead.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One machine at one moment.

    at: seconds of the plant's time (0 is a midnight). values: by signal, in the signal's unit;
    one that is missing has no value. zone: of its vibration by ISO 20816-3, "" without a value.
    controller: its PLC's state in a word, "" where that is not seen. damage: of its worst
    bearing, 0 to 1, None where nobody can see it; parts: which are damaged. note: what people do.
    last: no more readings of this moment follow, so that it can be shown at once.
    """

    at: float
    site: str
    device: str
    values: Mapping[str, float]
    zone: str = ""
    controller: str = ""
    damage: float | None = None
    parts: tuple[str, ...] = ()
    note: str = ""
    last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What to watch, and how.

    site: one of them, or None for all. start: the plant's time at the beginning, in sim. speed:
    seconds of the plant per second, other than 1 in sim alone. interval: seconds between two
    updates. seconds: for how long, None without an end; at least one update is given.
    """

    site: str | None = None
    seed: int = 1
    start: float = 0.0
    speed: float = 1.0
    interval: float = 1.0
    seconds: float | None = None
    state: Path = field(default_factory=Path)

    def __post_init__(self) -> None:
        """WrongInput for figures that mean nothing."""
        above = {"--speed": self.speed, "--interval": self.interval}
        least = {"--start": self.start, "--for": 0.0 if self.seconds is None else self.seconds}
        wrong = [
            Problem(where=name, what=f"{value:g} is not usable", allowed=allowed)
            for group, low, allowed in ((above, 0.0, "more than 0"), (least, -1e-9, "0 or more"))
            for name, value in group.items()
            if not math.isfinite(value) or value <= low
        ]
        if wrong:
            raise WrongInput(*wrong)


class Feed(Protocol):
    """An environment's plant. An update is what shares one `at`, or ends with a `last` one."""

    def __call__(self, plan: Plan, watch: Watch) -> Iterator[Reading]:
        """Readings as time goes by, until the watch ends. WrongInput for an unknown site."""
        ...

"""Live flows as actions: held through a way that should not be open, looked at, cut.

A rule that is taken back lets tracked flows run on, in AWS as in the lab: cutting them is a step
of its own.
"""

from dataclasses import dataclass
from typing import ClassVar

from bulkhead.drill.actions import Action, Path, known

CUT = "flow"
"""The layer of a refusal: the network tracks the flow no longer."""


@dataclass(frozen=True, slots=True)
class _Flow(Action):
    """A TCP connection from `source` to a port of `target`."""

    source: str
    target: str
    path: Path
    port: int


@known
@dataclass(frozen=True, slots=True)
class Hold(_Flow):
    """Open it and keep it. Done once it stands; else as Reach."""

    bound: ClassVar[float] = 45.0
    sabotage: ClassVar[bool] = True

    def undo(self) -> Action:
        """It is closed."""
        return Release(self.source, self.target, self.path, self.port)


@known
@dataclass(frozen=True, slots=True)
class Release(_Flow):
    """Close what Hold opened. Harmless where nothing is open."""


@known
@dataclass(frozen=True, slots=True)
class Passes(_Flow):
    """Whether a byte on the held connection still arrives. Refused with CUT where it does not.

    NotObserved where nothing is held.
    """


@known
@dataclass(frozen=True, slots=True)
class Cut(_Flow):
    """End the tracked flows between the two at that port. Done with the fact `cut`: how many."""

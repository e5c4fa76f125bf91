"""Findings: what was expected, what was seen, and which layer decided."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from bulkhead.errors import Problem, WrongInput

Standing = Literal["held", "deviated", "not observed", "not run", "censored"]
"""not observed: tried, and nobody can say. not run: the environment has nothing to try it on.
censored: the run ended before it could be known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a drill or an attack found out.

    subject: what was tried, the same words in every environment. expected, seen: in one or two
    words. layer: what decided, empty where nothing stopped it. attributed: what became of it
    with that layer alone lifted, empty where that was not tried. technique: its id in ATT&CK for
    ICS (v18.1). because: for people.
    """

    subject: str
    source: str
    target: str
    expected: str
    seen: str
    standing: Standing
    layer: str = ""
    attributed: str = ""
    technique: str = ""
    because: str = ""

    @property
    def told(self) -> tuple[str, ...]:
        """What must be the same in every environment; reasons may be worded differently."""
        tried = (self.source, self.target, self.subject)
        return (*tried, self.expected, self.seen, self.standing, self.layer, self.attributed)

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return asdict(self)


def finding_of(said: dict[str, Any]) -> Finding:
    """A finding that `as_dict` wrote; WrongInput for anything else."""
    try:
        return Finding(**said)
    except TypeError:
        raise WrongInput(Problem("timeline", f"{said!r} is no finding")) from None

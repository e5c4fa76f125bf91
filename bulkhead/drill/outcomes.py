"""What became of an action: a value, never an exception."""

from dataclasses import dataclass, field
from typing import Any

from bulkhead.errors import Problem, WrongInput

Facts = tuple[tuple[str, str], ...]
"""What was learned, as sorted pairs of a name and a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """It was carried out. `at`: when, by the source's own clock (Unix s), if the source says."""

    facts: Facts = ()
    at: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Something stopped it. `layer` names what (`group-ingress`, `broker-acl`), `reason` why."""

    layer: str
    reason: str = field(default="", compare=False)
    at: float | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotObserved:
    """Nobody can say what became of it. Never to be taken for a refusal or a success.

    lacking: it was not tried, for the environment has nothing to try it on.
    """

    reason: str = field(compare=False)
    lacking: bool = False
    at: float | None = field(default=None, compare=False)


Outcome = Done | Refused | NotObserved
SILENCE = "no answer within"
"""How the reason of a NotObserved begins where nobody waited any longer."""
WORDS: dict[type, str] = {Done: "done", Refused: "refused", NotObserved: "not observed"}


def word(outcome: Outcome) -> str:
    """`done`, `refused` or `not observed`."""
    return WORDS[type(outcome)]


def to_json(outcome: Outcome) -> dict[str, Any]:
    """As plain values; `from_json` reads it back."""
    said: dict[str, Any] = {"outcome": word(outcome), "at": outcome.at}
    match outcome:
        case Done():
            return said | {"facts": [list(pair) for pair in outcome.facts]}
        case Refused():
            return said | {"layer": outcome.layer, "reason": outcome.reason}
        case NotObserved():
            return said | {"reason": outcome.reason, "lacking": outcome.lacking}


def from_json(said: dict[str, Any]) -> Outcome:
    """An outcome that `to_json` wrote; WrongInput for anything else."""
    try:
        kind, at = said["outcome"], said["at"]
        if kind == "done":
            return Done(facts=tuple((str(a), str(b)) for a, b in said["facts"]), at=at)
        if kind == "refused":
            return Refused(layer=said["layer"], reason=said["reason"], at=at)
        if kind == "not observed":
            return NotObserved(reason=said["reason"], lacking=said["lacking"], at=at)
    except (KeyError, TypeError, ValueError):
        pass
    raise WrongInput(
        Problem("timeline", f"{said!r} is no outcome", allowed=", ".join(WORDS.values()))
    )


def silent(outcome: Outcome) -> bool:
    """Whether there was no answer in time, rather than one that tells nothing."""
    return isinstance(outcome, NotObserved) and outcome.reason.startswith(SILENCE)

"""Who takes part in an exercise, and as what: stated before it, written into its timeline."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast, get_args

from bulkhead.drill.exercise import Role
from bulkhead.errors import Problem, WrongInput

ROLES: tuple[str, ...] = get_args(Role)


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in the room, in one of HSEEP's roles."""

    role: Role
    name: str


def participant(text: str) -> Participant:
    """`player:Kari Nordmann` read; WrongInput for another role, or without a name."""
    role, _, name = text.partition(":")
    if role not in ROLES or not name.strip():
        allowed = f"ROLE:NAME, with a role out of {', '.join(ROLES)}"
        raise WrongInput(Problem(f"--as {text}", "nobody takes part like this", allowed=allowed))
    return Participant(cast("Role", role), " ".join(name.split()))


def named(everybody: Iterable[Participant], role: Role) -> tuple[str, ...]:
    """The names of those in a role, as stated."""
    return tuple(one.name for one in everybody if one.role == role)

"""The catalogue of attacks: every module of every tactic that declares an ATTACK."""

from collections.abc import Sequence
from typing import ClassVar, Protocol, cast

import simulator.attacks
from bulkhead.drill import Attack
from bulkhead.drill.drills import About
from bulkhead.plan import Plan
from simulator.catalogue import chosen, declared


class Kind(Protocol):
    """An attack's class."""

    about: ClassVar[About]

    def __call__(self, plan: Plan, sources: Sequence[str] = ()) -> Attack:
        """The attack on an estate, from some hosts or from those that it would choose.

        WrongInput for a host from which this attack does not start.
        """


def catalogue() -> dict[str, Kind]:
    """Every attack by name, in order. ValueError where two share one."""
    return declared(simulator.attacks, "ATTACK", depth=2)


def named(name: str) -> Kind:
    """The attack of that name; WrongInput with those that there are."""
    return cast("Kind", chosen(catalogue(), name, "attack"))

"""The catalogue of attacks: every module of every tactic that declares an ATTACK."""

import importlib
import pkgutil
from collections.abc import Sequence
from difflib import get_close_matches
from typing import ClassVar, Protocol

import simulator.attacks
from bulkhead.drill import Attack
from bulkhead.drill.drills import About
from bulkhead.errors import Problem, WrongInput
from bulkhead.plan import Plan


class Kind(Protocol):
    """An attack's class."""

    about: ClassVar[About]

    def __call__(self, plan: Plan, sources: Sequence[str] = ()) -> Attack:
        """The attack on an estate, from some hosts or from those that it would choose.

        WrongInput for a host from which this attack does not start.
        """


def catalogue() -> dict[str, Kind]:
    """Every attack by name, in order. ValueError where two share one."""
    found: dict[str, Kind] = {}
    for module in sorted(_modules()):
        attack = getattr(importlib.import_module(module), "ATTACK", None)
        if attack is None:
            continue
        if attack.about.name in found:
            raise ValueError(f"two attacks are called {attack.about.name}: {module}")
        found[attack.about.name] = attack
    return dict(sorted(found.items()))


def named(name: str) -> Kind:
    """The attack of that name; WrongInput with those that there are."""
    known = catalogue()
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=3)
    raise WrongInput(
        Problem(where=name, what="there is no such attack", allowed=", ".join(near or known))
    )


def _modules() -> list[str]:
    """Modules two levels below: a tactic, then an attack."""
    below = pkgutil.walk_packages(simulator.attacks.__path__, "simulator.attacks.")
    return [item.name for item in below if not item.ispkg and item.name.count(".") == 3]

"""The catalogue of drills: every module beside this one that declares a DRILL."""

from typing import ClassVar, Protocol, cast

import simulator.drills
from bulkhead.drill.drills import About, Exercised
from bulkhead.plan import Plan
from simulator.catalogue import chosen, declared


class Kind(Protocol):
    """A drill's class."""

    about: ClassVar[About]

    def __call__(self, plan: Plan, tenant: str | None = None) -> Exercised:
        """The drill on an estate, with one tenant, or with the one that it would choose.

        WrongInput for a tenant that is not there or with which it cannot be held.
        """


def catalogue() -> dict[str, Kind]:
    """Every drill by name, in order. ValueError where two share one."""
    return declared(simulator.drills, "DRILL", depth=1)


def named(name: str) -> Kind:
    """The drill of that name; WrongInput with those that there are."""
    return cast("Kind", chosen(catalogue(), name, "drill"))

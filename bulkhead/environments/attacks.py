"""The catalogue of attacks, for the command."""

from collections.abc import Sequence

from bulkhead.drill.drills import About, Drill
from bulkhead.plan import Plan


def known() -> list[About]:
    """Every attack of the catalogue."""
    from simulator.attacks import catalogue

    return [attack.about for attack in catalogue().values()]


def about(name: str) -> About:
    """One of them; WrongInput with those that there are."""
    from simulator.attacks import named

    return named(name).about


def attack(name: str, plan: Plan, sources: Sequence[str]) -> Drill:
    """An attack on an estate; WrongInput for a name or a source that does not fit."""
    from simulator.attacks import named

    return named(name)(plan, sources)

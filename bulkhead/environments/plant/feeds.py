"""Where a plant can be watched: `FEEDS` is where an environment is added."""

from collections.abc import Callable, Iterator, Mapping

from bulkhead.environments.plant.watching import Feed, Reading, Watch
from bulkhead.errors import Problem, WrongInput
from bulkhead.plan import Plan


def readings(plan: Plan, env: str, watch: Watch) -> Iterator[Reading]:
    """The readings of an environment's plant; WrongInput where speed or environment do not fit."""
    if env not in FEEDS:
        raise WrongInput(
            Problem("--env", f"no plant runs in {env!r}", allowed=", ".join(sorted(FEEDS)))
        )
    if env != "sim" and watch.speed != 1.0:
        raise WrongInput(
            Problem(
                where="--speed",
                what=f"{watch.speed:g} in {env}: packets and clocks there do not accelerate",
                allowed="1, or --env sim",
            )
        )
    return FEEDS[env]()(plan, watch)


def _sim() -> Feed:
    from bulkhead.environments.plant.sim import feed

    return feed


def _lab() -> Feed:
    from bulkhead.environments.plant.lab import feed

    return feed


FEEDS: Mapping[str, Callable[[], Feed]] = {"sim": _sim, "lab": _lab}
"""By environment: what imports its feed and gives it."""

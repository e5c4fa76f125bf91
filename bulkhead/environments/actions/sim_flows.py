"""Live flows in `sim`: a tracked flow outlives its rule; one that is cut needs a rule again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import simpy

from bulkhead.drill.actions import Action, Path
from bulkhead.drill.environment import Handler
from bulkhead.drill.flows import CUT, Cut, Hold, Passes, Release
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, Refused
from bulkhead.environments.actions.durations import SECONDS, UNACKNOWLEDGED
from bulkhead.environments.actions.sim_incidents import Answer, Timed
from bulkhead.environments.actions.sim_world import World
from bulkhead.network.deployed import Flow

Key = tuple[str, str, Path, int]


def handlers(world: World, clock: simpy.Environment) -> dict[type[Action], Handler]:
    """One for each kind of action on flows."""
    model = _Flows(world, clock)
    acts: dict[type[Action], Callable[[Any], Answer]] = {
        Hold: model.hold,
        Release: model.release,
        Passes: model.passes,
        Cut: model.cut,
    }
    return {kind: Timed(SECONDS[kind], answer) for kind, answer in acts.items()}


@dataclass(frozen=True, slots=True)
class _Flows:
    """tracked: whether the network still tracks each flow that is held."""

    world: World
    clock: simpy.Environment
    tracked: dict[Key, bool] = field(default_factory=dict)

    def hold(self, action: Hold) -> Answer:
        """It stands where the network lets it through."""
        yield from ()
        met = self._met(action)
        if isinstance(met, Done):
            self.tracked[_key(action)] = True
            return Done()
        return met

    def release(self, action: Release) -> Answer:
        """Gone."""
        yield from ()
        self.tracked.pop(_key(action), None)
        return Done()

    def passes(self, action: Passes) -> Answer:
        """A tracked flow does; another only where a rule would let it begin."""
        tracked = self.tracked.get(_key(action))
        if tracked is None:
            return NotObserved(reason="no such flow is held")
        if tracked or isinstance(self._met(action), Done):
            return Done()
        yield self.clock.timeout(UNACKNOWLEDGED)
        return Refused(layer=CUT, reason="what is sent is no longer acknowledged")

    def cut(self, action: Cut) -> Answer:
        """The network forgets those between the two at that port."""
        yield from ()
        ends = (action.source, action.target, action.port)
        found = [key for key, on in self.tracked.items() if on and (key[0], key[1], key[3]) == ends]
        for key in found:
            self.tracked[key] = False
        return Done(facts=(("cut", str(len(found))),))

    def _met(self, action: Hold | Passes) -> Outcome:
        return self.world.met(Flow(action.source, action.target, action.path, "tcp", action.port))


def _key(action: Hold | Release | Passes) -> Key:
    return (action.source, action.target, action.path, action.port)

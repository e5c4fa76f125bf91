"""The handlers of `sim`: outcomes from the model, durations as the lab shows them, no packets."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import simpy

from bulkhead.drill.actions import (
    Action,
    Lift,
    Neighbours,
    Plant,
    Publish,
    PutBack,
    Query,
    Reach,
    Unplant,
)
from bulkhead.drill.environment import Environment, Handler, Steps
from bulkhead.drill.outcomes import Done, NotObserved, Outcome
from bulkhead.environments.actions import sim_flows, sim_incidents
from bulkhead.environments.actions.durations import SECONDS
from bulkhead.environments.actions.sim_estate import Estate
from bulkhead.environments.actions.sim_world import World
from bulkhead.plan import Plan

NO_SERVICES = "hosts here are networks alone: no broker and no historian runs on them"
"""Why nothing is tried on services of bare hosts."""


def environment(plan: Plan, *, machines: bool = True) -> Environment:
    """The estate as the program declares it, in virtual time.

    machines: hosts with their own filters and services; else networks alone, as bare hosts are.
    """
    from bulkhead.environments import sim
    from bulkhead.environments.filters import planned_filters

    deployed = sim.deployed(plan)
    filters = planned_filters(plan, deployed) if machines else {}
    return of(World(plan, deployed, filters, services=machines))


def of(world: World) -> Environment:
    """An environment on a given world."""
    table: dict[type[Action], Callable[..., Outcome]] = {
        Neighbours: lambda action: _neighbours(world, action),
        Reach: world.attempt,
        Lift: lambda action: world.lift(action.attempt, action.layer),
        PutBack: lambda action: world.put_back(action.attempt, action.layer),
    }
    if world.services:
        table |= {
            Publish: world.attempt,
            Query: world.attempt,
            Plant: lambda action: _plant(world, action),
            Unplant: lambda action: _unplant(world, action),
        }
    clock = simpy.Environment()
    handlers: dict[type[Action], Handler] = {
        kind: _Model(SECONDS[kind], answer) for kind, answer in table.items()
    }
    handlers |= sim_flows.handlers(world, clock)
    incidents = sim_incidents.handlers(world, Estate(world.plan, clock))
    if world.services:
        return Environment("sim", clock, handlers | incidents, hostile=True)
    lacks = dict.fromkeys((Publish, Query, Plant, Unplant, *incidents), NO_SERVICES)
    return Environment("sim", clock, handlers, lacks, hostile=True)


@dataclass(frozen=True, slots=True)
class _Model:
    """Answers each action by a function, after the seconds that one batch takes in the lab."""

    seconds: float
    answer: Callable[..., Outcome]

    def perform(self, clock: simpy.Environment, actions: Sequence[Action]) -> Steps:
        """See Handler."""
        yield clock.timeout(self.seconds)
        return [self.answer(action) for action in actions]


def _neighbours(world: World, action: Neighbours) -> Outcome:
    """Nobody: every host has a link of its own to the network, as in a VPC."""
    if not any(row.host == action.source for row in world.deployed.interfaces):
        return NotObserved(reason=f"no host {action.source} runs here")
    return Done()


def _plant(world: World, action: Plant) -> Outcome:
    if not any(host.id == action.historian for host in world.plan.hosts):
        return NotObserved(reason=f"there is no historian {action.historian}")
    world.planted.add((action.historian, action.tenant))
    return Done()


def _unplant(world: World, action: Unplant) -> Outcome:
    world.planted.discard((action.historian, action.tenant))
    return Done()

"""Live flows in the lab: a real connection, kept by a process on its source, and conntrack."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bulkhead.drill.flows import CUT, Cut, Hold, Passes, Release
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, Refused
from bulkhead.environments.actions.lab_attempts import reached
from bulkhead.environments.actions.lab_hosts import Errand, Hosts
from bulkhead.environments.actions.lab_impostors import Running
from bulkhead.network.deployed import Flow
from bulkhead.plan.tables import Path

if TYPE_CHECKING:
    from bulkhead.environments.standing import Standing

PATIENCE = 2.0
"""Seconds in which an acknowledgement comes, or the flow is stuck: TCP has asked twice by then."""
ANSWER = 10.0
LOOK = 0.2
Key = tuple[str, str, Path, int]


@dataclass(frozen=True, slots=True)
class Flows:
    """The flows that are held in one run."""

    standing: "Standing"
    hosts: Hosts
    held: dict[Key, Running] = field(default_factory=dict)

    def hold(self, action: Hold) -> Outcome:
        """The network first, so that a refusal has its layer; then a connection of its own."""
        flow = Flow(action.source, action.target, action.path, "tcp", action.port)
        [met] = reached(self.hosts, action.source, [flow])
        if not isinstance(met, Done):
            return met
        job = {"id": 0, "address": self.hosts.destination(flow), "port": action.port}
        running = Running(Errand(self.hosts, action.source, "keep", [job], PATIENCE))
        if self._said(running) != "granted":
            running.errand.close()
            return NotObserved(reason="it reached the port, and no connection came about")
        self._end(_key(action))
        self.held[_key(action)] = running
        return Done()

    def release(self, action: Release) -> Outcome:
        """Its standard input is closed."""
        self._end(_key(action))
        return Done()

    def passes(self, action: Passes) -> Outcome:
        """The other end's kernel acknowledges, or it does not."""
        running = self.held.get(_key(action))
        if running is None:
            return NotObserved(reason="no such flow is held")
        running.errand.ask()
        said = self._said(running)
        if said == "passes":
            return Done()
        if said == "stuck":
            return Refused(layer=CUT, reason="what is sent is no longer acknowledged")
        return NotObserved(reason=f"the holder said {said or 'nothing'}")

    def cut(self, action: Cut) -> Outcome:
        """By the region, which tracks them."""
        ended = self.standing.cut(action.target, action.source, action.port)
        return Done(facts=(("cut", str(ended)),))

    def _said(self, running: Running) -> str:
        """Its next word; empty if none comes."""
        end = time.monotonic() + ANSWER
        while running.over is None and time.monotonic() < end:
            for row in running.hear(LOOK):
                return str(row["said"])
        return ""

    def _end(self, key: Key) -> None:
        running = self.held.pop(key, None)
        if running is not None:
            running.errand.close()


def _key(action: Hold | Release | Passes) -> Key:
    return (action.source, action.target, action.path, action.port)

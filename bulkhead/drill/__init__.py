"""Drills: actions in an environment, outcomes as values, one timeline, every action rolled back.

A drill (and an attack, which is a kind of it) is written once, as a generator of actions; an
environment is a table from action to handler. Nothing here knows sim, lab or aws.
"""

from bulkhead.drill import flows, incidents
from bulkhead.drill.actions import Action
from bulkhead.drill.drills import Attack, Drill
from bulkhead.drill.environment import Environment, Handler
from bulkhead.drill.findings import Finding
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, Refused
from bulkhead.drill.runner import Report, run
from bulkhead.drill.timeline import Row, Timeline

__all__ = [
    "Action",
    "Attack",
    "Done",
    "Drill",
    "Environment",
    "Finding",
    "Handler",
    "NotObserved",
    "Outcome",
    "Refused",
    "Report",
    "Row",
    "Timeline",
    "flows",
    "incidents",
    "run",
]

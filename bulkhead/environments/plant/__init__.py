"""The plant as it can be watched: one reading per machine and moment, from any environment.

An environment gives a feed; how readings are shown is the command's own matter.
"""

from bulkhead.environments.plant.feeds import FEEDS, readings
from bulkhead.environments.plant.watching import Feed, Reading, Watch

__all__ = ["FEEDS", "Feed", "Reading", "Watch", "readings"]

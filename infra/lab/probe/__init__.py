"""The packet prober: real packets for every flow asked, and an observed verdict for each."""

from infra.lab.probe.listeners import Vantage, connect, listeners
from infra.lab.probe.namespace import inside
from infra.lab.probe.rounds import observe
from infra.lab.probe.trial import Observation

__all__ = ["Observation", "Vantage", "connect", "inside", "listeners", "observe"]

"""The estate and its topology as a picture: frames, zones, hosts, conduits, findings in red. Pure.

The provider's own plane stands on top with the internet beside it; below it run rails, one for
each shared zone, and each tenant's frame taps the rails that its conduits use. Only what a finding
names is red.
"""

from bulkhead.evidence.topology.picture import picture
from bulkhead.evidence.topology.red import Crossing

__all__ = ["Crossing", "picture"]

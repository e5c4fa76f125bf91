"""What AWS delivers by itself: flow logs and the journal of API calls, put into the store of logs.

The region does it in a thread, with the shipper that hosts run: one spool, each batch once. Its way
to the store is AWS's own (from within the store's host), not the estate's: no conduit is needed.
"""

from infra.lab.delivery.delivering import Delivery
from infra.lab.delivery.target import Target, appoint

__all__ = ["Delivery", "Target", "appoint"]

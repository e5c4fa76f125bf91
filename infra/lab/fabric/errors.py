"""What the fabric says when it cannot enforce what is deployed."""

from bulkhead.errors import BulkheadError


class FabricError(BulkheadError):
    """The fabric cannot enforce what is deployed; nothing passes until an `apply` succeeds."""

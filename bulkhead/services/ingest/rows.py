"""What a batch of messages becomes in the historian: frozen rows. Times: ms since 1970 (UTC)."""

from dataclasses import dataclass, field

from bulkhead.wire.telemetry import Reading

KEPT = 1_024
"""Bytes of a refused payload that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A reading and the node it came from."""

    node: str
    reading: Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A message that did not fit, or a part of it. `reason`: few fixed words, to count by."""

    topic: str
    reason: str
    detail: str
    size: int
    payload: bytes


@dataclass(slots=True, kw_only=True)
class Gap:
    """A hole: `missed` messages (None: nobody can say) sampled in [after, before]."""

    node: str
    missed: int | None
    after: int
    before: int


@dataclass(slots=True, kw_only=True)
class Node:
    """Where a node's stream stands; the columns of table nodes, where they are explained.

    devices: the signals that each was born with. stored: of committed batches.
    """

    name: str
    bd_seq: int = 0
    seq: int = 0
    online: bool = False
    births: int = 0
    devices: dict[str, list[str]] = field(default_factory=dict)
    last_at: int | None = None
    taken: int | None = None
    waiting: int = 0
    dropped: int = 0
    stored: int = 0
    refused: int = 0
    before: int = 0

    def lost(self, stored: int) -> int | None:
        """Values that should be here by the gateway's count, and are not."""
        if self.taken is None:
            return None
        return max(0, self.taken - self.waiting - self.dropped - self.refused - stored)

    def report(self, taken: int, waiting: int, dropped: int) -> None:
        """The gateway's counts; one that took fewer than before has lost its memory."""
        if self.taken is not None and taken < self.taken:
            self.before += (self.lost(self.stored) or 0) + self.dropped
            self.stored = self.refused = 0
        self.taken, self.waiting, self.dropped = taken, waiting, dropped


@dataclass(slots=True, kw_only=True)
class Batch:
    """All that one transaction writes, and the nodes to ask for a birth once it is committed.

    full: nothing may be added. A report of counts closes a batch, so that it meets what was stored
    before it, and not what came after.
    """

    values: list[Value] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    rebirths: set[str] = field(default_factory=set)
    messages: int = 0
    full: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What came from the broker. received: ms since 1970."""

    topic: str
    payload: bytes
    retained: bool
    received: int

"""What is sent when: births once the host is online, live values at once, late ones slowly."""

import logging
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby

from bulkhead.services.gateway.config import Settings
from bulkhead.services.gateway.edge import Edge, Message
from bulkhead.services.gateway.outbox import DROPPED as DROPPED_HERE
from bulkhead.services.gateway.outbox import REFUSED as REFUSED_HERE
from bulkhead.services.gateway.outbox import STANDIN as STANDIN_HERE
from bulkhead.services.gateway.outbox import UNKEPT, Outbox, Row
from bulkhead.wire import sparkplug, state
from bulkhead.wire.telemetry import DROPPED, REFUSED, STANDIN, TAKEN, WAITING
from bulkhead.wire.topics import Kind, StateTopic, Topic, primary_host

BATCH = 200
"""Most values of one message."""
LIVE = 2_000
"""Most live values, and most late ones, of one step."""
BIRTH_S = 1.0
"""Least time between two births, whoever asks."""
COUNTS_S = 10.0
"""Least time between two NDATA of counters; also how often old values are forgotten."""
NEWEST = 1 << 62
log = logging.getLogger(__name__)


class HostGone(Exception):
    """The primary host says that it is offline: leave, and come back to wait for it."""


class Session:
    """One MQTT session of the edge node. `now` is ms since 1970, `tick` monotonic seconds.

    publish: hands a message to the connection. crowded: whether it does not take more now.
    """

    def __init__(
        self,
        settings: Settings,
        edge: Edge,
        outbox: Outbox,
        publish: Callable[[Message], object],
        crowded: Callable[[], bool],
    ) -> None:
        self._settings, self._edge, self._outbox = settings, edge, outbox
        self._publish, self._crowded = publish, crowded
        self._host = state.HostWatch()
        self._state = str(StateTopic(host=primary_host(settings.tenant)))
        self._command = str(Topic(tenant=settings.tenant, kind=Kind.NCMD, node=settings.node))
        self._born_at: float | None = None
        self._rebirth = self._gone = False
        self._mark = 0
        self._credit, self._refilled = 0.0, 0.0
        self._counts: dict[str, int] = {}
        self._counted = 0.0

    @property
    def subscriptions(self) -> list[str]:
        """What the session must hear: its host's state and its own commands."""
        return [self._state, self._command]

    def hear(self, topic: str, payload: bytes) -> None:
        """Take in a message; what is malformed or not obeyed is counted."""
        try:
            if topic == self._state:
                self._host_says(state.decode(payload))
            elif topic == self._command and sparkplug.asks_rebirth(sparkplug.decode(payload)):
                self._rebirth = True
            else:
                self._refuse("a command that is not obeyed")
        except sparkplug.Malformed as error:
            self._refuse(str(error))

    def step(self, now: int, tick: float) -> float:
        """Send what may be sent; in how many seconds (at most 10) there is more to do.

        Raises HostGone once the host that the node was born for is offline.
        """
        if self._gone:
            raise HostGone
        if not self._host.online:
            return COUNTS_S
        if self._born_at is None or (self._rebirth and tick - self._born_at >= BIRTH_S):
            self._be_born(now, tick)
        more = self._send_live(now) or self._send_late(now, tick)
        self._housekeep(now, tick)
        return 0.1 if more or self._rebirth else COUNTS_S

    def _host_says(self, said: state.HostState) -> None:
        if self._host.hear(said):
            log.info("the primary host is %s", "online" if said.online else "offline")
            if not said.online and self._born_at is not None:
                self._gone = True

    def _refuse(self, why: str) -> None:
        log.warning("refused: %s", why)
        self._outbox.count(REFUSED_HERE)

    def _be_born(self, now: int, tick: float) -> None:
        """What waits or was sent lately from now on counts as late; the rest as live."""
        self._mark = self._outbox.last()
        again = self._outbox.rewind(now - self._settings.recent_s * 1000)
        self._counts = self._counters()
        for message in self._edge.births(now, self._counts, self._outbox.latest):
            self._publish(message)
        self._born_at, self._rebirth = tick, False
        self._credit, self._refilled, self._counted = 0.0, tick, tick
        log.info("born; %d values follow late, %d of them again", self._counts[WAITING], again)

    def _send_live(self, now: int) -> bool:
        """Send values that came since the birth; whether there may be more."""
        if self._crowded():
            return True
        rows = self._outbox.waiting(self._mark, NEWEST, LIVE)
        for device, some in groupby(rows, key=lambda row: row.reading.device):
            self._publish_all(device, list(some), now)
        if rows:
            self._outbox.sent(self._mark, rows[-1].id, now)
        return len(rows) == LIVE

    def _send_late(self, now: int, tick: float) -> bool:
        """Send values that waited, no more than the rate allows; whether there may be more."""
        rate = self._settings.drain_per_s
        self._credit = min(rate, self._credit + (tick - self._refilled) * rate)
        self._refilled = tick
        if self._crowded() or self._credit < 1:
            return True
        rows = self._outbox.waiting(0, self._mark, min(int(self._credit), LIVE))
        late: dict[str, list[Row]] = {}
        for row in rows:
            late.setdefault(row.reading.device, []).append(row)
        for device, some in late.items():
            self._publish_all(device, some, now, historical=True)
        if rows:
            self._outbox.sent(0, rows[-1].id, now)
            self._credit -= len(rows)
        return bool(rows)

    def _publish_all(
        self, device: str, rows: list[Row], now: int, *, historical: bool = False
    ) -> None:
        for start in range(0, len(rows), BATCH):
            batch = rows[start : start + BATCH]
            readings = [replace(row.reading, is_historical=historical) for row in batch]
            self._publish(self._edge.data(device, readings, now))

    def _counters(self) -> dict[str, int]:
        unkept = self._outbox.counter(UNKEPT)
        return {
            TAKEN: self._outbox.last() + unkept,
            DROPPED: self._outbox.counter(DROPPED_HERE) + unkept,
            WAITING: self._outbox.backlog(),
            REFUSED: self._outbox.counter(REFUSED_HERE),
            STANDIN: self._outbox.counter(STANDIN_HERE),
        }

    def _housekeep(self, now: int, tick: float) -> None:
        if tick - self._counted < COUNTS_S:
            return
        self._counted = tick
        self._outbox.forget(now - self._settings.recent_s * 1000)
        counts = self._counters()
        if counts != self._counts:
            self._publish(self._edge.counts(counts, now))
            self._counts = counts

"""The loop: broker to batches, batches to the historian; online only while both are there."""

import sys
import time
from dataclasses import dataclass, field
from typing import Any

import psycopg

from bulkhead.services.ingest import status
from bulkhead.services.ingest.config import Config
from bulkhead.services.ingest.historian import Away, Historian, OtherTenant
from bulkhead.services.ingest.judge import Judge
from bulkhead.services.ingest.link import Inbox, Link
from bulkhead.services.ingest.rows import Batch, Refusal
from bulkhead.services.ingest.status import Counters

PATIENCE = 0.5
"""Seconds that one step waits at most, so that signals and ends of connections are heard."""
HEARTBEAT = 2.0
"""Seconds without a commit after which the historian is asked whether it is still there."""


@dataclass(slots=True)
class Retry:
    """When to try again: soon, then ever later, up to `most` seconds."""

    most: float = 5.0
    _next: float = 0.0
    _wait: float = 0.2

    def due(self) -> bool:
        """Whether it is time; if so the next time is set."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next, self._wait = now + self._wait, min(self._wait * 2, self.most)
        return True

    def held(self) -> None:
        """It worked: begin anew."""
        self._next, self._wait = 0.0, 0.2


@dataclass(slots=True)
class Service:
    """One ingest service. `stopping` and `renew` may be set by a signal's handler."""

    config: Config
    stopping: bool = False
    renew: bool = False
    counters: Counters = field(default_factory=Counters)
    _inbox: Inbox = field(init=False)
    _historian: Historian = field(init=False)
    _judge: Judge = field(init=False)
    _link: Link | None = None
    _loaded: bool = False
    _number: int = 0
    _pending: Batch | None = None
    _problem: str = ""
    _broker: Retry = field(default_factory=Retry)
    _store: Retry = field(default_factory=Retry)
    _spoke: float = 0.0
    _written: float = 0.0
    _said: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare; nothing is connected yet."""
        self._inbox = Inbox(self.config.limits.queue)
        self._historian = Historian(self.config)
        self._judge = Judge(self.config.tenant, self.config.limits)

    def run(self) -> None:
        """Until `stopping`; then commit what waits, say offline, leave."""
        while not self.stopping:
            self.step()
        deadline = time.monotonic() + 5
        while len(self._inbox) and self._historian.connected and time.monotonic() < deadline:
            self._move(0.0)
        if self._link is not None:
            self._link.close()
        self._historian.close()

    def step(self) -> None:
        """One turn; returns within about PATIENCE while both servers answer."""
        if self.renew:
            self._renew()
        if not self._historian.connected and self._store.due():
            self._reach_historian()
        if (self._link is None or self._link.over) and self._broker.due():
            self._reach_broker()
        self._say_state()
        if self._historian.connected:
            self._move(PATIENCE)
        else:
            time.sleep(PATIENCE / 5)
        self._report()

    def _renew(self) -> None:
        """New certificates or revocation lists: both connections are made anew."""
        self.renew = False
        if self._link is not None:
            self._link.close()
        self._historian.close()
        self._broker.held()
        self._store.held()

    def _reach_historian(self) -> None:
        try:
            self._historian.connect()
            committed = self._historian.committed()
            if not self._loaded or committed != self._number:
                self._judge.nodes = self._historian.nodes()
                self._reconsider(committed)
                self._number, self._loaded = committed, True
        except (Away, OtherTenant) as error:
            self._historian.close()
            self._complain(f"historian: {error}")
        else:
            self._store.held()
            self._spoke = time.monotonic()
            self._complain("")

    def _reconsider(self, committed: int) -> None:
        """What to do with a batch that may have been committed, and others with it."""
        if self._pending is None or committed == self._number + 1:
            self._pending = None  # it was committed, and only the answer was lost
        else:  # somebody else wrote: its values are as good as ever, its view of nodes is not
            self._pending.nodes, self._pending.gaps = {}, []

    def _reach_broker(self) -> None:
        if self._link is not None:
            self._complain(f"broker: {self._link.over}")
            self._link.close()
            self._link = None
        try:
            link = Link(self.config, self._inbox)
            link.open()
        except (OSError, ValueError) as error:
            self._complain(f"broker: {error}")
        else:
            self._link = link

    def _say_state(self) -> None:
        """Online while values can be committed; else gateways shall keep them."""
        if self._link is not None and self._link.ready:
            self._broker.held()
            self._link.say(self._historian.connected and self._pending is None)

    def _move(self, patience: float) -> None:
        """Commit one batch, or see that the historian is still there."""
        batch, self._pending = self._pending or self._gather(patience), None
        if batch is not None:
            self._commit(batch)
        elif time.monotonic() - self._spoke > HEARTBEAT:
            try:
                self._historian.committed()
                self._spoke = time.monotonic()
            except Away as error:
                self._lose_historian(error)

    def _gather(self, patience: float) -> Batch | None:
        """The next messages as a batch: what comes within `linger` of the first."""
        first = self._inbox.get(patience)
        if first is None:
            return None
        batch, limits = Batch(), self.config.limits
        self._judge.take(first, batch)
        end = time.monotonic() + limits.linger
        while max(len(batch.values), batch.messages) < limits.batch and not batch.full:
            message = self._inbox.get(end - time.monotonic())
            if message is None:
                break
            self._judge.take(message, batch)
        return batch

    def _commit(self, batch: Batch) -> None:
        start = time.monotonic()
        try:
            fresh = self._historian.write(self._number + 1, batch)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            self._set_aside(batch, error)
        except Away as error:
            self._pending = batch
            self._lose_historian(error)
        else:
            self._spoke = time.monotonic()
            self._number += 1
            self._count(batch, fresh, self._spoke - start)
            self._ask_births(batch)

    def _set_aside(self, batch: Batch, error: psycopg.Error) -> None:
        """What the historian will never take must not stop what comes after it."""
        if not batch.values and not batch.gaps:
            raise error
        detail = f"{len(batch.values)} values: {type(error).__name__}"
        self._judge.refused["historian"] = self._judge.refused.get("historian", 0) + 1
        batch.refusals = [
            Refusal(topic="", reason="historian", detail=detail[:256], size=0, payload=b"")
        ]
        batch.values, batch.gaps = [], []
        self._complain(f"historian: {error}")
        self._pending = batch

    def _lose_historian(self, error: psycopg.Error) -> None:
        self._historian.close()
        self._complain(f"historian: {error}")
        self._say_state()

    def _count(self, batch: Batch, fresh: dict[str, int], seconds: float) -> None:
        counters, new = self.counters, sum(fresh.values())
        for name, more in fresh.items():
            if name in self._judge.nodes:  # not after another wrote, see _reconsider
                self._judge.nodes[name].stored += more
        counters.messages += batch.messages
        counters.stored += new
        counters.repeated += len(batch.values) - new
        counters.batches += 1
        counters.gaps += len(batch.gaps)
        counters.commit_ms = round(seconds * 1000, 2)

    def _ask_births(self, batch: Batch) -> None:
        if self._link is not None and self._link.ready:
            for node in sorted(batch.rebirths):
                self._link.ask_birth(node)
                self.counters.rebirths += 1

    def _complain(self, problem: str) -> None:
        """Once for each change, to the journal."""
        if problem and problem != self._problem:
            sys.stderr.write(problem.strip().replace("\n", " ") + "\n")
        self._problem = problem

    def _report(self) -> None:
        """Once a second, and when something changed that somebody may wait for."""
        now, link = time.monotonic(), self._link
        said = {
            "tenant": self.config.tenant,
            "broker": bool(link and link.ready),
            "historian": self._historian.connected,
            "online": bool(link and link.online),
            "problem": self._problem,
        }
        if said != self._said or now - self._written >= 1:
            self._said, self._written = said, now
            self.counters.overflow = self._inbox.overflow
            self.counters.refused = dict(self._judge.refused)
            status.write(self.config.status, self.counters, queue=len(self._inbox), **said)

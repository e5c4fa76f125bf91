"""The thread that reads the source at a steady pace, whatever the connection does."""

import logging
import sqlite3
import time
from collections.abc import Callable
from threading import Event, Thread

from bulkhead.services.gateway.outbox import UNKEPT, Outbox
from bulkhead.services.gateway.source import Sample, Source, Unreadable

log = logging.getLogger(__name__)


class Sampler(Thread):
    """Reads every `interval` seconds and calls `wake`.

    `failure`: what ended it, if anything. `seen`: when it last went to the source (monotonic s).
    A value that the disk does not take is counted, as taken and as dropped, once it takes that.
    """

    def __init__(
        self, source: Source, outbox: Outbox, interval: float, wake: Callable[[], None]
    ) -> None:
        super().__init__(name="sampler", daemon=True)
        self._source, self._outbox, self._interval, self._wake = source, outbox, interval, wake
        self._ended = Event()
        self._uncounted = 0
        self._complained = ""
        self.failure: BaseException | None = None
        self.seen = time.monotonic()

    def run(self) -> None:
        """Read until stopped; a reading that comes too late is left out."""
        due = time.monotonic()
        try:
            while not self._ended.wait(max(0.0, due - time.monotonic())):
                self.seen = time.monotonic()
                self._once()
                late = time.monotonic() - due
                due += self._interval * (1 + max(0, int(late / self._interval)))
        except BaseException as error:
            self.failure = error
        self._wake()

    def stop(self) -> None:
        """End after the reading at hand."""
        self._ended.set()
        self.join()

    def _once(self) -> None:
        at = time.time_ns() // 1_000_000
        try:
            samples = list(self._source.read(at))
        except Unreadable as error:
            self._complain(f"the source cannot be read: {error}")
            return
        try:
            self._keep(samples, at)
        except sqlite3.OperationalError as error:
            self._uncounted += len(samples)
            self._complain(f"the disk does not take values: {error}")
            return
        self._complain("")
        self._wake()

    def _keep(self, samples: list[Sample], at: int) -> None:
        self._outbox.put(samples, at)
        if self._uncounted:
            self._outbox.count(UNKEPT, self._uncounted)
            self._uncounted = 0

    def _complain(self, what: str) -> None:
        """Say what is wrong once, and once that it is right again."""
        if what != self._complained:
            log.warning("%s", what or "values are read and kept again")
            self._complained = what

"""The bridge to the wall clock: simpy's time is real time, and calls run beside it.

simpy's own RealtimeEnvironment sleeps and so hears nothing meanwhile; here the wait is on a
queue. What a call answers is stamped where it ends, and takes effect at that time, or when the
next event is due if that is earlier: a busy loop does not turn an answer in time into a late
one. While calls are outstanding, an empty schedule waits.
"""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import simpy


@dataclass(frozen=True, slots=True)
class Failed:
    """A call's exception, as a value: simpy would rebuild it from its arguments."""

    error: Exception


class _Arrival(NamedTuple):
    stamp: float
    event: simpy.Event
    value: Any


class Bridge(simpy.Environment):
    """An environment whose seconds are the wall's, from 0 at its making."""

    def __init__(self, wall: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._wall, self._epoch = wall, wall()
        self._arrivals: queue.SimpleQueue[_Arrival] = queue.SimpleQueue()
        self._outstanding = 0

    def elapsed(self) -> float:
        """Seconds of the wall clock since the start."""
        return self._wall() - self._epoch

    def call(self, work: Callable[[], Any]) -> simpy.Event:
        """Run `work` in a thread of its own; the event's value is its result, or Failed."""
        event = self.event()
        self._outstanding += 1
        threading.Thread(target=self._work, args=(work, event), daemon=True).start()
        return event

    def step(self) -> None:
        """Process the next event when it is due; what arrives before that comes first."""
        while not self._arrived():
            due = self.peek()
            if due <= self.elapsed() or (due == float("inf") and not self._outstanding):
                return super().step()
            self._wait(due)
        return None

    def _arrived(self) -> bool:
        """Take in one arrival, if there is one; whether there was."""
        try:
            self._take(self._arrivals.get_nowait())
        except queue.Empty:
            return False
        return True

    def _wait(self, due: float) -> None:
        left = None if due == float("inf") else max(0.0, due - self.elapsed())
        try:
            self._take(self._arrivals.get(timeout=left))
        except queue.Empty:
            return

    def _take(self, arrival: _Arrival) -> None:
        self._outstanding -= 1
        at = max(self.now, min(arrival.stamp, self.peek()))
        event = arrival.event
        event._ok, event._value = True, arrival.value
        self.schedule(event, delay=at - self.now)

    def _work(self, work: Callable[[], Any], event: simpy.Event) -> None:
        try:
            value = work()
        except Exception as error:
            value = Failed(error)
        self._arrivals.put(_Arrival(self.elapsed(), event, value))

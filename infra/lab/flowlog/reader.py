"""The thread that turns a fabric's log group into flow.log.

It lives in the region's process and not in the fabric's worker: it goes on when the worker is
killed, which is replaced only at the next call, and it knows there what is deployed.
"""

import logging
import os
import select
import threading
import time
from pathlib import Path

from bulkhead.network.deployed import Deployed, Interface
from infra.lab.fabric import FLOW_GROUP, kernel
from infra.lab.flowlog.file import Rotated
from infra.lab.flowlog.lines import Owner, line, owners, skipped
from infra.lab.nflog import Listener, Told

log = logging.getLogger(__name__)

AT_ONCE = 16
"""Datagrams that are written together."""
AGAIN = 1.0
"""Seconds after which a group that could not be read is tried again."""
PATIENCE = 5.0
"""Seconds that `stop` waits for a disk that does not answer."""


class FlowLog:
    """Writes the flows of the network namespace `namespace` to `path`, from `start` to `stop`.

    lost: flows so far that have no line, as far as they could be counted. Nothing here raises
    for a flow that cannot be told: the file says SKIPDATA when it can be written again.
    """

    def __init__(self, namespace: str, path: Path) -> None:
        self._namespace, self._file = namespace, Rotated(path)
        self._interfaces: tuple[Interface, ...] = ()
        self._current: dict[bytes, Owner] = {}
        self._owners = self._current
        self._thread: threading.Thread | None = None
        self._wake = -1
        self._gap = _Gap()
        self.lost = 0

    def coming(self, deployed: Deployed) -> None:
        """From now on flows may belong to `deployed`, or still to what it replaces."""
        if deployed.interfaces is not self._interfaces:
            self._owners = self._current | owners(deployed.interfaces)

    def current(self, deployed: Deployed) -> None:
        """From now on flows belong to `deployed`."""
        if deployed.interfaces is not self._interfaces:
            self._interfaces = deployed.interfaces
            self._current = owners(deployed.interfaces)
        self._owners = self._current

    def start(self) -> None:
        """Listen from the moment this returns; where that fails, it is tried again."""
        self.stop()
        self._wake = os.eventfd(0, os.EFD_CLOEXEC)
        run = threading.Thread(
            target=self._run, args=(self._listen(), self._wake), name="flows", daemon=True
        )
        self._thread = run
        run.start()

    def stop(self) -> None:
        """Write what has happened until now and end; no error where nothing runs."""
        if self._thread is None:
            return
        os.eventfd_write(self._wake, 1)
        self._thread.join(PATIENCE)
        if not self._thread.is_alive():
            os.close(self._wake)
        self._thread = None

    def _listen(self) -> Listener | None:
        try:
            return kernel.inside(self._namespace, lambda: Listener(FLOW_GROUP))
        except OSError as error:
            log.warning("flows of %s cannot be read: %s", self._namespace, error)
            self._gap.open(None)
            return None

    def _run(self, listener: Listener | None, wake: int) -> None:
        while True:
            if listener is not None and self._followed(listener, wake):
                break
            if _woken(wake, AGAIN):
                break
            listener = self._listen()
        self._tell([])
        self._file.close()

    def _followed(self, listener: Listener, wake: int) -> bool:
        """Write until woken (True) or until the group cannot be read any more."""
        try:
            self._follow(listener, wake)
            return True
        except Exception:
            log.exception("the flow log is interrupted")
            self._gap.open(None)
            return False
        finally:
            listener.close()

    def _follow(self, listener: Listener, wake: int) -> None:
        waiting = select.poll()
        for each in (listener.fileno(), wake):
            waiting.register(each, select.POLLIN)
        expected, ready = 0, set[int]()
        while wake not in ready:
            ready = {number for number, _ in waiting.poll()}
            started = time.monotonic()
            _, expected = self._some(listener, expected)
            # The region's API calls run beside this thread: it takes half the time at most, and
            # what the kernel cannot keep until then is counted as lost.
            if wake not in ready and _woken(wake, time.monotonic() - started):
                break
        listener.end()
        more = True
        while more:
            more, expected = self._some(listener, expected)

    def _some(self, listener: Listener, expected: int) -> tuple[bool, int]:
        """Write what waits, up to a bound; whether anything did, and the next packet's number."""
        lines: list[str] = []
        for _ in range(AT_ONCE):
            found = listener.datagram()
            if found is None:
                break
            for each in found:
                self._missing((each.number - expected) & 0xFFFFFFFF)
                expected = each.number + 1
                lines += self._line(each)
        else:
            found = []
        if lines:
            self._tell(lines)
        return found is not None, expected

    def _line(self, each: Told) -> list[str]:
        found = line(each.prefix, each.packet, each.at, self._owners)
        return [found] if found else []

    def _missing(self, count: int) -> None:
        if count:
            self.lost += count
            self._gap.open(count)

    def _tell(self, lines: list[str]) -> None:
        """Write lines, after the one that says what is missing before them."""
        gap = self._gap.line()
        if not (gap or lines):
            return
        if self._file.append(gap + "".join(lines)):
            self._gap = _Gap()
        elif lines:
            self._missing(len(lines))


class _Gap:
    """Flows without a line since the last one that was written."""

    def __init__(self) -> None:
        self._count: int | None = 0
        self._since: int | None = None

    def open(self, count: int | None) -> None:
        """`count` more flows have no line; None where nobody can know how many."""
        self._since = self._since or int(time.time())
        self._count = None if count is None or self._count is None else self._count + count

    def line(self) -> str:
        """The line that says so; empty where there is no gap."""
        return skipped(self._count, self._since, int(time.time())) if self._since else ""


def _woken(wake: int, seconds: float) -> bool:
    """Wait at most that long for `stop`, whether it has been called."""
    return bool(select.select([wake], [], [], seconds)[0])

"""The terminals of a host's field wires: a Unix datagram socket that only root may write to."""

import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bulkhead.wire import field
from bulkhead.wire.field import STALE_S, Lines
from bulkhead.wire.metrics import Malformed

MOST = 64
"""Most scans that are taken in at once; more wait in the kernel, or at the sender."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """One scan, and when it came (ms since 1970)."""

    at: int
    values: field.Scan


class Wires:
    """The socket at `path`, made anew, for its owner and root alone. Never waits.

    Raises OSError where it cannot be made.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._last: float | None = None
        self._off = False
        self._malformed = ""
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(str(path))
        path.chmod(0o600)

    def fileno(self) -> int:
        """For a loop to wait on."""
        return self._socket.fileno()

    def close(self) -> None:
        """Take the terminals away."""
        self._socket.close()

    def scans(self) -> list[Heard]:
        """The scans that came since the last call, in order."""
        found = []
        for _ in range(MOST):
            try:
                data = self._socket.recv(field.MAX_BYTES + 1)
            except BlockingIOError:
                break
            if (values := self._taken(data)) is not None:
                found.append(Heard(time.time_ns() // 1_000_000, values))
        return found

    @property
    def lines(self) -> Lines:
        """What the wires are now.

        After a start nobody knows yet whether they are used, so they are first taken for silent.
        Once they have spoken, silence makes them unused only if they were said to be taken off.
        """
        if self._off:
            return Lines.UNUSED
        late = self._clock() - (self._began if self._last is None else self._last) > STALE_S
        if self._last is None:
            return Lines.UNUSED if late else Lines.SILENT
        return Lines.SILENT if late else Lines.LIVE

    def _taken(self, data: bytes) -> field.Scan | None:
        try:
            values = field.decode(data)
        except Malformed as error:
            if str(error) != self._malformed:
                log.warning("no scan of the wires: %s", error)
                self._malformed = str(error)
            return None
        self._off = values is None
        self._last = self._clock()
        return values

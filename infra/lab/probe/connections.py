"""TCP trials: a handshake, the nonce there and back, and a reset."""

import errno
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from infra.lab.probe.listeners import Vantage, reset_on_close
from infra.lab.probe.loop import READ, WRITE, Loop
from infra.lab.probe.namespace import Namespaces
from infra.lab.probe.trial import Trial, observed

_SYN_RECEIVED = "03"


class Connections:
    """Starts TCP trials on a loop. `judge` and `land` are called as each learns more, or ends."""

    def __init__(
        self, loop: Loop, judge: Callable[[Trial], None], land: Callable[[Trial], None]
    ) -> None:
        self._loop, self._judge, self._land = loop, judge, land

    def start(self, trial: Trial) -> None:
        """Connect from the trial's port, in the source's namespace. OSError if that cannot be."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        trial.connection = sock
        # Every connection of a host leaves from the port that its UDP socket holds.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reset_on_close(sock)
        sock.bind((trial.source.address, trial.port))
        self._loop.watch(sock, WRITE, lambda _: self._ready(trial, sock))
        number = sock.connect_ex((trial.destination, trial.flow.port))
        if number == errno.ECONNREFUSED:
            self._failed(trial, number)
        elif number not in (0, errno.EINPROGRESS):
            raise OSError(number, os.strerror(number))
        elif not trial.foreign:
            self._greet(trial, sock)

    def _greet(self, trial: Trial, sock: socket.socket) -> None:
        """Send the nonce; mostly the handshake was over before connect returned."""
        try:
            sock.send(trial.nonce)
        except BlockingIOError:
            return
        except OSError as error:
            self._failed(trial, error.errno or 0)
            return
        trial.connected = True
        self._loop.watch(sock, READ, lambda _: self._ready(trial, sock))

    def _ready(self, trial: Trial, sock: socket.socket) -> None:
        if number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._failed(trial, number)
        elif trial.foreign:
            trial.connected = True
            self._judge(trial)
        elif not trial.connected:
            self._greet(trial, sock)
        else:
            self._read(trial, sock)

    def _read(self, trial: Trial, sock: socket.socket) -> None:
        try:
            payload = sock.recv(64)
        except BlockingIOError:
            return
        except OSError as error:
            self._failed(trial, error.errno or 0)
            return
        if payload == trial.nonce:
            trial.echoed = True
            self._judge(trial)
        else:
            trial.settle(observed("not observed", "connected, but not to our listener"))
            self._land(trial)

    def _failed(self, trial: Trial, number: int) -> None:
        words = os.strerror(number)
        if number in (errno.ECONNREFUSED, errno.ECONNRESET) and not trial.connected:
            # Nobody listens, or a filter rejects and says so in its log, which may come later.
            trial.rejected = f"reset by the host ({words})"
            self._forget(trial)
            return
        if number in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES):
            trial.settle(observed("refused", f"ICMP unreachable ({words})"))
        elif number != errno.ETIMEDOUT:
            trial.settle(observed("not observed", f"the connection failed: {words}"))
        self._land(trial)

    def _forget(self, trial: Trial) -> None:
        """Close a connection that has ended, but keep waiting for what is said of it."""
        if trial.connection is not None:
            self._loop.drop(trial.connection)
            trial.connection = None


def half_open(spaces: Namespaces, vantage: Vantage) -> set[tuple[str, int, int]]:
    """(peer's address, peer's port, own port) of a host's handshakes that have just begun."""
    found = set()
    with suppress(OSError), spaces.excursion(vantage.namespace):
        for line in Path("/proc/thread-self/net/tcp").read_text().splitlines()[1:]:
            _, local, remote, state = line.split()[:4]
            if state == _SYN_RECEIVED:
                address, port = remote.split(":")
                packed = bytes.fromhex(address)[::-1]
                found.add((socket.inet_ntoa(packed), int(port, 16), int(local[-4:], 16)))
    return found

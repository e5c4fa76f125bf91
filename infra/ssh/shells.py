"""Commands on many hosts over few connections: one to the bastion, one through it to each host."""

import shlex
import socket
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from bulkhead.errors import BulkheadError, Problem
from infra.components.user_data import ACCOUNT
from infra.ssh import known, transports
from infra.ssh.reaches import PORT, Reach
from infra.ssh.room import Room

if TYPE_CHECKING:
    import paramiko

AT_ONCE = 8
"""Hosts that are asked at the same time."""
SESSIONS = 3
"""Sessions on one connection; hosts allow four (sshd's MaxSessions)."""

Opener = Callable[[Reach], Any]
"""Makes the connection to a host at its own door: a socket, or what behaves like one."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command said, and its exit code (-1 if a signal ended it)."""

    code: int
    out: str
    err: str


class Shells:
    """Sessions on the hosts of a room; connections stay open until `close`. Safe for threads."""

    def __init__(self, room: Room, hosts: Iterable[Reach], opener: Opener) -> None:
        self._room = room
        self._opener = opener
        rows = list(hosts)
        self._hosts = {row.host: row for row in rows} | {row.name: row for row in rows}
        self._keys = known.load(room)
        self._open: dict[str, _Connection] = {}
        self._lock = threading.Lock()

    def run(self, host: str, argv: Sequence[str], timeout: float = 30.0, stdin: str = "") -> Ran:
        """Run a command, by the words in `argv` exactly, as the provisioning account.

        host: a plan's id or a dotted name. stdin: what it may read. BulkheadError where the host
        cannot be entered, does not have the key it is known by, or does not end the command
        within `timeout` seconds.
        """
        row = self._hosts.get(host)
        if row is None:
            raise BulkheadError(Problem(host, "no such host runs", ", ".join(self._names())))
        return self._connection(row).run(argv, timeout, stdin)

    def every(
        self, hosts: Iterable[str], argv: Sequence[str], timeout: float = 30.0
    ) -> Mapping[str, Ran | BulkheadError]:
        """The same on several hosts at once; one that fails is a value, and stops no other."""

        def one(host: str) -> Ran | BulkheadError:
            try:
                return self.run(host, argv, timeout)
            except BulkheadError as error:
                return error

        names = list(hosts)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return dict(zip(names, pool.map(one, names), strict=True))

    def close(self) -> None:
        """End all connections."""
        with self._lock:
            connections, self._open = list(self._open.values()), {}
        for each in reversed(connections):
            each.close()

    def __enter__(self) -> "Shells":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _names(self) -> list[str]:
        return sorted({row.host for row in self._hosts.values()})

    def _connection(self, row: Reach) -> "_Connection":
        with self._lock:
            found = self._open.get(row.name)
            if found is None or found.dead:
                found = self._open[row.name] = _Connection(row, lambda: self._connect(row))
        return found

    def _connect(self, row: Reach) -> "paramiko.Transport":
        """Through the bastion's connection, or by the host's own door; then who it is is proved."""
        way = self._connection(self._hosts[row.via]).way_to(row) if row.via else self._opener(row)
        return transports.entered(self._room, row, ACCOUNT, self._keys.get(row.instance), way)


class _Connection:
    """One host's connection, made when it is first needed."""

    def __init__(self, row: Reach, connect: Callable[[], "paramiko.Transport"]) -> None:
        self._row = row
        self._connect = connect
        self._lock = threading.Lock()
        self._sessions = threading.Semaphore(SESSIONS)
        self._transport: paramiko.Transport | None = None

    @property
    def dead(self) -> bool:
        """Whether it was alive once and is not any more."""
        return self._transport is not None and not self._transport.is_active()

    def run(self, argv: Sequence[str], timeout: float, stdin: str = "") -> Ran:
        """See Shells."""
        import paramiko

        with self._sessions:
            try:
                channel = self._ready().open_session(timeout=timeout)
                with channel:
                    channel.exec_command(shlex.join(argv))
                    if stdin:
                        channel.settimeout(timeout)
                        channel.sendall(stdin.encode())
                        channel.shutdown_write()
                    return _told(channel, time.monotonic() + timeout)
            except TimeoutError:
                what = f"{shlex.join(argv)} did not end within {timeout:.0f} s"
                raise BulkheadError(Problem(self._row.host, what)) from None
            except (OSError, EOFError, paramiko.SSHException) as error:
                raise transports.refused(self._row, error) from None

    def way_to(self, other: Reach) -> Any:
        """A channel through this host to another one's door."""
        import paramiko

        try:
            return self._ready().open_channel(
                "direct-tcpip", (other.address, PORT), ("127.0.0.1", 0), timeout=20
            )
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise transports.refused(other, error, via=self._row) from None

    def _ready(self) -> "paramiko.Transport":
        with self._lock:
            if self._transport is None:
                self._transport = self._connect()
            return self._transport

    def close(self) -> None:
        """End it."""
        if self._transport is not None:
            self._transport.close()


def _told(channel: "paramiko.Channel", end: float) -> Ran:
    """What comes until both streams end, then the exit code; TimeoutError at `end`."""
    out = _read(channel, channel.recv, end)
    err = _read(channel, channel.recv_stderr, end)
    if not channel.status_event.wait(max(0.0, end - time.monotonic())):
        raise TimeoutError
    return Ran(channel.recv_exit_status(), out, err)


def _read(channel: "paramiko.Channel", take: Callable[[int], bytes], end: float) -> str:
    parts: list[bytes] = []
    while True:
        channel.settimeout(max(0.01, end - time.monotonic()))
        try:
            part = take(65536)
        except socket.timeout:  # noqa: UP041 (what paramiko raises)
            raise TimeoutError from None
        if not part:
            return b"".join(parts).decode("utf-8", "replace")
        parts.append(part)

"""One epoll for every socket of a run."""

import select
import socket
from collections.abc import Callable

READ, WRITE = select.EPOLLIN, select.EPOLLOUT


class Loop:
    """Non-blocking sockets and what to call when each is ready. It owns the sockets."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._watched: dict[int, tuple[socket.socket, Callable[[int], None]]] = {}

    def watch(self, sock: socket.socket, events: int, ready: Callable[[int], None]) -> None:
        """Call `ready(events)` whenever `sock` is ready; errors and hang-ups always count."""
        descriptor = sock.fileno()
        known = descriptor in self._watched
        self._watched[descriptor] = (sock, ready)
        (self._epoll.modify if known else self._epoll.register)(descriptor, events)

    def drop(self, sock: socket.socket) -> None:
        """Close `sock`; closing takes it out of the epoll. Dropping twice is harmless."""
        if (descriptor := sock.fileno()) >= 0:
            self._watched.pop(descriptor, None)
            sock.close()

    def turn(self, timeout: float) -> int:
        """Serve what is ready, waiting at most `timeout` seconds for the first. How many were."""
        events = self._epoll.poll(timeout, 1024)
        for descriptor, mask in events:
            watched = self._watched.get(descriptor)
            if watched is not None:
                watched[1](mask)
        return len(events)

    def close(self) -> None:
        """Close every socket and the epoll."""
        for sock, _ in self._watched.values():
            sock.close()
        self._watched.clear()
        self._epoll.close()

"""Sockets in other network namespaces: a socket stays in the namespace where it was made."""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_OWN = "/proc/thread-self/ns/net"
_LIBC = ctypes.CDLL(None, use_errno=True)
_NAMES = Path("/run/netns")


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Namespaces:
    """Named network namespaces, opened once each; `home` is where the calling thread was.

    Only the calling thread moves (setns(2) is per thread). Not for use by two threads at once.
    """

    def __init__(self) -> None:
        self._home = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
        self._open: dict[str, int] = {}

    def enter(self, name: str) -> None:
        """Move this thread into `name` (as in `ip netns`). OSError if there is none."""
        if name not in self._open:
            self._open[name] = os.open(_NAMES / name, os.O_RDONLY | os.O_CLOEXEC)
        _enter(self._open[name])

    @contextmanager
    def excursion(self, name: str | None = None) -> Iterator[None]:
        """Enter `name` if given; whatever was entered inside the block, be home after it."""
        try:
            if name is not None:
                self.enter(name)
            yield
        finally:
            _enter(self._home)

    def close(self) -> None:
        """Forget the namespaces; sockets made inside them live on."""
        for descriptor in (self._home, *self._open.values()):
            os.close(descriptor)
        self._open.clear()


@contextmanager
def inside(name: str) -> Iterator[None]:
    """Run the block with this thread in the network namespace `name`; OSError if there is none."""
    spaces = Namespaces()
    try:
        with spaces.excursion(name):
            yield
    finally:
        spaces.close()

"""Network namespaces by system call: Python 3.11 has no `os.setns`."""

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TypeVar

from infra.lab.fabric.names import RUN

CLONE_NEWNET = 0x40000000
MS_BIND = 4096
MNT_DETACH = 2
HERE = "/proc/thread-self/ns/net"
"""The namespace of the calling thread."""
T = TypeVar("T")
_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def path(name: str) -> str:
    """Where the namespace called `name` is kept."""
    return f"{RUN}/{name}"


def fresh() -> None:
    """Put the calling thread into a new, empty network namespace."""
    _checked(_libc.unshare(CLONE_NEWNET), "unshare")


def enter(name: str) -> None:
    """Put the calling thread into the namespace called `name`."""
    handle = os.open(path(name), os.O_RDONLY | os.O_CLOEXEC)
    try:
        _checked(_libc.setns(handle, CLONE_NEWNET), f"enter {name}")
    finally:
        os.close(handle)


@contextmanager
def returning() -> Iterator[None]:
    """Come back to the namespace the thread is in now, whatever happens inside."""
    handle = os.open(HERE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield
    finally:
        _checked(_libc.setns(handle, CLONE_NEWNET), "return")
        os.close(handle)


def make(name: str) -> None:
    """Make a namespace called `name` and stay in it."""
    os.makedirs(RUN, exist_ok=True)
    os.close(os.open(path(name), os.O_RDONLY | os.O_CREAT | os.O_EXCL, 0o444))
    fresh()
    source, target = HERE.encode(), path(name).encode()
    _checked(_libc.mount(source, target, b"none", MS_BIND, None), f"name {name}")


def forget(name: str) -> None:
    """Take the name away; the namespace ends with its last process. No error if not there."""
    if not os.path.lexists(path(name)):
        return
    # Not mounted any more (EINVAL) is what an interrupted `make` or `forget` leaves.
    _libc.umount2(path(name).encode(), MNT_DETACH)
    os.unlink(path(name))


def named(prefix: str) -> list[str]:
    """Names of the namespaces that start with `prefix`, sorted."""
    if not os.path.isdir(RUN):
        return []
    return sorted(name for name in os.listdir(RUN) if name.startswith(prefix))


def inside(name: str, act: Callable[[], T]) -> T:
    """Run `act` in namespace `name`, in a thread of its own: the caller stays where it is."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            enter(name)
            results.append(act())
        except BaseException as error:
            errors.append(error)

    thread = Thread(target=run, name=f"inside {name}")
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]


def setting(name: str, value: int) -> None:
    """Set a network setting of the namespace that the calling thread is in, `ipv4/ip_forward`."""
    Path("/proc/sys/net", name).write_text(str(value))


def processes(names: list[str]) -> list[int]:
    """Ids of the processes whose network namespace is one of `names`."""
    wanted = {_identity(path(name)) for name in names}
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            if _identity(f"/proc/{entry}/ns/net") in wanted:
                found.append(int(entry))
        except OSError:  # it ended while we looked
            continue
    return found


def _identity(file: str) -> tuple[int, int]:
    found = os.stat(file)
    return found.st_dev, found.st_ino

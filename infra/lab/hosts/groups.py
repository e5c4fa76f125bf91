"""Control groups by name: what started in one is found, measured and ended by it alone.

A machine's supervisor sits outside its network, and what runs inside outlives the supervisor; the
group holds both. A group is a directory of the same name at the top of each hierarchy in use: of
cgroup 2, and where those stand beside it, of version 1's `systemd`, `memory` and `pids`.
"""

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
BOUND = 10.0
"""Seconds within which killed processes are gone; the kernel takes milliseconds."""


def hierarchies() -> list[Path]:
    """Where groups are made on this machine."""
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    found = (ROOT / name for name in ("unified", "systemd", "memory", "pids"))
    return [each for each in found if (each / "cgroup.procs").exists()]


def places(name: str) -> list[Path]:
    """The directories of the group called `name`, whether or not they are there."""
    return [each / name for each in hierarchies()]


def named(prefix: str) -> list[str]:
    """Names of the groups that start with `prefix`, sorted."""
    return sorted({place.name for each in hierarchies() for place in each.glob(f"{prefix}*/")})


def processes(name: str) -> set[int]:
    """Ids of the processes in a group and in the groups below it."""
    found: set[int] = set()
    for place in places(name):
        for below in _all(place):
            with contextlib.suppress(OSError):
                found |= {int(line) for line in (below / "cgroup.procs").read_text().split()}
    return found - {0}


def memory(name: str) -> int:
    """Bytes that a group's processes and their page cache hold; 0 where nothing tells."""
    for file in ("memory.current", "memory.usage_in_bytes"):
        for place in places(name):
            with contextlib.suppress(OSError):
                return int((place / file).read_text())
    return 0


def end_all(prefix: str) -> None:
    """End every group whose name starts with `prefix`; all are killed before one is waited for."""
    found = named(prefix)
    for name in found:
        for process in processes(name):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
    for name in found:
        end(name)


def end(name: str) -> None:
    """Kill everything in a group and remove it; no error if it is not there.

    Raises TimeoutError where the kernel does not let go of a process.
    """
    bound = time.monotonic() + BOUND
    while found := processes(name):
        for process in found:
            _kill(process, bound)
    for place in places(name):
        for below in reversed(list(_all(place))):
            _remove(below, bound)


def _all(place: Path) -> Iterator[Path]:
    """`place` and the directories below it, those above first."""
    for folder, _, _ in os.walk(place):
        yield Path(folder)


def _kill(process: int, bound: float) -> None:
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return
    try:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        if not select.select([handle], [], [], max(bound - time.monotonic(), 0))[0]:
            raise TimeoutError(f"process {process} does not end")
    finally:
        os.close(handle)


def _remove(folder: Path, bound: float) -> None:
    """The kernel takes a moment to let go of a group whose last process has ended."""
    while folder.exists():
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > bound:
                raise
            time.sleep(0.005)

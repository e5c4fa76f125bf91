"""Locks that a killed engine left behind: cleared only when their owner is dead.

The caller holds the estate's own lock, so no second command of ours can be under way.
"""

import json
import os
import socket
from pathlib import Path

from bulkhead.errors import MissingHere, Problem


def clear_dead_locks(backend: Path, project: str, stack: str) -> None:
    """Remove the stack's locks whose process is gone from this machine; refuse a living one's."""
    folder = backend / ".pulumi" / "locks" / "organization" / project / stack
    for lock in sorted(folder.glob("*.json")):
        owner = _owner(lock)
        if owner is not None and _alive(*owner):
            raise MissingHere(
                Problem(
                    where=f"stack {stack}",
                    what=f"process {owner[1]} on {owner[0]} holds its lock",
                    remedy=f"wait for it, or end it; then run this again ({lock})",
                )
            )
        lock.unlink(missing_ok=True)


def _owner(lock: Path) -> tuple[str, int] | None:
    """Host name and process id; None for a lock torn by a crash."""
    try:
        content = json.loads(lock.read_text())
        return str(content["hostname"]), int(content["pid"])
    except (ValueError, KeyError):
        return None


def _alive(host: str, pid: int) -> bool:
    """Whether the owner may still run: a process of another machine may."""
    if host != socket.gethostname():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not _ended(pid)


def _ended(pid: int) -> bool:
    """Whether the process has ended and only waits to be reaped (a zombie answers signals)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        # No such file system here, or the process ended just now: the next run will see it.
        return False
    return state == "Z"

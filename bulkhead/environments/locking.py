"""One command at a time on one state directory."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bulkhead.errors import MissingHere, Problem


@contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Hold the file's lock; a second holder is told who has it. The kernel drops it on a crash."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise MissingHere(
                Problem(
                    where=str(path.parent),
                    what=f"another command works on this lab ({file.read().strip()})",
                    remedy="wait for it to end, then run this again",
                )
            ) from None
        file.truncate(0)
        file.write(f"{what}, process {os.getpid()}")
        file.flush()
        yield

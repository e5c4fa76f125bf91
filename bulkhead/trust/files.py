"""Files that hold keys: made once, for their owner alone, by one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bulkhead.errors import BulkheadError, Problem


@contextmanager
def held(directory: Path) -> Iterator[None]:
    """Hold a directory's lock; it is made (0700) if it is not there."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def keep(path: Path, content: bytes) -> None:
    """Write a file that its owner alone may read (0600), whole or not at all."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    draft.replace(path)


def secret(path: Path) -> bytes:
    """The content of a private file; BulkheadError if others may read it: it is no secret then."""
    if path.stat().st_mode & 0o077:
        raise BulkheadError(
            Problem(
                where=str(path),
                what="others than its owner may read this private key",
                remedy=f"find out who did; then make the authority anew: rm -r {path.parent}",
            )
        )
    return path.read_bytes()

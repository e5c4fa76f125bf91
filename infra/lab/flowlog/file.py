"""A log file that stays bounded, holds whole lines only, and never raises."""

import contextlib
import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

LIMIT = 16 << 20
"""Bytes at which a file is put aside; one older file is kept."""


def older(path: Path) -> Path:
    """Where the file before `path` is kept."""
    return path.with_name(f"{path.name}.1")


class Rotated:
    """Appends to `path` (mode 0600), at most `limit` bytes in it and as many in `older(path)`."""

    def __init__(self, path: Path, limit: int = LIMIT) -> None:
        self._path, self._limit = path, limit
        self._file: int | None = None
        self._size = 0
        self._failing = False

    def append(self, text: str) -> bool:
        """Whether all of `text` (whole lines) is in the file; else nothing of it is."""
        data = text.encode()
        try:
            self._make_room(len(data))
            self._write(data)
        except OSError as error:
            if not self._failing:
                log.warning("%s cannot be written: %s", self._path, error)
            self._failing = True
            return False
        self._failing = False
        return True

    def _make_room(self, size: int) -> None:
        if self._file is None:
            self._open()
        if self._size and self._size + size > self._limit:
            self._path.replace(older(self._path))
            self.close()
            self._open()

    def _open(self) -> None:
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._file = os.open(self._path, flags, 0o600)
        os.fchmod(self._file, 0o600)
        self._size = os.fstat(self._file).st_size
        self._cut(_whole(self._file, self._size))

    def _write(self, data: bytes) -> None:
        if self._file is None:
            raise OSError("not open")
        try:
            written = os.write(self._file, data)
            if written < len(data):
                raise OSError(f"{written} of {len(data)} bytes fitted")
        except OSError:
            self._cut(self._size)
            raise
        self._size += written

    def _cut(self, size: int) -> None:
        """Take away what a full disk or a killed process left of a line."""
        if self._file is not None and os.fstat(self._file).st_size > size:
            os.ftruncate(self._file, size)
        self._size = size

    def close(self) -> None:
        """Close the file; the next `append` opens it again."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
        self._file, self._size = None, 0


def _whole(file: int, size: int) -> int:
    """Bytes up to and with the last newline."""
    tail = os.pread(file, 4096, max(0, size - 4096))
    return size - len(tail) + tail.rfind(b"\n") + 1

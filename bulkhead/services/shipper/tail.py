"""Reads a log file that grows and is rotated, from where it was left, in whole lines.

A file is known by its beginning, not by its name or inode: `x.log` may be `x.log.1` by now, or
`x.log.3.gz`. Where none of them is known any more, lines were lost before they were read, and a
line in the batch says so.
"""

import gzip
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

KNOWN_BY = 1024
"""Bytes at a file's beginning that tell it from others, as far as it was read."""
GAP = b"bulkhead-shipper: lines were lost here: the file that was read last is gone\n"
_ROTATED = re.compile(r"\.(\d+)(\.gz)?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Whole lines, and the place after them. gap: whether lines are missing before them."""

    body: bytes
    position: dict[str, Any]
    gap: bool = False


def chunk(path: Path, position: Any, most: int) -> Chunk | None:
    """The next lines after `position` (None: from the oldest file on), about `most` bytes.

    None where there is nothing new. A line longer than `most` comes whole. OSError.
    """
    files = list(_files(path))
    if not files:
        return None
    found = next((row for row in files if position and _is(row, position)), None)
    gap = position is not None and found is None
    offset = int(position["offset"]) if position and found else 0
    rest = files[files.index(found) :] if found else files
    for each in rest:
        body, read_to = _lines(each, offset, most, last=each == path)
        if body:
            data = (GAP if gap else b"") + body
            return Chunk(body=data, position=_position(each, read_to), gap=gap)
        offset = 0
    return None


def _files(path: Path) -> Iterator[Path]:
    """The file and those before it, the oldest first."""
    older = [
        (int(found[1]), each)
        for each in path.parent.glob(f"{path.name}.*")
        if (found := _ROTATED.search(each.name)) and each.name[: found.start()] == path.name
    ]
    yield from (each for _, each in sorted(older, reverse=True))
    if path.exists():
        yield path


def _open(path: Path) -> Any:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")


def _is(path: Path, position: Any) -> bool:
    try:
        return bool(_mark(path, int(position["marked"])) == position["mark"])
    except (OSError, EOFError):
        return False


def _mark(path: Path, size: int) -> str:
    with _open(path) as file:
        data = file.read(size)
    return hashlib.sha256(data).hexdigest() if len(data) == size else ""


def _position(path: Path, offset: int) -> dict[str, Any]:
    marked = min(offset, KNOWN_BY)
    return {"mark": _mark(path, marked), "marked": marked, "offset": offset}


def _lines(path: Path, offset: int, most: int, *, last: bool) -> tuple[bytes, int]:
    """Whole lines from an offset, and the offset after them; the end of a rotated file is one."""
    with _open(path) as file:
        file.seek(offset)
        data: bytes = file.read(most)
        whole = data.rfind(b"\n") + 1
        if not whole and data:
            data += file.readline()
            whole = data.rfind(b"\n") + 1
        if not whole and data and not last:
            # Nobody will write the rest of this line.
            return data + b"\n", offset + len(data)
    return data[:whole], offset + whole

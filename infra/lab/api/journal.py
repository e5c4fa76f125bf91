"""What was done, on disk before it is answered: a JSON object a line, in order of execution."""

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bulkhead.errors import Problem, WrongInput


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One mutating call as it was executed.

    number: counts from 1 without gaps. at: Unix time in seconds that the call took as its now.
    status: the HTTP status it was answered with; failed calls are kept too, because the API's
    implementation may have done half of one, and the replay must do the same half.
    """

    number: int
    at: float
    account: str
    access_key: str
    service: str
    region: str
    action: str
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    status: int


def _line(entry: Entry) -> bytes:
    fields: dict[str, Any] = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    try:
        fields["body"] = entry.body.decode("ascii")
    except UnicodeDecodeError:
        fields["body"] = {"base64": base64.b64encode(entry.body).decode()}
    return json.dumps(fields, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def _entry(line: bytes) -> Entry:
    fields = json.loads(line)
    body = fields.pop("body")
    data = base64.b64decode(body["base64"]) if isinstance(body, dict) else body.encode("ascii")
    return Entry(**fields, body=data)


class Journal:
    """An append-only file. Opening it drops a torn last line: that call was never answered."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._end = self._drop_torn_line()
        self.number = 0

    def _drop_torn_line(self) -> int:
        data = self.path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole != len(data):
            os.ftruncate(self._file, whole)
            os.fsync(self._file)
        return whole

    def replay(self) -> Iterator[Entry]:
        """The entries from the first. Raises WrongInput where one before the end is damaged."""
        self.number = 0
        for number, line in enumerate(self.path.read_bytes().splitlines(), start=1):
            try:
                entry = _entry(line)
            except (ValueError, TypeError, KeyError) as error:
                raise self._damaged(number, f"cannot be read: {error}") from error
            if entry.number != number:
                raise self._damaged(number, f"holds call {entry.number}")
            self.number = number
            yield entry

    def _damaged(self, line: int, what: str) -> WrongInput:
        return WrongInput(
            Problem(
                f"{self.path}:{line}",
                f"the journal's line {line} {what}",
                allowed="one call a line, counted from 1",
                remedy="end this lab with `bulkhead down` and bring it up anew",
            )
        )

    def append(self, entry: Entry) -> None:
        """Write one entry and wait until the disk has it. After an error the file is as before."""
        line = _line(entry)
        try:
            left = memoryview(line)
            while left:  # a full disk takes a part, and says why only when asked for the rest
                left = left[os.write(self._file, left) :]
            os.fdatasync(self._file)
        except OSError:
            os.ftruncate(self._file, self._end)
            raise
        self._end += len(line)
        self.number = entry.number

    def close(self) -> None:
        """Close the file; what was appended stays."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

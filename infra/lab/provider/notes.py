"""What this provider set out to make where AWS has no place to write its name on.

A route or an ACL rule has no tags, so that after a crash nobody could tell ours from another's.
A note (one empty file per resource and key) is written before the call and taken back when AWS
refuses or the resource is deleted: what exists and has our note is ours to adopt; what exists
without one belongs to someone else, and Create fails as the real plugin does.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Notes:
    """Notes in one directory, which is made when the first is written."""

    directory: Path

    def _path(self, urn: str, key: str) -> Path:
        return self.directory / hashlib.sha256(f"{urn}\n{key}".encode()).hexdigest()

    def has(self, urn: str, key: str) -> bool:
        """Whether the resource `urn` once set out to make the thing at `key`."""
        return self._path(urn, key).exists()

    def write(self, urn: str, key: str) -> None:
        """Say so before it is made."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._path(urn, key).touch()

    def forget(self, urn: str, key: str) -> None:
        """It was refused, or is deleted."""
        self._path(urn, key).unlink(missing_ok=True)

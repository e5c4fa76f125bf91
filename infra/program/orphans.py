"""Engines and providers that outlived a killed command, found by the home they were given."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from infra.ending import end

PATIENCE = 5.0
"""Seconds that a process has to end by itself before it is killed."""


def end_orphans(home: Path) -> list[int]:
    """End every process that works for the PULUMI_HOME `home`; their ids.

    The caller holds the estate's lock: whoever started them is gone, and nobody hears what they
    do. What an engine had begun, the next `up` finds and adopts.
    """
    found = list(_working_for(home))
    for pid in found:
        end(pid, PATIENCE)
    return found


def _working_for(home: Path) -> Iterator[int]:
    mark = f"PULUMI_HOME={home}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)

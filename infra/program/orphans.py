"""Engines and providers that outlived a killed command, found by the home they were given."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PATIENCE = 5.0
"""Seconds that a process has to end by itself before it is killed."""


def end_orphans(home: Path) -> list[int]:
    """End every process that works for the PULUMI_HOME `home`; their ids.

    The caller holds the estate's lock: whoever started them is gone, and nobody hears what they
    do. What an engine had begun, the next `up` finds and adopts.
    """
    found = list(_working_for(home))
    for pid in found:
        _end(pid)
    return found


def _working_for(home: Path) -> Iterator[int]:
    mark = f"PULUMI_HOME={home}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                yield int(entry.name)


def _end(pid: int) -> None:
    try:
        process = os.pidfd_open(pid)
    except OSError:
        return
    try:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(process, number)
            if select.select([process], [], [], PATIENCE)[0]:
                return
    finally:
        os.close(process)

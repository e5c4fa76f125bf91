"""Ending a process: asked first, killed if it does not listen, and never another of its number."""

import os
import select
import signal
from collections.abc import Callable
from contextlib import suppress


def end(pid: int, patience: float, *, meant: Callable[[], bool] = lambda: True) -> None:
    """SIGTERM to `pid`, and SIGKILL after `patience` seconds; returns when it has ended.

    meant: asked once the process cannot be taken for a later one with its number; with False it
    is left alone. One that has ended already is no error.
    """
    try:
        process = os.pidfd_open(pid)
    except OSError:
        return
    try:
        if not meant():
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(process, number)
            if select.select([process], [], [], patience)[0]:
                return
    finally:
        os.close(process)

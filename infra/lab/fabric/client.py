"""The region's end of the worker process: one request at a time, each with a bound."""

import json
import subprocess
import sys
from select import select
from typing import Any

BOUND = 60.0
"""Seconds after which a request counts as failed; 10,000 rules load in under one."""


class WorkerFailed(Exception):
    """The worker refused a request, did not answer in time, or is dead."""


class Client:
    """A running worker. Use it under a lock: it answers in order."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "infra.lab.fabric.worker"]
        # In a session of its own: an interrupt at the terminal is for the region to handle.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The worker's process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the worker still runs."""
        return self._process.poll() is None

    def call(self, do: str, **given: Any) -> Any:
        """Ask the worker and give its answer. Raises WorkerFailed."""
        try:
            line = self._exchange(json.dumps({"do": do, "with": given}))
        except OSError as error:
            raise WorkerFailed(f"the worker is gone: {error}") from error
        except BaseException:
            self.end()  # its answer would be taken for the next request's
            raise
        if not line:
            self.end()
            raise WorkerFailed(f"the worker died or gave no answer to {do!r} in {BOUND:.0f} s")
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerFailed(answer["error"])
        return answer["value"]

    def _exchange(self, request: str) -> str:
        """The line that answers, empty if none came."""
        out, into = self._process.stdout, self._process.stdin
        if out is None or into is None:
            return ""
        print(request, file=into, flush=True)
        return out.readline() if select([out], [], [], BOUND)[0] else ""

    def end(self) -> None:
        """End the worker; what it loaded stays as it is."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:  # a request was still in the buffer
                    continue

"""A process is asked to end, then killed; one that was not meant is left alone."""

import signal
import subprocess
import sys

import pytest

from infra.ending import end

LISTENS = "import signal, sys; signal.signal(15, lambda *_: sys.exit(3)); print(1, flush=True)\n"
DEAF = "import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True)\n"


@pytest.fixture
def started():
    """Starts a Python program that waits, once it is ready; kills it at the end."""
    running = []

    def start(program):
        process = subprocess.Popen(
            [sys.executable, "-c", program + "signal.pause()"], stdout=subprocess.PIPE
        )
        process.stdout.readline()
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()


def test_one_that_listens_ends_in_its_own_way(started):
    process = started(LISTENS)
    end(process.pid, 30)
    assert process.wait(5) == 3


def test_one_that_does_not_listen_is_killed(started):
    process = started(DEAF)
    end(process.pid, 0.1)
    assert process.wait(5) == -signal.SIGKILL


def test_one_that_was_not_meant_is_left_alone(started):
    process = started(LISTENS)
    end(process.pid, 30, meant=lambda: False)
    assert process.poll() is None


def test_one_that_has_ended_is_no_error(started):
    process = started(LISTENS)
    process.kill()
    process.wait()
    end(process.pid, 30)

"""One command at a time, and a crash frees the lock."""

import os
import subprocess
import sys

import pytest

from bulkhead.environments.locking import locked
from bulkhead.errors import MissingHere


def test_a_second_command_is_told_who_works(tmp_path):
    with (
        locked(tmp_path / "lock", "up"),
        pytest.raises(MissingHere, match=str(os.getpid())),
        locked(tmp_path / "lock", "down"),
    ):
        raise AssertionError("both held it")


def test_the_lock_is_free_once_its_holder_is_done(tmp_path):
    with locked(tmp_path / "lock", "up"):
        pass
    with locked(tmp_path / "lock", "down"):
        assert "down" in (tmp_path / "lock").read_text()


def test_a_killed_holder_frees_the_lock(tmp_path):
    code = (
        "import os, sys; from pathlib import Path;"
        "from bulkhead.environments.locking import locked\n"
        "with locked(Path(sys.argv[1]), 'up'):\n"
        "    os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "lock")], check=False)
    assert done.returncode == -9
    with locked(tmp_path / "lock", "up"):
        pass

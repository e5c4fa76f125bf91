"""Locks of a killed engine: cleared when their owner is dead, respected while it lives."""

import json
import os
import socket
import subprocess

import pytest

from bulkhead.errors import MissingHere
from infra.program.locks import clear_dead_locks


def lock_of(tmp_path, pid: int, host: str):
    folder = tmp_path / ".pulumi" / "locks" / "organization" / "bulkhead" / "shared"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "a.json"
    path.write_text(json.dumps({"pid": pid, "hostname": host, "username": "root"}))
    return path


def ended() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_a_dead_owners_lock_is_cleared(tmp_path):
    lock = lock_of(tmp_path, ended(), socket.gethostname())
    clear_dead_locks(tmp_path, "bulkhead", "shared")
    assert not lock.exists()


def test_a_living_owners_lock_is_respected_and_its_process_named(tmp_path):
    lock = lock_of(tmp_path, os.getpid(), socket.gethostname())
    with pytest.raises(MissingHere, match=str(os.getpid())):
        clear_dead_locks(tmp_path, "bulkhead", "shared")
    assert lock.exists()


def test_a_lock_of_another_machine_is_respected(tmp_path):
    lock = lock_of(tmp_path, ended(), "elsewhere")
    with pytest.raises(MissingHere, match="elsewhere"):
        clear_dead_locks(tmp_path, "bulkhead", "shared")
    assert lock.exists()


def test_a_lock_torn_by_a_crash_is_cleared(tmp_path):
    lock = lock_of(tmp_path, 1, "x")
    lock.write_text("{")
    clear_dead_locks(tmp_path, "bulkhead", "shared")
    assert not lock.exists()


def test_an_owner_that_ended_but_was_not_reaped_is_dead(tmp_path):
    process = subprocess.Popen(["true"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    lock = lock_of(tmp_path, process.pid, socket.gethostname())
    clear_dead_locks(tmp_path, "bulkhead", "shared")
    assert not lock.exists()
    process.wait()

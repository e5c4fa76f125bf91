"""Processes that outlived a killed command are ended; others are left alone."""

import os
import subprocess
import sys

import pytest

from infra.program.orphans import end_orphans

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")


def sleeper(home):
    """A process that was given a PULUMI_HOME, running for sure when this returns."""
    code = "import sys; print('up', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        env=os.environ | {"PULUMI_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    process.stdout.readline()
    return process


def test_only_what_works_for_this_home_is_ended(tmp_path):
    ours, others = sleeper(tmp_path / "home"), sleeper(tmp_path / "home2")
    try:
        assert end_orphans(tmp_path / "home") == [ours.pid]
        assert ours.wait(5) != 0
        assert others.poll() is None
    finally:
        others.kill()
        others.wait()


def test_where_nothing_works_for_it_nothing_is_ended(tmp_path):
    assert end_orphans(tmp_path) == []

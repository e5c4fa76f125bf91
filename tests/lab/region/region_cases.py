"""What the tests of the region's process share."""

import os
import select
import signal
from pathlib import Path
from typing import Any

import pytest

from infra.lab.region import launch
from infra.lab.region.state import RegionInfo


def kill(info: RegionInfo) -> None:
    """kill -9 of a region, and wait until it is gone."""
    process = os.pidfd_open(info.pid)
    os.kill(info.pid, signal.SIGKILL)
    ended = select.select([process], [], [], 20)[0]
    os.close(process)
    assert ended, "the region outlived SIGKILL"


class Lab:
    """A region without packets on a state directory, always ended."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def start(self) -> RegionInfo:
        return launch.start(self.state, packets="none")

    def client(self, info: RegionInfo, alias: str = "platform") -> Any:
        return launch.clients(info)[alias]


@pytest.fixture
def region(tmp_path: Path) -> Any:
    lab = Lab(tmp_path / "state")
    yield lab
    launch.stop(lab.state, forget=True)

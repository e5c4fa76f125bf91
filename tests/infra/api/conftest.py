"""A region's API in this process, without sockets and without packets."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from region_in_process import InProcess


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[InProcess]:
    made = InProcess(tmp_path)
    yield made
    made.journal.close()

import os
import sys
from pathlib import Path

import pytest

for beside in (
    Path(__file__).parents[1] / "fabric",
    Path(__file__).parents[2] / "infra" / "fabric",
):
    sys.path.insert(0, str(beside))


@pytest.fixture
def world():
    """A fabric that is open, and packets to try on it; nothing of it is left afterwards."""
    if os.geteuid() != 0:
        pytest.skip("needs root: the fabric is made of network namespaces")
    from fabric_packets import World

    made = World("f10363")
    try:
        yield made
    finally:
        made.close()

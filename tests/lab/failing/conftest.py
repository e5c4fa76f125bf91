"""How many interruptions are tried: few by default, all of them by BULKHEAD_INTERRUPTIONS=30."""

import os

import pytest


@pytest.fixture(scope="session")
def interruptions() -> int:
    return int(os.environ.get("BULKHEAD_INTERRUPTIONS", "6"))

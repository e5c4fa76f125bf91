"""Makes the shared cases importable, and gives the example as a plan."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from blueprint_cases import EXAMPLE, planned


@pytest.fixture(scope="session")
def example_plan():
    return planned(EXAMPLE.read_text("utf-8"))

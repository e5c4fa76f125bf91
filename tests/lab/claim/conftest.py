"""The claim's tests break what stands, so they have a lab of their own."""

import pytest
from lab_fixture import standing_lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory, example):
    """The example's estate, to be changed through its API."""
    yield from standing_lab(tmp_path_factory.mktemp("claim"), example)

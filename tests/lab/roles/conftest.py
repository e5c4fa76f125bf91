"""One bench for all tests of roles."""

import pytest
from bench import Bench


@pytest.fixture(scope="session")
def bench(tmp_path_factory):
    """Machines for roles; see bench.py."""
    standing = Bench(tmp_path_factory.mktemp("bench"))
    yield standing
    standing.close()

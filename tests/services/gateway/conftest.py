"""One broker for the gateways of a module."""

import pytest
from broker_fixture import broker


@pytest.fixture(scope="module")
def trust(tmp_path_factory):
    return tmp_path_factory.mktemp("trust")


@pytest.fixture
def acme(tmp_path, trust):
    with broker(tmp_path / "broker", trust) as running:
        yield running

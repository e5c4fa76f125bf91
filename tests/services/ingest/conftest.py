"""One historian for all tests here, a broker for each module, an ingest for each test."""

import pytest
from broker_fixture import broker as running_broker
from historian_fixture import historian as running_historian
from ingest_fixture import Ingest


@pytest.fixture(scope="session")
def standing():
    """A running historian; nobody's rows are taken away."""
    with running_historian() as made:
        yield made


@pytest.fixture
def historian(standing):
    """The historian, empty."""
    standing.empty()
    return standing


@pytest.fixture(scope="module")
def broker(standing, tmp_path_factory):
    with running_broker(tmp_path_factory.mktemp("broker") / "acme", standing.trust) as made:
        yield made


@pytest.fixture
def ingest(tmp_path, broker, historian):
    """An ingest that is online; what a test starts is ended."""
    made = Ingest(tmp_path / "ingest", broker, historian)
    made.start()
    made.online()
    yield made
    made.stop()

"""Authorities and brokers that tests of one module share."""

import pytest
from broker_fixture import broker


@pytest.fixture(scope="module")
def trust(tmp_path_factory):
    return tmp_path_factory.mktemp("trust")


@pytest.fixture(scope="module")
def acme(tmp_path_factory, trust):
    """Tenant acme's broker; tests leave it as they found it."""
    with broker(tmp_path_factory.mktemp("acme") / "broker", trust) as running:
        yield running


@pytest.fixture
def spare(tmp_path, trust):
    """Makes brokers of a test's own, to be maimed; `replace` edits the configuration."""
    running = []

    def make(tenant="acme", **more):
        made = broker(tmp_path / f"broker{len(running)}", trust, tenant, **more)
        running.append(made)
        return made.__enter__()

    yield make
    for made in running:
        made.__exit__(None, None, None)

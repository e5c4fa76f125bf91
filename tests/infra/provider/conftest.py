"""One moto server, mended as the lab's region mends it, emptied before each test."""

import logging
import urllib.request

import pytest
from moto.server import ThreadedMotoServer
from provider_cases import AMI, OTHER_AMI
from provider_stand_in import Engine, Region, Running

from infra.lab.api.patches import apply_patches, images


@pytest.fixture(scope="session")
def _moto():
    apply_patches()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def region(_moto, monkeypatch):
    # Whether moto has images of Amazon's own hangs on what ran before in this process.
    monkeypatch.setattr(images, "_shown", lambda: (AMI, OTHER_AMI))
    reset = urllib.request.Request(f"{_moto}/moto-api/reset", method="POST")
    urllib.request.urlopen(reset).close()
    return Region(_moto)


@pytest.fixture
def start(region, tmp_path):
    """Start a provider with the region's arguments; all that were started end with the test."""
    running = []

    def go(fault=None, **arguments):
        running.append(Running(region.arguments | arguments, tmp_path / "notes", fault))
        return Engine(running[-1].stub)

    yield go
    for one in running:
        one.close()


@pytest.fixture
def engine(start):
    return start()

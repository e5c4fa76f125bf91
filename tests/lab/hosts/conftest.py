import os
import sys

import pytest
from machine_cases import Place

from infra.lab import image


@pytest.fixture(scope="session")
def baked():
    """The lab's image, baked if need be."""
    return image.ensure(lambda line: print(line, file=sys.stderr))


@pytest.fixture(scope="module")
def place(tmp_path_factory, baked):
    """Where machines can be started; nothing of them is left afterwards."""
    made = Place(f"bhm{os.getpid()}-", tmp_path_factory.mktemp("machines"), baked.root)
    try:
        yield made
    finally:
        made.clear()

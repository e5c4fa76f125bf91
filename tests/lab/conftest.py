"""The lab's tests: root on Linux with the lab's parts, or a skip that says what is missing."""

from pathlib import Path

import pytest
from lab_fixture import standing_lab

from bulkhead.blueprint import expand, load
from bulkhead.environments.doctor import checks

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"


def pytest_collection_modifyitems(items):
    """Mark everything below tests/lab; skip it, with the reason, where the lab cannot run."""
    missing = [row for row in checks("lab") if row.needed and not row.found]
    reason = "the lab cannot run here: " + "; ".join(f"{r.part} ({r.remedy})" for r in missing)
    here = str(Path(__file__).parent)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.lab)
            if missing:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def example():
    """The example's plan."""
    return expand(load(EXAMPLE))


@pytest.fixture(scope="session")
def lab(tmp_path_factory, example):
    """The example's estate, stood up once by the real engine; taken away at the end."""
    yield from standing_lab(tmp_path_factory.mktemp("lab"), example)


@pytest.fixture(scope="session")
def machines_lab(tmp_path_factory, example):
    """The example's estate on machines, configured; whoever changes it puts it back."""
    yield from standing_lab(tmp_path_factory.mktemp("machines"), example, hosts="machines")

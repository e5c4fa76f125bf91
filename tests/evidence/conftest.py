"""The example's plan, and a state directory in which everything has run."""

import pytest
from story_state import AT, EXAMPLE, example, leave_all

from bulkhead.environments import reporting
from bulkhead.evidence import report


@pytest.fixture(scope="session")
def plan():
    return example()


@pytest.fixture(scope="session")
def state(plan, tmp_path_factory):
    folder = tmp_path_factory.mktemp("state")
    leave_all(folder, plan)
    return folder


@pytest.fixture(scope="session")
def story(plan, state):
    return reporting.story(plan, state, AT, EXAMPLE)


@pytest.fixture(scope="session")
def page(story):
    return report.page(story)

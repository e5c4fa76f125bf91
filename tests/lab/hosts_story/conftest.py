"""What the stories of machines share."""

import pytest

from bulkhead.environments.machines import Machines


def silently(_line):
    """Say nothing."""


@pytest.fixture
def machines(machines_lab):
    """The machines that stand, as `up` configures them."""
    return Machines(machines_lab.site(), silently)


@pytest.fixture
def state(machines_lab):
    """Arguments that name the lab to the command."""
    return ["--state", str(machines_lab.state.parent)]


@pytest.fixture
def shells(machines_lab):
    """Sessions on all hosts."""
    with machines_lab.entry().shells() as made:
        yield made

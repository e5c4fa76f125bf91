"""The controls as pytest cases, and hosts as testinfra sees them, for suites of a customer's own.

In a conftest.py: `pytest_plugins = ["bulkhead.environments.pytest_plugin"]`. Then

    pytest SUITE --estate estate.yaml --estate-env lab [--estate-state DIR] [--estate-accepted FILE]

`finding` is each finding of each control, a case each; `finding.check()` fails with the reason, and
skips where it is accepted or where this environment has nothing of the kind. `estate_host` is each
host as testinfra sees it (lab and aws; a case each), `estate_plan` the plan, `verification` the
whole of what was found.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bulkhead.blueprint import expand, load
from bulkhead.controls.results import NOTHING, Observation, Verification
from bulkhead.environments import entering, verifying
from bulkhead.environments.lab import Lab
from bulkhead.errors import BulkheadError
from bulkhead.plan import Plan
from infra.place import state_beside


@dataclass(frozen=True)
class Finding:
    """One finding of one control."""

    control: str
    observation: Observation

    def check(self) -> None:
        """Fail or skip with the reason; return where it passes."""
        row = self.observation
        words = f"{self.control} at {row.subject}: {row.because or row.seen}"
        if row.verdict == "accepted" or (row.verdict == "not observed" and row.absent):
            pytest.skip(f"{row.verdict}: {words}")
        if row.verdict != "pass":
            pytest.fail(f"{row.verdict}: {words} (expected: {row.expected})", pytrace=False)


class _Estate:
    """What the options name, read once for a session."""

    def __init__(self, config: pytest.Config) -> None:
        estate = config.getoption("--estate")
        if not estate:
            raise pytest.UsageError("say which estate: --estate FILE")
        self.estate = Path(estate)
        state = config.getoption("--estate-state")
        self.where = verifying.Where(
            environment=config.getoption("--estate-env"),
            state=Path(state).resolve() if state else state_beside(self.estate.resolve().parent),
        )
        self.accepted = config.getoption("--estate-accepted")
        self._found: Verification | None = None
        self.plan: Plan = _said(lambda: expand(load(self.estate)))

    def found(self) -> Verification:
        """All controls, asked once."""
        if self._found is None:
            path = Path(self.accepted) if self.accepted else None
            self._found = _said(
                lambda: verifying.verify(
                    self.where,
                    self.plan,
                    accepted=verifying.register(path, self.estate, self.plan),
                )
            )
        return self._found

    def hosts(self) -> list[Any]:
        """Each host as testinfra sees it, entered as the command enters it; none in sim."""
        import testinfra

        if self.where.environment == "sim":
            return []
        if self.where.environment == "lab":
            entry = _said(lambda: Lab(self.where.state).entry())
        else:
            entry = _said(lambda: entering.account(self.where.state / "aws", self.plan))
        made = [
            testinfra.get_host(f"ssh://{row.name}", ssh_config=str(entry.room.config), sudo=True)
            for row in entry.hosts
        ]
        return [
            pytest.param(host, id=row.host) for host, row in zip(made, entry.hosts, strict=True)
        ]


def _said(do: Any) -> Any:
    """What it gives; a problem becomes pytest's own words for wrong usage, without a traceback."""
    try:
        return do()
    except BulkheadError as error:
        raise pytest.UsageError(str(error)) from None


_KEY = pytest.StashKey[_Estate]()


def _estate(config: pytest.Config) -> _Estate:
    if _KEY not in config.stash:
        config.stash[_KEY] = _Estate(config)
    return config.stash[_KEY]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options that name an estate."""
    group = parser.getgroup("bulkhead")
    group.addoption("--estate", help="the blueprint of the estate that is tested")
    group.addoption("--estate-env", choices=("sim", "lab", "aws"), default="sim")
    group.addoption("--estate-state", help="its state directory (default: .bulkhead)")
    group.addoption("--estate-accepted", help="the register of accepted findings")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A case for each finding, and for each host."""
    if "finding" in metafunc.fixturenames:
        found = [
            Finding(result.control, row)
            for result in _estate(metafunc.config).found().results
            for row in result.observations or (NOTHING,)
        ]
        names = [f"{row.control}-{row.observation.subject}" for row in found]
        metafunc.parametrize("finding", found, ids=names)
    if "estate_host" in metafunc.fixturenames:
        metafunc.parametrize("estate_host", _estate(metafunc.config).hosts())


@pytest.fixture(scope="session")
def estate_plan(pytestconfig: pytest.Config) -> Plan:
    """The plan of the blueprint."""
    return _estate(pytestconfig).plan


@pytest.fixture(scope="session")
def verification(pytestconfig: pytest.Config) -> Verification:
    """What all controls found."""
    return _estate(pytestconfig).found()

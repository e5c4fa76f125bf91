"""What controls found: observations, results, achieved security levels. Plain frozen data."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "fail", "accepted", "not observed"]
"""accepted: it fails, and a valid entry of the register of accepted findings says so."""
Owner = Literal["provider", "customer", "shared"]
State = Literal["met", "unmet", "compensated", "not observed"]
ORDER: tuple[Verdict, ...] = ("fail", "not observed", "accepted", "pass")
"""Worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing looked at. subject: the id of a host, zone, conduit, tenant or the estate's name.

    because: why it is so, or why it could not be observed; in words. absent: not observed, for
    this environment has no such source at all (a model has no hosts). compensated: accepted, and
    a measure holds in its place meanwhile.
    """

    subject: str
    verdict: Verdict
    expected: str
    seen: str
    because: str = ""
    absent: bool = False
    compensated: bool = False


NOTHING = Observation(
    subject="estate",
    verdict="not observed",
    expected="something to look at",
    seen="nothing",
    because="the control found nothing that it could look at",
)
"""What a control that looked at nothing has observed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One control's. mappings: (framework, id), e.g. ("IEC 62443-3-3", "SR 5.1")."""

    control: str
    title: str
    owner: Owner
    remediation: str
    mappings: tuple[tuple[str, str], ...]
    observations: tuple[Observation, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of its observations; without any, nothing was observed."""
        found = {row.verdict for row in self.observations}
        return next((word for word in ORDER if word in found), "not observed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """SL-A of a zone for one foundational requirement; achieved None: not decided."""

    zone: str
    requirement: str
    target: int
    achieved: int | None
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One requirement of IEC 62443-3-3, or an enhancement of it, at a zone or conduit.

    place: its id. requirement: e.g. `SR 5.2 RE 1`. level: the SL from which it is asked.
    compensated: a control that decides it fails, and a measure that somebody accepted
    holds in its place. controls: those that decide.
    """

    place: str
    requirement: str
    level: int
    state: State
    controls: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """SL-C of a component (IEC 62443-4-2): what it could do, and never what a zone achieves.

    stated: the level that its maker states; None where no statement is on file.
    """

    component: str
    stated: int | None
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """All of one run of `verify`. at: ISO 8601, UTC. notes: of the register, in words.

    levels and requirements are empty where only some controls were asked.
    """

    estate: str
    digest: str
    environment: str
    at: str
    results: tuple[Result, ...]
    levels: tuple[Level, ...]
    requirements: tuple[Requirement, ...] = ()
    capabilities: tuple[Capability, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def failing(self) -> tuple[tuple[str, Observation], ...]:
        """What is not in order, with its control: failures, and what should have been observed."""
        return tuple(
            (result.control, row)
            for result in self.results
            for row in result.observations or (NOTHING,)
            if row.verdict == "fail" or (row.verdict == "not observed" and not row.absent)
        )

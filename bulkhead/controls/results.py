"""What controls found: observations, results, achieved security levels. Plain frozen data."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["pass", "fail", "accepted", "not observed"]
"""accepted: it fails, and a valid entry of the register of accepted findings says so."""
Owner = Literal["provider", "customer", "shared"]
ORDER: tuple[Verdict, ...] = ("fail", "not observed", "accepted", "pass")
"""Worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One thing looked at. subject: the id of a host, zone, conduit, tenant or the estate's name.

    because: why it is so, or why it could not be observed; in words.
    """

    subject: str
    verdict: Verdict
    expected: str
    seen: str
    because: str = ""


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
class Verification:
    """All of one run of `verify`. at: ISO 8601, UTC."""

    estate: str
    digest: str
    environment: str
    at: str
    results: tuple[Result, ...]
    levels: tuple[Level, ...]

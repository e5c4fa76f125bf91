"""What a control is, and how it is shown to work: by breaking what it watches."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bulkhead.controls.facts import Facts
from bulkhead.controls.results import Observation, Owner, Result
from bulkhead.controls.steps import Step
from bulkhead.plan import Plan

Finding = tuple[str, str]
"""(control, subject)."""
IEC = "IEC 62443-3-3"
NIST_53 = "NIST SP 800-53 r5"
NIST_82 = "NIST SP 800-82 r3"
ISO = "ISO/IEC 27001:2022 A"
SOC = "SOC 2 TSC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sabotage:
    """A declared way to break what a control watches, in sim and lab alone.

    what: in words. steps: on this plan's estate. flips: exactly the findings that then fail.
    MissingHere where the estate has nothing of the kind.
    """

    what: str
    steps: Callable[[Plan], tuple[Step, ...]]
    flips: Callable[[Plan], frozenset[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One question of an auditor's, and how it is answered from an environment's facts.

    reads: its sources, in words. meets: IEC 62443-3-3 requirements that it decides, together with
    every other control that names them. supports: those that it bears upon without deciding.
    others: (framework, id) of other frameworks. owner: who puts it right, under shared
    responsibility.
    """

    id: str
    title: str
    why: str
    owner: Owner
    remediation: str
    reads: str
    meets: tuple[str, ...]
    supports: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...]
    observe: Callable[[Facts], Iterable[Observation]]
    sabotage: Sabotage

    @property
    def mappings(self) -> tuple[tuple[str, str], ...]:
        """(framework, id), all of them."""
        return (*((IEC, row) for row in (*self.meets, *self.supports)), *self.others)

    def result(self, facts: Facts) -> Result:
        """What it observes, worst first within each verdict by subject."""
        return Result(
            control=self.id,
            title=self.title,
            owner=self.owner,
            remediation=self.remediation,
            mappings=self.mappings,
            observations=tuple(sorted(self.observe(facts), key=lambda row: row.subject)),
        )


def nist(*ids: str) -> tuple[tuple[str, str], ...]:
    """Ids of NIST SP 800-53."""
    return tuple((NIST_53, row) for row in ids)


def ot(*sections: str) -> tuple[tuple[str, str], ...]:
    """Sections of NIST SP 800-82."""
    return tuple((NIST_82, row) for row in sections)


def iso(*ids: str) -> tuple[tuple[str, str], ...]:
    """Ids of ISO/IEC 27001:2022, Annex A."""
    return tuple((ISO, row) for row in ids)


def soc(*ids: str) -> tuple[tuple[str, str], ...]:
    """Criteria of SOC 2."""
    return tuple((SOC, row) for row in ids)

"""Findings of one exercise in several environments, side by side: where they agree. Pure."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bulkhead.evidence.story import Found, Played


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """One finding as each run has it, in the runs' order; None where a run has it not.

    number: which one, where a run has several of the same subject and ends, from 1.
    """

    subject: str
    source: str
    target: str
    number: int
    cells: tuple[Found | None, ...]

    @property
    def expected(self) -> tuple[str, ...]:
        """What was expected, each wording once."""
        return tuple(dict.fromkeys(cell.finding.expected for cell in self.cells if cell))

    @property
    def agrees(self) -> bool:
        """Whether all runs have it, and tell the same of it."""
        told = [cell.finding.told if cell else None for cell in self.cells]
        return all(row == told[0] for row in told)


def beside(runs: Sequence[Played]) -> tuple[Beside, ...]:
    """One row for each finding, in the order of the first run that has it."""
    rows: dict[tuple[str, str, str, int], list[Found | None]] = {}
    for place, run in enumerate(runs):
        seen: defaultdict[tuple[str, str, str], int] = defaultdict(int)
        for row in run.found or ():
            about = (row.finding.subject, row.finding.source, row.finding.target)
            seen[about] += 1
            cells = rows.setdefault((*about, seen[about]), [None] * len(runs))
            cells[place] = row
    return tuple(
        Beside(subject=subject, source=source, target=target, number=number, cells=tuple(cells))
        for (subject, source, target, number), cells in rows.items()
    )


def agreement(runs: Sequence[Played]) -> str:
    """In a sentence, how far several runs agree; empty where there are none to compare."""
    told = [run for run in runs if run.found is not None]
    if len(told) < 2:
        return ""
    rows = beside(told)
    differ = sum(not row.agrees for row in rows)
    where = " and ".join(run.environment for run in told)
    if not differ:
        return f"All {len(rows)} findings are the same in {where}."
    return f"Of {len(rows)} findings, {differ} differ between {where}."

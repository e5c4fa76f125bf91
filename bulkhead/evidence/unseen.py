"""What was not observed, all of it in one place: sentences for the report. Pure."""

from collections import Counter
from collections.abc import Iterator

from bulkhead.controls.results import Verification
from bulkhead.evidence.story import Played, Story
from bulkhead.evidence.verdicts import verdicts

_STANDINGS = ("not observed", "not run", "censored")


def unseen(story: Story) -> tuple[str, ...]:
    """A sentence for each thing that nobody can say, coarse things first; empty for none."""
    return tuple(dict.fromkeys(_all(story)))


def _all(story: Story) -> Iterator[str]:
    yield from (row.said for row in verdicts(story) if row.state == "not observed")
    for claim in story.claims:
        where = f"The claim in {claim.environment}"
        if claim.flows is None:
            yield f"{where}: packets were not observed there."
        if claim.filtered is None:
            yield f"{where}: the hosts' own packet filters were not read."
        if claim.unobserved:
            yield f"{where}: of {claim.unobserved} flows no packet told."
    for exercise in story.exercises:
        for run in exercise.runs:
            yield from _run(run)
    for verification in story.verifications:
        yield from _verification(verification)
    for name, why in story.unread:
        yield f"The file {name} could not be read: {why}."


def _run(run: Played) -> Iterator[str]:
    """Findings that nobody could make, those of one standing and reason as one."""
    groups: Counter[tuple[str, str]] = Counter()
    subjects: dict[tuple[str, str], str] = {}
    for row in run.found or ():
        finding = row.finding
        if finding.standing in _STANDINGS:
            key = (finding.standing, finding.because)
            groups[key] += 1
            subjects.setdefault(key, finding.subject)
    for (standing, because), count in groups.items():
        more = f" and {count - 1} more" if count > 1 else ""
        why = f": {because}" if because else ""
        subject = subjects[standing, because]
        yield f"{run.name} in {run.environment}: {subject}{more}: {standing}{why}."


def _verification(verification: Verification) -> Iterator[str]:
    for result in verification.results:
        rows = [row for row in result.observations if row.verdict == "not observed"]
        where = f"Control {result.control} in {verification.environment}"
        if not result.observations:
            yield f"{where}: it found nothing to look at."
        reasons = Counter(row.because or row.seen for row in rows)
        for because, count in reasons.items():
            yield f"{where}: {count} of {len(result.observations)} not observed: {because}."
    if levels := [row for row in verification.levels if row.achieved is None]:
        where = f"Security levels in {verification.environment}"
        yield f"{where}: {len(levels)} of {len(verification.levels)} not decided."

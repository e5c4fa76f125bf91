"""What a report paints red: flows and places that findings name, and nothing else. Pure."""

from collections import defaultdict
from collections.abc import Iterator

from bulkhead.drill.findings import Finding
from bulkhead.evidence.story import Differing, Played, Story
from bulkhead.evidence.topology import Crossing

REACHED, REFUSED = "reached", "refused"
"""What attacks say was seen, or expected, of a way."""


def crossings(story: Story) -> tuple[Crossing, ...]:
    """Flows that are not as they should be, those of the same ends and kind as one."""
    found: defaultdict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for crossing in _all(story):
        key = (crossing.source, crossing.target, crossing.kind)
        found[key].append((crossing.what, crossing.because))
    return tuple(
        Crossing(
            source=source,
            target=target,
            kind=kind,  # type: ignore[arg-type]
            what=", ".join(dict.fromkeys(what for what, _ in rows)),
            because="\n".join(dict.fromkeys(because for _, because in rows if because)),
        )
        for (source, target, kind), rows in sorted(found.items())
    )


def failing(story: Story) -> dict[str, str]:
    """Zones and hosts of the plan that a finding names by themselves, with why."""
    known = {zone.id for zone in story.plan.zones} | {host.id for host in story.plan.hosts}
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, why in _named(story):
        if name in known and why not in found[name]:
            found[name].append(why)
    return {name: "\n".join(found[name]) for name in sorted(found) if found[name]}


def runs(story: Story) -> Iterator[Played]:
    """The runs that are about this plan."""
    for exercise in story.exercises:
        yield from (run for run in exercise.runs if story.current(run.digest))


def _all(story: Story) -> Iterator[Crossing]:
    for claim in story.claims:
        if story.current(claim.digest):
            for row in claim.differences:
                yield from _differing(row, claim.environment)
    for run in runs(story):
        for one in run.found or ():
            yield from _tried(one.finding, f"{run.name} in {run.environment}")


def _differing(row: Differing, environment: str) -> Iterator[Crossing]:
    kind = row.kind
    if kind == "model-vs-packets":
        arrived = row.observed in ("answered", "one-way")
        if row.intended == "refused" and arrived:
            kind = "opened"
        elif row.intended == "answered" and row.observed != "answered":
            kind = "closed"
    if row.target and kind in ("opened", "weakened", "closed"):
        yield Crossing(
            source=row.source,
            target=row.target,
            kind=kind,  # type: ignore[arg-type]
            what=row.services,
            because=f"probe in {environment}: {row.sentence}",
        )


def _tried(row: Finding, where: str) -> Iterator[Crossing]:
    if row.standing != "deviated" or not (row.source and row.target):
        return
    ends = (row.expected, row.seen)
    if ends in ((REFUSED, REACHED), (REACHED, REFUSED)):
        yield Crossing(
            source=row.source,
            target=row.target,
            kind="opened" if row.seen == REACHED else "closed",
            what=row.subject,
            because=f"{where}: {row.because}" if row.because else where,
        )


def _named(story: Story) -> Iterator[tuple[str, str]]:
    for claim in story.claims:
        for difference in claim.differences if story.current(claim.digest) else ():
            if not difference.target and difference.kind != "not observed":
                yield difference.source, difference.sentence
    for run in runs(story):
        for one in run.found or ():
            row = one.finding
            if row.standing == "deviated" and not list(_tried(row, "")):
                yield row.target or row.source, f"{run.name}: {row.subject}: {row.seen}"
    for verification in story.verifications:
        for result in verification.results if story.current(verification.digest) else ():
            for seen in result.observations:
                if seen.verdict == "fail":
                    yield seen.subject, f"{result.control}: {seen.seen}, not {seen.expected}"

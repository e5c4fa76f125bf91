"""One run: every control asked, accepted findings taken out, levels concluded. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime

from bulkhead.controls.catalogue import CONTROLS
from bulkhead.controls.control import Control
from bulkhead.controls.facts import Facts
from bulkhead.controls.levels import capabilities, levels, requirements
from bulkhead.controls.register import Accepted, accepted_by_plan, applied
from bulkhead.controls.results import Verification
from bulkhead.plan import Plan, digest


def verified(
    controls: Iterable[Control],
    facts: Facts,
    environment: str,
    accepted: Iterable[Accepted] = (),
    now: datetime | None = None,
) -> Verification:
    """What the controls find. accepted: the register's, beside the plan's own exceptions.

    Levels are concluded only where every control was asked.
    """
    at, asked = now or datetime.now(UTC), tuple(controls)
    entries = (*accepted, *accepted_by_plan(facts.plan))
    results = tuple(row.result(facts) for row in asked)
    results, notes = applied(entries, results, at.date())
    whole = len(asked) == len(CONTROLS)
    decided = requirements(facts, results) if whole else ()
    return Verification(
        estate=facts.plan.estate,
        digest=digest(facts.plan),
        environment=environment,
        at=at.isoformat(timespec="seconds"),
        results=results,
        levels=levels(facts.plan, decided) if whole else (),
        requirements=decided,
        capabilities=capabilities(facts.hosts),
        notes=(*notes, *_unstated(facts.plan)),
    )


def _unstated(plan: Plan) -> tuple[str, ...]:
    zones = [zone.id for zone in plan.zones if not zone.stated]
    if not zones:
        return ()
    few = ", ".join(zones[:3]) + (f" and {len(zones) - 3} more" if len(zones) > 3 else "")
    return (f"no target is stated for {few}: their security levels are not judged",)

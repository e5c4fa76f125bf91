"""What documents are made of: the drill's own words, the plan's people, and a run if there was."""

from collections.abc import Sequence
from dataclasses import dataclass

from bulkhead.blueprint.markdown import table, text
from bulkhead.drill.drills import About
from bulkhead.drill.exercise import Deadline, Exercise, Objective
from bulkhead.drill.improvements import Improvement
from bulkhead.drill.participants import ROLES, Participant
from bulkhead.drill.timeline import Recording
from bulkhead.plan import SHARED, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One exercise.

    tenant: with whom; None for the whole estate. participants: as planned. recording: after a run,
    which knows itself who took part. improvements: those of this drill, tenant and environment.
    """

    about: About
    exercise: Exercise
    plan: Plan
    tenant: str | None = None
    participants: tuple[Participant, ...] = ()
    recording: Recording | None = None
    improvements: tuple[Improvement, ...] = ()

    @property
    def present(self) -> tuple[Participant, ...]:
        """Who took part, or is to."""
        if self.recording is None:
            return self.participants
        return tuple(Participant(**row) for row in self.recording.run.get("roles", ()))

    def deadlines(self, objective: Objective) -> list[Deadline]:
        """Those that measure an objective."""
        return [one for one in self.exercise.deadlines if one.objective == objective.id]


def head(occasion: Occasion, title: str) -> list[str]:
    """Title, and which exercise it is."""
    of = occasion.tenant or "all tenants"
    return [
        f"# {title}: {text(occasion.about.title or occasion.about.name)}",
        "",
        f"Exercise `{occasion.about.name}`, estate {text(occasion.plan.estate)}, {text(of)}.",
        "",
    ]


def section(title: str, *paragraphs: str) -> list[str]:
    """A heading and its paragraphs; nothing where there are none."""
    if not paragraphs:
        return []
    return [f"## {title}", "", *(line for one in paragraphs for line in (text(one), ""))]


def bullets(title: str, items: Sequence[str]) -> list[str]:
    """A heading and its list; nothing where it is empty."""
    return [f"## {title}", "", *(f"- {text(one)}" for one in items), ""] if items else []


def who(occasion: Occasion) -> list[str]:
    """Who takes part, by role; empty lines to write on for roles that nobody was named for."""
    by_role = {role: [one.name for one in occasion.present if one.role == role] for role in ROLES}
    rows = [(role, text(", ".join(names)) or "________") for role, names in by_role.items()]
    return ["## Participants", "", *table(("role", "names"), rows)]


def contacts(occasion: Occasion) -> list[str]:
    """Whom the plan names, in the order in which they are asked."""
    homes = (SHARED,) if occasion.tenant is None else (SHARED, occasion.tenant)
    people = [one for one in occasion.plan.people if one.tenant in homes or occasion.tenant is None]
    people.sort(key=lambda one: (one.tenant == SHARED, one.tenant, one.escalation or 99, one.id))
    rows = [
        (
            text(one.name),
            text(one.id),
            ", ".join(one.roles),
            str(one.escalation or ""),
            text(one.contact),
        )
        for one in people
    ]
    columns = ("name", "id", "roles", "asked", "contact")
    return ["## Whom the blueprint names", "", *table(columns, rows)]


def joined(lines: Sequence[str]) -> str:
    """The document's text."""
    return "\n".join(lines).rstrip() + "\n"

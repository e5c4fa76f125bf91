"""The report: one HTML file that needs nothing else, from a story. Pure; same story, same bytes."""

import hashlib
from base64 import b64encode
from datetime import date

from bulkhead.controls.results import ORDER, Observation, Result
from bulkhead.evidence import (
    attempts,
    levels_picture,
    red,
    requirements,
    signals_picture,
    timeline_picture,
    topology,
    unseen,
    verdicts,
)
from bulkhead.evidence.beside import agreement, beside
from bulkhead.evidence.drawing import Drawing
from bulkhead.evidence.rendering import css, svg_file, templates
from bulkhead.evidence.story import Exercised, Story

WORST_SHOWN = 4
"""Subjects of a control that its row names; further ones it counts."""


def page(story: Story) -> str:
    """The report as HTML."""
    style = css("page.css")
    found = verdicts.verdicts(story)
    said: str = (
        templates()
        .get_template("page.html")
        .render(
            story=story,
            plan=story.plan,
            style=style,
            style_hash=_hash(style),
            verdicts=found,
            overall=verdicts.overall(found),
            states=verdicts.STATES,
            order=ORDER,
            topology=map_of(story),
            crossings=red.crossings(story),
            failing=red.failing(story),
            timeline=_timeline,
            signals=signals_picture.picture,
            levels=levels_picture.picture,
            level_state=levels_picture.state,
            within=timeline_picture.within_of,
            beside=beside,
            agreement=agreement,
            by_host=attempts.by_host,
            worst=worst,
            places=places(story),
            counted=requirements.counted,
            unmet=requirements.unmet,
            undecided=requirements.unobserved,
            unseen=unseen.unseen(story),
            today=date.fromisoformat(story.made[:10]),
        )
    )
    return said


def map_of(story: Story, tenant: str | None = None) -> Drawing:
    """The topology picture, with what the story's findings name in red; or one tenant's page."""
    return topology.picture(story.plan, red.crossings(story), red.failing(story), tenant)


def map_file(story: Story, tenant: str | None = None) -> str:
    """The same as an SVG file of its own."""
    return svg_file(map_of(story, tenant))


def worst(result: Result) -> tuple[tuple[Observation, ...], int]:
    """The subjects of a control that fare worst, and how many more fare as badly."""
    bad = [row for row in result.observations if row.verdict != "pass"]
    bad.sort(key=lambda row: (ORDER.index(row.verdict), row.subject))
    return tuple(bad[:WORST_SHOWN]), max(len(bad) - WORST_SHOWN, 0)


def places(story: Story) -> tuple[str, ...]:
    """The environments of which the story holds anything, in their order."""
    known = {claim.environment for claim in story.claims}
    known |= {run.environment for exercise in story.exercises for run in exercise.runs}
    known |= {verification.environment for verification in story.verifications}
    return tuple(name for name in ("sim", "lab", "aws") if name in known) + tuple(
        sorted(known - {"sim", "lab", "aws"})
    )


def _timeline(exercise: Exercised) -> Drawing:
    return timeline_picture.picture(exercise.runs, exercise.injects)


def _hash(text: str) -> str:
    """A source expression of a Content-Security-Policy for inline content."""
    return "sha256-" + b64encode(hashlib.sha256(text.encode()).digest()).decode()

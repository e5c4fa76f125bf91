"""What an exercise officer files, as Markdown: HSEEP's documents, from the drill's own data.

Before a run: objectives, list of events, situation manual, facilitator's notes, evaluator guide,
feedback form. After it, from its timeline alone: the after-action report with improvement plan.
"""

from bulkhead.drill.documents.afteraction import report
from bulkhead.drill.documents.before import (
    evaluator_guide,
    events,
    facilitator_notes,
    feedback_form,
    objectives,
    situation_manual,
)
from bulkhead.drill.documents.occasion import Occasion

BEFORE = {
    "objectives.md": objectives,
    "master-scenario-events-list.md": events,
    "situation-manual.md": situation_manual,
    "facilitator-notes.md": facilitator_notes,
    "evaluator-guide.md": evaluator_guide,
    "participant-feedback-form.md": feedback_form,
}
AFTER = {"after-action-report.md": report}


def documents(occasion: Occasion) -> dict[str, str]:
    """All documents of an occasion by file name; the report only where there is a recording."""
    wanted = BEFORE | (AFTER if occasion.recording else {})
    return {name: make(occasion) for name, make in wanted.items()}


__all__ = ["AFTER", "BEFORE", "Occasion", "documents"]

"""Doing again what the journal says was done."""

import logging

from bulkhead.errors import Problem, WrongInput
from infra.lab.api.journal import Entry, Journal
from infra.lab.api.world import Request, World

log = logging.getLogger(__name__)


def replay(world: World, journal: Journal) -> int:
    """Execute every call of the journal in an empty world; how many there were.

    Raises WrongInput where the file is damaged or a call is answered otherwise than it was.
    """
    for entry in journal.replay():
        answer = world.perform(Request.of(entry, entry.account), entry.number, entry.at)
        if answer.status != entry.status:
            raise _differs(journal, entry, answer.status)
    log.info("replayed %d calls", journal.number)
    return journal.number


def _differs(journal: Journal, entry: Entry, status: int) -> WrongInput:
    return WrongInput(
        Problem(
            f"{journal.path}:{entry.number}",
            f"{entry.service} {entry.action} was answered with {entry.status} when it was made, "
            f"and with {status} now",
            allowed="the same answers from the same calls",
            remedy="use the version that wrote it, or end this lab with `bulkhead down`",
        )
    )

"""A drill on networks alone: a way is opened by mistake, seen, decided on, closed."""

from typing import ClassVar

from rehearsal import EXERCISE

from bulkhead.drill import Refused
from bulkhead.drill.actions import Lift, Reach
from bulkhead.drill.drills import About, Holds
from bulkhead.drill.people import Ask

SOURCE, TARGET = "acme/ingest/ingest-1", "shared/admin/bastion-1"
GATEWAY, BROKER = "acme/lyon/ai/gw-1", "acme/ingest/broker-1"
WAY = Reach(SOURCE, TARGET, "private", "tcp", 22)
TELEMETRY = Reach(GATEWAY, BROKER, "public", "tcp", 8883)


class Passage:
    """The layer that stops WAY is opened; somebody approves that it is closed again."""

    hostile = False
    exercise = EXERCISE
    about: ClassVar[About] = About(
        name="passage",
        title="A way is open by mistake",
        tactic="lateral movement",
        techniques=(("T0886", "T0886"),),
        references=(),
        needs=frozenset({Reach, Lift, Ask}),
        wants=frozenset(),
        leaves="nothing",
        most=50,
        longest=2000.0,
    )

    def __init__(self, plan, tenant=None):
        self.plan, self.tenant = plan, tenant

    def run(self, d):
        yield d.steady([Holds("telemetry", TELEMETRY), Holds("no way", WAY, ends="refused")])
        mark = d.mark()
        stopped = yield d.do(WAY)
        assert isinstance(stopped, Refused)
        yield d.do(Lift(WAY, stopped.layer))
        # What is behind the opened layer stops it still: one layer alone was lifted.
        yield d.do(WAY)
        asked = Ask("acme/marc", "approve", "A way to the bastion is open. Shall it be closed?")
        yield d.expect("decided", asked, within=1200.0)
        yield d.undo(mark)
        yield d.expect("telemetry goes on", TELEMETRY, within=45.0)

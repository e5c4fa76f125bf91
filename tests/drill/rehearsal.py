"""A small complete drill on the toy environment: steady state, authority, people, deadlines."""

from toy import Change, Look, Stop

from bulkhead.drill.drills import About, Holds
from bulkhead.drill.exercise import Deadline, Exercise, Inject, Objective
from bulkhead.drill.people import Ask

EXERCISE = Exercise(
    purpose="Show that a lost gateway is noticed and replaced.",
    scope="One tenant, one gateway; nothing else is touched.",
    steady_state=("telemetry flows",),
    situation=("It is Tuesday. The gateway | has been slow since morning.", "Nobody is on leave."),
    notes=("Secret: the gateway is stopped in the second minute.",),
    objectives=(
        Objective(id="O1", text="The loss is seen.", capability="Detect", owner="engineer"),
        Objective(id="O2", text="View returns.", capability="Recover", owner="provider.operator"),
    ),
    injects=(
        Inject(
            number=2,
            after=120.0,
            to="operator",
            text="The panel is dark.",
            expected="calls the provider",
            objective="O2",
        ),
        Inject(
            number=1,
            after=0.0,
            to="operator",
            text="Readings are late.",
            expected="looks at the panel",
            objective="O1",
        ),
    ),
    deadlines=(
        Deadline(name="alert seen", within=5.0, objective="O1"),
        Deadline(name="acknowledged", within=300.0, objective="O1"),
        Deadline(name="view is back", within=90.0, objective="O2"),
    ),
    questions=("What would have helped?",),
)


class Rehearsal:
    """The gateway stops, somebody notices, it comes back."""

    hostile = False
    exercise = EXERCISE
    about = About(
        name="rehearsal",
        title="A gateway is lost",
        tactic="impact",
        techniques=(("T0829", "T0829"),),
        references=(),
        needs=frozenset({Look, Change, Ask}),
        wants=frozenset({Stop}),
        leaves="one line in a log",
        most=50,
        longest=4000.0,
    )

    def __init__(self, plan, tenant=None):
        self.plan, self.tenant = plan, tenant or "acme"

    def run(self, d):
        home = next(one for one in self.plan.tenants if one.id == self.tenant)
        gateway = next(
            one.id for one in self.plan.hosts if (one.tenant, one.role) == (home.id, "gateway")
        )
        yield d.steady([Holds("telemetry flows", Look("telemetry"))])
        d.inject(1)
        yield d.do(Stop(gateway, 60.0))
        yield d.do(Change("rule"))
        yield d.expect("alert seen", Look("alert"), within=5.0)
        d.inject(2)
        asked = Ask(home.authority, "acknowledge", "The gateway is gone.")
        yield d.expect("acknowledged", asked, within=300.0)
        yield d.expect("view is back", Look("view"), within=90.0)


DRILL = Rehearsal

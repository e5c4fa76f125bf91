"""A rule opened by mistake lets one tenant reach another's broker: found, closed, cut, proven.

In the lab the rule is opened through the AWS API, and where the hosts' own filters stand in the
way too, in those: a mistake in the plan would have opened both.
"""

from collections.abc import Sequence
from typing import ClassVar

from bulkhead.drill.actions import Lift, PutBack, Reach
from bulkhead.drill.drills import About, Director, Holds, Script
from bulkhead.drill.exercise import Exercise
from bulkhead.drill.flows import CUT, Cut, Hold, Passes, Release
from bulkhead.drill.incidents import UNKNOWN, Handshake, Telemetry
from bulkhead.drill.outcomes import Done, Refused
from bulkhead.drill.people import Ask
from bulkhead.errors import Problem, WrongInput
from bulkhead.network.intent import intent
from bulkhead.plan import Plan
from simulator.drills.broker_isolation_failure_texts import DEADLINES, exercise
from simulator.drills.people import alert
from simulator.drills.scene import cast, other, scene, way
from simulator.drills.seen import done, expect, refused

MQTT = 8883
DEPTH = 12
"""Layers that a way may have at most; each is opened alone until the next one stops it."""


class BrokerIsolationFailure:
    """See the module."""

    about: ClassVar[About] = About(
        name="broker-isolation-failure",
        title="A rule opened by mistake lets one tenant reach another's broker",
        tactic="Lateral Movement (TA0109): the way, not yet the attacker",
        techniques=(("T0886", "T0886"),),  # Remote Services
        references=(
            "https://attack.mitre.org/techniques/T0886/",
            "IEC 62443-3-3, SR 5.1 and 5.2",
            "NIST SP 800-82r3, 5.2.3 (network segmentation)",
        ),
        needs=frozenset({Reach, Lift, PutBack, Hold, Release, Passes, Cut, Ask}),
        wants=frozenset({Handshake, Telemetry}),
        leaves="lines in the flow log and in the logs of both hosts and the broker",
        most=120,
        longest=7200.0,
    )
    hostile: ClassVar[bool] = False

    def __init__(self, plan: Plan, tenant: str | None = None) -> None:
        """tenant: whose broker is reached. WrongInput where no other tenant has a gateway."""
        self._scene = scene(plan, tenant)
        self._cast = cast(plan, self._scene.tenant)
        stranger = other(plan, self._scene.tenant)
        if stranger is None:
            raise WrongInput(
                Problem(
                    where=plan.estate,
                    what=f"no other tenant than {self._scene.tenant} has a gateway",
                    remedy="an estate of one tenant has nothing to be isolated from",
                )
            )
        self._stranger = stranger
        path = way(plan, intent(plan), stranger, self._scene.broker)
        self._ends = (stranger, self._scene.broker, path)

    @property
    def tenant(self) -> str:
        """With whom it is held."""
        return self._scene.tenant

    @property
    def exercise(self) -> Exercise:
        """What its documents are made of."""
        return exercise(self._scene, self._cast, self._stranger)

    def run(self, d: Director) -> Script:
        """Steady state, the mistake, then what people and machines make of it."""
        source, target, path = self._ends
        attempt = Reach(source, target, path, "tcp", MQTT)
        telemetry = Telemetry(self._scene.gateway, self._scene.historian)
        yield d.steady(
            [
                Holds("the tenants are apart", attempt, ends="refused"),
                Holds("telemetry is stored", telemetry),
            ]
        )
        before = yield d.do(attempt)
        opened: list[str] = []
        reached = yield from self._open(d, attempt, opened)
        d.find(done("a rule opened by mistake", attempt, reached))
        if not isinstance(reached, Done) or not isinstance(before, Refused):
            return
        d.inject(1)
        flow = (source, target, path, MQTT)
        d.find(done("a live flow through it", Hold(*flow), (yield d.do(Hold(*flow)))))
        d.inject(2)
        yield expect(d, DEADLINES["detect"], attempt)
        shown = Handshake(source, target, path)
        d.find(refused("the broker's own check", shown, (yield d.do(shown)), UNKNOWN))
        text = f"An isolation probe reached {target} from {source}. Acknowledge, and close the way."
        d.inject(3)
        if (yield from alert(d, self._cast.alerted, text)) is None:
            return
        yield from self._contain(d, attempt, opened)
        closed = yield d.do(attempt)
        d.find(refused("the way is closed where it was", attempt, closed, before.layer))
        yield expect(d, DEADLINES["recover"], telemetry)

    def _open(self, d: Director, attempt: Reach, opened: list[str]) -> Script:
        """Open each layer that stops it, until it gets through; the last outcome."""
        for _ in range(DEPTH):
            outcome = yield d.do(attempt)
            if not isinstance(outcome, Refused):
                return outcome
            lifted = yield d.do(Lift(attempt, outcome.layer))
            if not isinstance(lifted, Done):
                return lifted
            opened.append(outcome.layer)
        return outcome

    def _contain(self, d: Director, attempt: Reach, opened: Sequence[str]) -> Script:
        """Close all that was opened, the latest first; then end what runs on regardless."""
        flow = (*self._ends, MQTT)
        first, *later = opened
        for layer in reversed(later):
            yield d.do(PutBack(attempt, layer))
        yield expect(d, DEADLINES["contain"], PutBack(attempt, first))
        alive = yield d.do(Passes(*flow))
        d.find(done("the live flow outlives its rule", Passes(*flow), alive))
        yield expect(d, DEADLINES["cut"], Cut(*flow))
        gone = yield d.do(Passes(*flow))
        d.find(refused("the live flow is gone", Passes(*flow), gone, CUT))


DRILL = BrokerIsolationFailure

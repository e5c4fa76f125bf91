"""Cross-zone pivot: from a gateway or an ingest host that is lost, how far does it go?

Whoever holds one service's account on one host looks around and tries every other host of the
estate, the brokers with other tenants' topics, and the historians with other tenants' rows. The
attacker is taken to know all names and addresses: what stops him must not be that he does not.
He has the rights of the service's account, so the host's own packet filter is in his way too.
"""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from bulkhead.drill import Attack, Done, Refused
from bulkhead.drill.actions import Action, Lift, Neighbours, Plant, Publish, Query, Reach
from bulkhead.drill.drills import About, Director, Script, outcomes_by
from bulkhead.drill.outcomes import Outcome
from bulkhead.errors import Problem, WrongInput
from bulkhead.network.intent import intent
from bulkhead.plan import Plan
from simulator.attacks.lateral_movement.pivot_attempts import Attempt, attempts
from simulator.attacks.lateral_movement.pivot_findings import (
    attribution,
    finding,
    left_as_found,
    surroundings,
)

STARTS = ("gateway", "ingest")
"""The roles that an attacker is taken to hold: those that read what others send."""


class CrossZonePivot(Attack):
    """See the module."""

    about: ClassVar[About] = About(
        name="cross-zone-pivot",
        title="From a lost gateway or ingest host to other zones, tenants and the shared plane",
        tactic="Lateral Movement (TA0109)",
        techniques=(
            ("T0886", "T0886"),  # Remote Services: ssh, the broker, the historian from inside
            ("T0859", "T0859"),  # Valid Accounts: with the certificate of the host that is lost
            ("T0856", "T1692.002"),  # Spoof Reporting Message: data in another tenant's name
            ("T0882", "T0882"),  # Theft of Operational Information: another's rows
        ),
        references=(
            "https://attack.mitre.org/tactics/TA0109/",
            "https://attack.mitre.org/techniques/T0886/",
            "NIST SP 800-82r3, 5.2.3 (network segmentation)",
        ),
        needs=frozenset({Reach}),
        wants=frozenset({Neighbours, Publish, Query, Plant, Lift}),
        leaves="lines in the logs of hosts, broker and historian; a short gap in the session of "
        "the lost host, whose name it uses; a message in quarantine wherever a broker took one",
        most=4000,
        longest=1200.0,
    )

    def __init__(self, plan: Plan, sources: Sequence[str] = ()) -> None:
        """WrongInput for a source that is no gateway or ingest host of the plan."""
        self._plan, self._intent = plan, intent(plan)
        self._found: dict[Action, Outcome] = {}
        starts = [host.id for host in plan.hosts if host.role in STARTS]
        self.sources = list(sources) or starts
        if strange := sorted(set(self.sources) - set(starts)):
            raise WrongInput(
                Problem(
                    where=f"--from {strange[0]}",
                    what="this attack starts on a gateway or an ingest host",
                    allowed=", ".join(starts),
                )
            )

    def warm_up(self, d: Director) -> Script:
        """A marked row of every tenant in every historian: else no row seen would prove nothing."""
        asked = {row.action for source in self.sources for row in self._attempts(source)}
        rows = {(row.historian, row.tenant) for row in asked if isinstance(row, Query)}
        yield d.all(Plant(*row) for row in sorted(rows))

    def detonate(self, d: Director) -> Script:
        """From each host: look around, try everything, then prove what stopped it."""
        for source in self.sources:
            d.find(surroundings(source, (yield d.do(Neighbours(source)))))
            tried = list(self._attempts(source))
            outcomes = yield d.all(row.action for row in tried)
            self._found |= {row.action: at for row, at in zip(tried, outcomes, strict=True)}
            proven = yield from self._attribute(d, dict(zip(tried, outcomes, strict=True)))
            for attempt, outcome in zip(tried, outcomes, strict=True):
                d.find(finding(attempt, outcome, proven.get(attempt, "")))

    def revert(self, d: Director) -> Script:
        """Every layer was put back on its own: that all is as it was found is tried as a whole."""
        again = yield d.all(self._found)
        changed = outcomes_by(list(self._found), again)
        d.find(left_as_found(self._found, changed))

    def _attempts(self, source: str) -> Iterator[Attempt]:
        return attempts(self._plan, self._intent, source)

    def _attribute(self, d: Director, tried: dict[Attempt, Outcome]) -> Script:
        """One stop per kind, target, path and layer: lift that alone, try again, put back."""
        proven: dict[Attempt, str] = {}
        seen: set[tuple[type[Action], str, str, str]] = set()
        for attempt, outcome in tried.items():
            if not isinstance(outcome, Refused):
                continue
            path = getattr(attempt.action, "path", "")
            key = (type(attempt.action), attempt.target, path, outcome.layer)
            if key in seen:
                continue
            seen.add(key)
            proven[attempt] = yield from self._lifted(d, attempt.action, outcome)
        return proven

    def _lifted(self, d: Director, action: Action, stopped: Refused) -> Script:
        """What becomes of it with that layer lifted, and then put back; in words."""
        mark = d.mark()
        lifted = yield d.do(Lift(action, stopped.layer))
        if not isinstance(lifted, Done):
            return attribution(stopped, lifted, None, None)
        again = yield d.do(action)
        yield d.undo(mark)
        after = yield d.do(action)
        return attribution(stopped, lifted, again, after)


ATTACK = CrossZonePivot

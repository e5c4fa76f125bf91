"""A gateway's certificate and key are copied and used: from outside, from a neighbour, beside it.

In the lab the key never leaves the gateway's host: the copy lies there, and whoever uses it is a
process there, in the network of the host from which it is to come. The certificate is the very
one that the gateway holds, so that what revokes the thief's revokes the gateway's too.
"""

from typing import ClassVar

from bulkhead.drill.drills import About, Director, Holds, Script
from bulkhead.drill.exercise import Exercise
from bulkhead.drill.incidents import (
    REVOKED,
    Copy,
    Discard,
    Disconnect,
    Gapless,
    Handshake,
    Impersonate,
    Impostor,
    Renew,
    Restore,
    Revoke,
    TakenOver,
    Telemetry,
    Withdraw,
)
from bulkhead.drill.outcomes import Done, Outcome
from bulkhead.drill.people import Ask
from bulkhead.network.intent import intent
from bulkhead.plan import INTERNET, Plan
from simulator.drills.people import alert
from simulator.drills.scene import cast, other, scene, way
from simulator.drills.seen import done, expect, refused
from simulator.drills.stolen_gateway_credentials_texts import DEADLINES, exercise


class StolenGatewayCredentials:
    """See the module."""

    about: ClassVar[About] = About(
        name="stolen-gateway-credentials",
        title="A gateway's certificate and key are copied and used by somebody else",
        tactic="Initial Access (TA0108): with valid credentials",
        techniques=(
            ("T0859", "T0859"),  # Valid Accounts
            ("T0856", "T1692.002"),  # Spoof Reporting Message: what the session would allow
        ),
        references=(
            "https://attack.mitre.org/techniques/T0859/",
            "RFC 5280, 5 (revocation lists)",
            "NIST SP 800-82r3, 6.4 (respond)",
        ),
        needs=frozenset({Copy, Discard, Impersonate, Withdraw, Impostor, TakenOver, Ask})
        | frozenset({Revoke, Disconnect, Renew, Restore, Handshake, Telemetry}),
        wants=frozenset({Gapless}),
        leaves="one more serial number on the tenant's list of revoked certificates, for good; a "
        "new key and certificate at the gateway; lines in the logs of gateway and broker; gaps "
        "noted in the historian's table of gaps, filled since",
        most=80,
        longest=7200.0,
    )
    hostile: ClassVar[bool] = False

    def __init__(self, plan: Plan, tenant: str | None = None) -> None:
        """WrongInput for a tenant without telemetry, or for which nobody can be asked."""
        self._scene = s = scene(plan, tenant)
        self._cast = cast(plan, s.tenant)
        neighbour = other(plan, s.tenant)
        strangers = [INTERNET, *([neighbour] if neighbour else [])]
        self._outside = [
            Impersonate(source, s.broker, s.gateway, "public")
            if source == INTERNET
            else Impersonate(source, s.broker, s.gateway, way(plan, intent(plan), source, s.broker))
            for source in strangers
        ]
        self._beside = Impersonate(s.gateway, s.broker, s.gateway, s.path)

    @property
    def tenant(self) -> str:
        """With whom it is held."""
        return self._scene.tenant

    @property
    def exercise(self) -> Exercise:
        """What its documents are made of."""
        return exercise(self._scene, self._cast, [row.source for row in self._outside])

    def run(self, d: Director) -> Script:
        """Steady state, the theft, its use from three sides, then the response."""
        s = self._scene
        telemetry = Telemetry(s.gateway, s.historian)
        own = Handshake(s.gateway, s.broker, s.path)
        yield d.steady(
            [Holds("telemetry is stored", telemetry), Holds("the gateway is admitted", own)]
        )
        before = yield d.do(telemetry)
        copy = Copy(s.gateway)
        d.find(done("certificate and key are copied", copy, (yield d.do(copy))))
        d.inject(1)
        for attempt in self._outside:
            where = "internet" if attempt.source == INTERNET else "another tenant"
            outcome = yield d.do(attempt)
            d.find(refused(f"used from {where}", attempt, outcome))
        d.inject(2)
        taken = yield d.do(self._beside)
        d.find(done("used beside the true gateway", self._beside, taken))
        if isinstance(taken, Done):
            yield from self._respond(d, taken, before)

    def _respond(self, d: Director, taken: Done, before: Outcome) -> Script:
        """Noticed, acknowledged, contained, replaced, proven."""
        s = self._scene
        d.inject(3)
        since = float(dict(taken.facts)["since"])
        yield expect(d, DEADLINES["detect"], TakenOver(s.gateway, s.broker, since))
        text = (
            f"Two sessions of {s.gateway} end each other at {s.broker}: somebody else holds its "
            "certificate and key. Acknowledge, and have them revoked."
        )
        d.inject(4)
        if (yield from alert(d, self._cast.alerted, text)) is None:
            return
        yield from self._contain(d)
        yield expect(d, DEADLINES["replace"], Renew(s.gateway, s.broker, rekey=True))
        yield expect(d, DEADLINES["admitted"], Handshake(s.gateway, s.broker, s.path))
        yield expect(d, DEADLINES["recover"], Telemetry(s.gateway, s.historian))
        stolen = Handshake(s.gateway, s.broker, s.path, stolen=True)
        again = yield d.do(stolen)
        d.find(refused("the stolen credentials, tried again", stolen, again, REVOKED))
        if isinstance(before, Done):
            stored = float(dict(before.facts)["at"])
            yield expect(d, DEADLINES["filled"], Gapless(s.gateway, s.historian, stored))

    def _contain(self, d: Director) -> Script:
        """The safe order: list, prove the refusal, end the live session, see that it is gone."""
        s = self._scene
        yield expect(d, DEADLINES["contain"], Revoke(s.gateway, s.broker))
        stolen = Handshake(s.gateway, s.broker, s.path, stolen=True)
        canary = yield d.do(stolen)
        d.find(refused("the revoked credentials", stolen, canary, REVOKED))
        yield expect(d, DEADLINES["cut"], Disconnect(s.broker, s.gateway))
        gone = Impostor(self._beside.source, s.broker, s.gateway)
        yield expect(d, DEADLINES["gone"], gone)


DRILL = StolenGatewayCredentials

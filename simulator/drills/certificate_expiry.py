"""A gateway's certificate runs out: telemetry stops, people react, a new one is issued.

In the lab the tenant's device authority really issues a certificate of seconds to the gateway's
own key; it really runs out, and the broker really refuses the next handshake.
"""

from typing import ClassVar

from bulkhead.drill.drills import About, Director, Holds, Script
from bulkhead.drill.exercise import Exercise
from bulkhead.drill.incidents import (
    EXPIRED,
    Expired,
    Gapless,
    Handshake,
    Reconnect,
    Renew,
    Restore,
    ShortCertificate,
    Silence,
    Telemetry,
)
from bulkhead.drill.outcomes import Done
from bulkhead.drill.people import Ask
from bulkhead.plan import Plan
from simulator.drills.certificate_expiry_texts import DEADLINES, exercise
from simulator.drills.people import alert, approval
from simulator.drills.scene import cast, scene
from simulator.drills.seen import done, expect, refused

LIFETIME = 20
"""Seconds of the certificate that is to run out: long enough to be put in place and used."""


class CertificateExpiry:
    """See the module."""

    about: ClassVar[About] = About(
        name="certificate-expiry",
        title="A gateway's certificate runs out and its telemetry stops",
        tactic="Impact (TA0105): no attacker, the same loss of view",
        techniques=(("T0829", "T0829"),),  # Loss of View
        references=(
            "https://attack.mitre.org/techniques/T0829/",
            "NIST SP 800-82r3, 6.5 (recover)",
            "RFC 5280, 4.1.2.5 (validity)",
        ),
        needs=frozenset(
            {ShortCertificate, Renew, Restore, Reconnect, Expired, Handshake, Silence, Telemetry}
        )
        | frozenset({Ask}),
        wants=frozenset({Gapless}),
        leaves="two more certificates of the gateway, of which one ran out; lines in the logs of "
        "gateway and broker; a gap noted in the historian's table of gaps, filled since",
        most=60,
        longest=7200.0,
    )
    hostile: ClassVar[bool] = False

    def __init__(self, plan: Plan, tenant: str | None = None) -> None:
        """WrongInput for a tenant without telemetry, or for which nobody can be asked."""
        self._scene = scene(plan, tenant)
        self._cast = cast(plan, self._scene.tenant)

    @property
    def tenant(self) -> str:
        """With whom it is held."""
        return self._scene.tenant

    @property
    def exercise(self) -> Exercise:
        """What its documents are made of."""
        return exercise(self._scene, self._cast, LIFETIME)

    def run(self, d: Director) -> Script:
        """Steady state, the two injects, then what people and machines make of it."""
        s = self._scene
        telemetry = Telemetry(s.gateway, s.historian)
        handshake = Handshake(s.gateway, s.broker, s.path)
        yield d.steady(
            [Holds("telemetry is stored", telemetry), Holds("the gateway is admitted", handshake)]
        )
        short = ShortCertificate(s.gateway, s.broker, LIFETIME)
        d.find(done("a certificate that is about to run out", short, put := (yield d.do(short))))
        if not isinstance(put, Done):
            return
        d.inject(1)
        yield d.do(Expired(s.gateway))
        d.inject(2)
        late = yield d.do(handshake)
        d.find(refused("the certificate that ran out", handshake, late, EXPIRED))
        yield d.do(Reconnect(s.gateway))
        yield from self._respond(d, telemetry, handshake)

    def _respond(self, d: Director, telemetry: Telemetry, handshake: Handshake) -> Script:
        """Noticed, acknowledged, approved, issued, recovered, filled."""
        s, silence = self._scene, Silence(self._scene.gateway, self._scene.historian)
        yield expect(d, DEADLINES["detect"], silence)
        last = yield d.do(silence)
        text = f"No telemetry of {s.gateway} comes in any more. Acknowledge, and find out why."
        d.inject(3)
        who = yield from alert(d, self._cast.alerted, text)
        if who is None:
            return
        text = f"{who} asks for an emergency certificate for {s.gateway}: the old one ran out."
        d.inject(4)
        approved = yield from approval(d, who, self._cast.approvers, text)
        if not approved.given:
            return
        yield expect(d, DEADLINES["contain"], Renew(s.gateway, s.broker))
        yield expect(d, DEADLINES["admitted"], handshake)
        yield expect(d, DEADLINES["recover"], telemetry)
        if isinstance(last, Done):
            since = float(dict(last.facts)["last"])
            yield expect(d, DEADLINES["filled"], Gapless(s.gateway, s.historian, since))


DRILL = CertificateExpiry

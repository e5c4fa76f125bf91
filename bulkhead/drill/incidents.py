"""Incidents as actions: certificates that run out or are stolen, telemetry that stops.

`source` is the gateway that an action is about, or the host from which something is tried;
`target` is the broker or historian. A gateway's identity is its host's.
"""

from dataclasses import dataclass
from typing import ClassVar

from bulkhead.drill.actions import Action, Disturbance, Path, known

UNKNOWN, EXPIRED, REVOKED = "certificate-unknown", "certificate-expired", "certificate-revoked"
"""The layers of a handshake's refusal: by whom the certificate is, until when it was, listed."""
AWAY = 120.0
"""Seconds for which a gateway without a good certificate is away, at most."""
BLINK = 5.0
"""Seconds of a new session."""


@known
@dataclass(frozen=True, slots=True)
class Telemetry(Action):
    """Wait until the historian `target` holds a live value that `source` sampled from now on.

    Done with the fact `at` (Unix s, of the sampling).
    """

    source: str
    target: str
    bound: ClassVar[float] = 60.0


@known
@dataclass(frozen=True, slots=True)
class Silence(Action):
    """Wait until no value of `source` has come into the historian `target` for `seconds`.

    Done with the fact `last`: when the newest stored value was sampled (Unix s).
    """

    source: str
    target: str
    seconds: float = 6.0
    bound: ClassVar[float] = 60.0


@known
@dataclass(frozen=True, slots=True)
class Gapless(Action):
    """Wait until `target` holds every signal of `source` without a hole since `since` (Unix s)."""

    source: str
    target: str
    since: float
    bound: ClassVar[float] = 60.0


@known
@dataclass(frozen=True, slots=True)
class Handshake(Action):
    """From `source`: a TLS handshake with the broker, and no session: nobody's is taken over.

    With the certificate of the source's service; `stolen`: with the copy that `Copy` made there.
    Done when the broker speaks MQTT to it. Refused by a layer of the network, or by UNKNOWN,
    EXPIRED or REVOKED.
    """

    source: str
    target: str
    path: Path
    stolen: bool = False
    bound: ClassVar[float] = 45.0


@known
@dataclass(frozen=True, slots=True)
class Expired(Action):
    """Wait until the certificate in place at the gateway `source` has run out."""

    source: str
    bound: ClassVar[float] = 180.0


@known
@dataclass(frozen=True, slots=True)
class TakenOver(Action):
    """Wait for the log of broker `target` to say, since `since`, that one session of `source`'s
    identity ended another: two hold its credentials. Done with the fact `times`."""

    source: str
    target: str
    since: float
    bound: ClassVar[float] = 30.0


@known
@dataclass(frozen=True, slots=True)
class Restore(Action):
    """`source` holds a good certificate of its planned lifetime, `target` its authorities' lists.

    Harmless where both is so.
    """

    source: str
    target: str
    bound: ClassVar[float] = 90.0


@dataclass(frozen=True, slots=True)
class _Changing(Action):
    """Changes certificates of `source` that broker `target` judges; `Restore` takes it back."""

    source: str
    target: str

    def undo(self) -> Action:
        """See Restore."""
        return Restore(self.source, self.target)


@known
@dataclass(frozen=True, slots=True)
class ShortCertificate(_Changing):
    """The tenant's authority issues a certificate of `seconds` to the gateway's own key.

    It is put in place, and the gateway begins a session with it.
    """

    seconds: int
    bound: ClassVar[float] = 60.0
    sabotage: ClassVar[bool] = True

    def disturbs(self) -> tuple[Disturbance, ...]:
        """It runs out."""
        return (Disturbance(self.source, AWAY),)


@known
@dataclass(frozen=True, slots=True)
class Renew(_Changing):
    """The authority issues a certificate of the planned lifetime; the gateway begins to use it.

    rekey: to a new key, made on the gateway's host.
    """

    rekey: bool = False
    bound: ClassVar[float] = 60.0

    def disturbs(self) -> tuple[Disturbance, ...]:
        """A new session."""
        return (Disturbance(self.source, BLINK),)


@known
@dataclass(frozen=True, slots=True)
class Revoke(_Changing):
    """List the certificate that `source` holds, in the safe order: checked, renamed, reloaded.

    The new list is checked before the broker may read it; afterwards the broker is proven to serve
    what its files say. Done with the fact `serial`. Live sessions go on: see Disconnect.
    """

    bound: ClassVar[float] = 60.0

    def disturbs(self) -> tuple[Disturbance, ...]:
        """Until the gateway has another certificate."""
        return (Disturbance(self.source, AWAY),)


@known
@dataclass(frozen=True, slots=True)
class Reconnect(Action):
    """The gateway begins a session anew, with the files that it has now."""

    source: str

    def disturbs(self) -> tuple[Disturbance, ...]:
        """A new session."""
        return (Disturbance(self.source, BLINK),)


@known
@dataclass(frozen=True, slots=True)
class Copy(Action):
    """Copy the gateway's certificate and key, on its own host: the key never leaves that."""

    source: str
    sabotage: ClassVar[bool] = True

    def undo(self) -> Action:
        """The copy is removed."""
        return Discard(self.source)


@known
@dataclass(frozen=True, slots=True)
class Discard(Action):
    """Remove what Copy made. Harmless where there is none."""

    source: str


@known
@dataclass(frozen=True, slots=True)
class Impersonate(Action):
    """From the network of `source`: a session at `target` with `identity`'s copied credentials.

    It is kept, and begun again whenever the true holder takes it back, until it is withdrawn or
    refused. Done, with the fact `since` (Unix s), once the broker grants it; else as Handshake.
    """

    source: str
    target: str
    identity: str
    path: Path
    bound: ClassVar[float] = 45.0
    sabotage: ClassVar[bool] = True

    def undo(self) -> Action:
        """It ends."""
        return Withdraw(self.source, self.target, self.identity)

    def disturbs(self) -> tuple[Disturbance, ...]:
        """The true session is taken over as long as this one stands."""
        return (Disturbance(self.identity, AWAY),)


@known
@dataclass(frozen=True, slots=True)
class Withdraw(Action):
    """End what Impersonate began. Harmless where nothing runs."""

    source: str
    target: str
    identity: str


@known
@dataclass(frozen=True, slots=True)
class Impostor(Action):
    """Whether the session that Impersonate began is over for good.

    Waits for that: Done once it neither stands nor comes back.
    """

    source: str
    target: str
    identity: str
    bound: ClassVar[float] = 30.0


@known
@dataclass(frozen=True, slots=True)
class Disconnect(Action):
    """End the live session of `identity` at `target`: a session of its name takes it over.

    Its certificate, of a minute, is issued to a key made on the broker's host for this alone.
    """

    target: str
    identity: str
    bound: ClassVar[float] = 45.0

    def disturbs(self) -> tuple[Disturbance, ...]:
        """Whoever holds the session loses it."""
        return (Disturbance(self.identity, BLINK),)

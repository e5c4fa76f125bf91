"""Gateways, their sessions and what is stored of them, in `sim`: judged at simulated time.

Chains are real X.509, made and listed by simulated authorities, judged by `client_verdict`, which
is held to OpenSSL's. Brokers do what mosquitto was measured to do: a live session outlives
its certificate and its listing; one session for each identity, the latest wins; lists are read on
a reload alone. A gateway samples once a second all the time, keeps what it cannot send, and tries
again ever later, as the service does. Only what deviates is an event: a healthy gateway has none.
"""

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import simpy
from cryptography import x509

from bulkhead.drill.incidents import EXPIRED, REVOKED, UNKNOWN
from bulkhead.plan import Host, Plan
from bulkhead.trust.verdicts import Verdict, client_verdict
from bulkhead.trust.x509 import SimulatedAuthority, signing_request
from bulkhead.wire.certificates import Profile, dotted
from infra.inventory.roles import authority
from infra.inventory.variables import lifetime

START = datetime(2026, 1, 5, 6, tzinfo=UTC)
"""When a simulation begins, by its own calendar: outcomes depend on differences alone."""
RETRY = (0.5, 15.0)
"""As the gateway's service: the first wait and the longest, each twice the last."""
SPREAD = 1.25
"""The service waits up to half more, at random; this is the mean."""
STEADY = 20.0
INSIST = 0.2
"""Seconds until an impostor tries again."""
LAYERS: dict[Verdict, str] = {"expired": EXPIRED, "revoked": REVOKED}
Who = Literal["holder", "impostor", "ours"]
Life = Generator[simpy.Event, Any, None]


@dataclass(slots=True, eq=False)
class Session:
    """A live session of an identity; `ended` comes with the reason."""

    who: Who
    ended: simpy.Event


@dataclass(slots=True)
class Broker:
    """lists: PEM, as last read. takeovers: (Unix s, identity) of sessions that another ended."""

    host: Host
    anchors: list[str]
    lists: list[str]
    sessions: dict[str, Session] = field(default_factory=dict)
    takeovers: list[tuple[float, str]] = field(default_factory=list)


@dataclass(slots=True)
class Holder:
    """A gateway. up, since: whether it has a session, and from when on (s of the clock).

    renewed: succeeds when its service is told to read its files again.
    """

    host: Host
    certificate: str
    renewed: simpy.Event
    up: bool = False
    since: float = 0.0
    copied: str | None = None


@dataclass(slots=True)
class Estate:
    """What stands in the simulation now, beside the network."""

    plan: Plan
    clock: simpy.Environment
    authorities: dict[str, SimulatedAuthority] = field(default_factory=dict)
    brokers: dict[str, Broker] = field(default_factory=dict)
    holders: dict[str, Holder] = field(default_factory=dict)
    impostors: dict[tuple[str, str, str], simpy.Process] = field(default_factory=dict)

    def now(self) -> datetime:
        """Simulated time, whole seconds, as certificates have it."""
        return START + timedelta(seconds=int(self.clock.now))

    def unix(self) -> float:
        """Simulated time in Unix seconds."""
        return START.timestamp() + self.clock.now

    def authority(self, name: str) -> SimulatedAuthority:
        """Made when first asked for."""
        if name not in self.authorities:
            self.authorities[name] = SimulatedAuthority(name, self.now)
        return self.authorities[name]

    def host(self, name: str) -> Host | None:
        """A host of the plan."""
        return next((row for row in self.plan.hosts if row.id == name), None)

    def broker(self, name: str) -> Broker:
        """With the lists of its tenant's authorities, as a configured one has."""
        if name not in self.brokers:
            host = self._known(name)
            anchors = [one.anchor() for one in self._trusted(host)]
            self.brokers[name] = Broker(host, anchors, [])
            self.reload(self.brokers[name])
        return self.brokers[name]

    def reload(self, broker: Broker) -> None:
        """The broker reads its authorities' lists as they are now; sessions live on."""
        broker.lists = [one.revocations() for one in self._trusted(broker.host)]

    def holder(self, name: str) -> Holder:
        """A host with its certificate; a gateway has a session of its tenant's broker from now."""
        if name not in self.holders:
            host = self._known(name)
            found = Holder(host, self.issue(host), self.clock.event(), since=self.clock.now)
            self.holders[name] = found
            if host.role == "gateway":
                self._connect(found)
                self.clock.process(self._serve(found))
        return self.holders[name]

    def issue(self, host: Host, seconds: int | None = None) -> str:
        """A certificate from the host's authority; of the planned lifetime unless told."""
        name = dotted(host.id)
        kind = "device" if host.role in ("gateway", "plc") else "workload"
        profile = Profile(
            name=name,
            kind=kind,  # type: ignore[arg-type]
            usages=("client",),
            names=(name,),
            lifetime=seconds or lifetime(self.plan, host),
        )
        return self.authority(authority(host)).issue(signing_request(name), profile)

    def renew(self, holder: Holder, certificate: str) -> None:
        """Put a certificate in place and tell the service."""
        holder.certificate = certificate
        self.tell(holder)

    def tell(self, holder: Holder) -> None:
        """The service begins a session anew; while it waits after a refusal it does not hear."""
        if not holder.renewed.triggered:
            holder.renewed.succeed()

    def judge(self, certificate: str, broker: Broker) -> str:
        """The layer that refuses a handshake, empty if none does."""
        verdict = client_verdict(certificate, broker.anchors, broker.lists, self.now())
        return "" if verdict == "good" else LAYERS.get(verdict, UNKNOWN)

    def connect(self, broker: Broker, identity: str, certificate: str, who: Who) -> Session | str:
        """A session, ending the one that there was; or the layer that refuses it."""
        if layer := self.judge(certificate, broker):
            return layer
        if (old := broker.sessions.get(identity)) is not None:
            broker.takeovers.append((self.unix(), identity))
            old.ended.succeed("taken over")
        session = broker.sessions[identity] = Session(who, self.clock.event())
        return session

    def leave(self, broker: Broker, identity: str, session: Session) -> None:
        """End a session, if it is still the one."""
        if broker.sessions.get(identity) is session:
            del broker.sessions[identity]
            if not session.ended.triggered:
                session.ended.succeed("left")

    def broker_of(self, tenant: str) -> Broker:
        """The tenant's first broker."""
        rows = (row.id for row in self.plan.hosts if (row.role, row.tenant) == ("broker", tenant))
        return self.broker(next(rows))

    def _connect(self, holder: Holder) -> Session | None:
        broker = self.broker_of(holder.host.tenant)
        found = self.connect(broker, holder.host.id, holder.certificate, "holder")
        if isinstance(found, str):
            return None
        holder.up, holder.since = True, self.clock.now
        return found

    def _serve(self, holder: Holder) -> Life:
        """The gateway's loop: a session until it ends or files are renewed; then again."""
        broker, retry = self.broker_of(holder.host.tenant), RETRY[0]
        session: Session | None = broker.sessions.get(holder.host.id)
        while True:
            began = self.clock.now
            if session is not None:
                yield session.ended | holder.renewed
                holder.up, holder.since = False, self.clock.now
                renewed = holder.renewed.triggered
                self.leave(broker, holder.host.id, session)
            else:
                renewed = False
            holder.renewed = self.clock.event()
            if not renewed:
                retry = RETRY[0] if self.clock.now - began > STEADY else retry
                yield self.clock.timeout(retry * SPREAD)
                retry = min(2 * retry, RETRY[1])
                holder.renewed = self.clock.event()
            session = self._connect(holder)

    def insist(self, key: tuple[str, str, str], session: Session, stolen: str) -> Life:
        """An impostor's life: again and again, until it is refused or withdrawn."""
        broker, identity = self.broker(key[1]), key[2]
        try:
            while True:
                yield session.ended
                yield self.clock.timeout(INSIST)
                again = self.connect(broker, identity, stolen, "impostor")
                if isinstance(again, str):
                    return
                session = again
        except simpy.Interrupt:
            self.leave(broker, identity, session)

    def _trusted(self, broker: Host) -> list[SimulatedAuthority]:
        return [self.authority(f"{broker.tenant}/{kind}") for kind in ("device", "workload")]

    def _known(self, name: str) -> Host:
        host = self.host(name)
        if host is None:
            raise KeyError(name)
        return host


def serial(certificate: str) -> int:
    """Its serial number."""
    return x509.load_pem_x509_certificate(certificate.encode()).serial_number


def ends(certificate: str) -> datetime:
    """When it runs out."""
    return x509.load_pem_x509_certificate(certificate.encode()).not_valid_after_utc

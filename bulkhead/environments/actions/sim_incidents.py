"""The handlers of incidents in `sim`: what `sim_estate` comes to, waited for in virtual time."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import simpy

from bulkhead.drill.actions import Action, Path
from bulkhead.drill.environment import Handler, Steps
from bulkhead.drill.incidents import (
    Copy,
    Discard,
    Disconnect,
    Expired,
    Gapless,
    Handshake,
    Impersonate,
    Impostor,
    Reconnect,
    Renew,
    Restore,
    Revoke,
    ShortCertificate,
    Silence,
    TakenOver,
    Telemetry,
    Withdraw,
)
from bulkhead.drill.outcomes import Done, NotObserved, Outcome, Refused
from bulkhead.environments.actions.durations import SECONDS
from bulkhead.environments.actions.sim_estate import Estate, Holder, ends, serial
from bulkhead.environments.actions.sim_world import World
from bulkhead.network.deployed import Flow
from bulkhead.trust.verdicts import client_verdict
from infra.inventory.roles import PORTS
from infra.inventory.variables import lifetime

Answer = Generator[simpy.Event, Any, Outcome]
LOOK = 0.25
"""Seconds between two looks at what is waited for."""
SAMPLED, STORED, DRAINED = 1.0, 0.4, 2.0
"""Seconds between two readings; until one is stored; until a short backlog is."""


def handlers(world: World, estate: Estate) -> dict[type[Action], Handler]:
    """One for each kind of incident's action."""
    model = _Model(world, estate)
    acts: dict[type[Action], Callable[[Any], Answer]] = {
        Telemetry: model.telemetry,
        Silence: model.silence,
        Gapless: model.gapless,
        Handshake: model.handshake,
        Expired: model.expired,
        TakenOver: model.taken_over,
        ShortCertificate: model.short_certificate,
        Renew: model.renew,
        Restore: model.restore,
        Revoke: model.revoke,
        Reconnect: model.reconnect,
        Copy: model.copy,
        Discard: model.discard,
        Impersonate: model.impersonate,
        Withdraw: model.withdraw,
        Impostor: model.impostor,
        Disconnect: model.disconnect,
    }
    return {kind: Timed(SECONDS[kind], answer) for kind, answer in acts.items()}


@dataclass(frozen=True, slots=True)
class Timed:
    """Answers each action by a process of its own, begun after `seconds`."""

    seconds: float
    answer: Callable[[Any], Answer]

    def perform(self, clock: simpy.Environment, actions: Sequence[Action]) -> Steps:
        """See Handler."""
        yield clock.timeout(self.seconds)
        running = [clock.process(self.answer(action)) for action in actions]
        yield clock.all_of(running)
        return [cast("Outcome", process.value) for process in running]


@dataclass(frozen=True, slots=True)
class _Model:
    world: World
    estate: Estate

    def _until(self, look: Callable[[], Outcome | None]) -> Answer:
        """Look again and again: the carrier's bound ends the waiting, not this."""
        while (found := look()) is None:
            yield self.estate.clock.timeout(LOOK)
        return found

    def _holder(self, name: str) -> Holder | None:
        return None if self.estate.host(name) is None else self.estate.holder(name)

    def telemetry(self, action: Telemetry) -> Answer:
        """A value sampled from now on is stored a moment after its sampling."""
        if (holder := self._holder(action.source)) is None:
            return _nobody(action.source)
        clock = self.estate.clock
        asked = clock.now

        def look() -> Outcome | None:
            since = max(asked, holder.since)
            if not holder.up or clock.now < since + SAMPLED + STORED:
                return None
            at = self.estate.unix()
            return Done(facts=(("at", f"{at:.3f}"),), at=at)

        return (yield from self._until(look))

    def silence(self, action: Silence) -> Answer:
        """The session is gone for so long."""
        if (holder := self._holder(action.source)) is None:
            return _nobody(action.source)

        def look() -> Outcome | None:
            away = self.estate.clock.now - holder.since
            if holder.up or away < action.seconds:
                return None
            last = self.estate.unix() - away
            return Done(facts=(("last", f"{last:.3f}"),))

        return (yield from self._until(look))

    def gapless(self, action: Gapless) -> Answer:
        """What waited at the gateway is sent once it has a session again."""
        if (holder := self._holder(action.source)) is None:
            return _nobody(action.source)

        def look() -> Outcome | None:
            drained = holder.up and self.estate.clock.now - holder.since >= DRAINED
            return Done() if drained else None

        return (yield from self._until(look))

    def handshake(self, action: Handshake) -> Answer:
        """The network first, then the certificate."""
        yield from ()
        met = self._met(action.source, action.target, action.path)
        if not isinstance(met, Done):
            return met
        holder = self.estate.holder(action.source)
        shown = holder.copied if action.stolen else holder.certificate
        if shown is None:
            return NotObserved(reason=f"nothing was copied at {action.source}")
        layer = self.estate.judge(shown, self.estate.broker(action.target))
        return Refused(layer=layer, reason="the broker's TLS refuses it") if layer else Done()

    def _met(self, source: str, target: str, path: Path) -> Outcome:
        """What the network makes of a connection to the broker."""
        return self.world.met(Flow(source, target, path, "tcp", PORTS["broker"]))

    def expired(self, action: Expired) -> Answer:
        """Certificates say when."""
        if (holder := self._holder(action.source)) is None:
            return _nobody(action.source)
        ending = ends(holder.certificate)
        return (yield from self._until(lambda: Done() if self.estate.now() >= ending else None))

    def taken_over(self, action: TakenOver) -> Answer:
        """The broker says each time."""
        broker = self.estate.broker(action.target)

        def look() -> Outcome | None:
            rows = [at for at, who in broker.takeovers if who == action.source]
            count = sum(at >= action.since for at in rows)
            return Done(facts=(("times", str(count)),)) if count else None

        return (yield from self._until(look))

    def short_certificate(self, action: ShortCertificate) -> Answer:
        """Issued, put in place, used."""
        yield from ()
        if (holder := self._holder(action.source)) is None:
            return _nobody(action.source)
        self.estate.renew(holder, self.estate.issue(holder.host, action.seconds))
        return Done()

    def renew(self, action: Renew) -> Answer:
        """Every certificate of the model has a key of its own anyway."""
        yield from ()
        if (holder := self._holder(action.source)) is None:
            return _nobody(action.source)
        self.estate.renew(holder, self.estate.issue(holder.host))
        return Done()

    def restore(self, action: Restore) -> Answer:
        """Lists first: else a good certificate might be judged by old ones."""
        yield from ()
        if (holder := self._holder(action.source)) is None:
            return _nobody(action.source)
        broker = self.estate.broker(action.target)
        self.estate.reload(broker)
        if not self._good(holder):
            self.estate.renew(holder, self.estate.issue(holder.host))
        return Done()

    def _good(self, holder: Holder) -> bool:
        """Whether it is accepted, and for more than half of what is planned."""
        broker, now = self.estate.broker_of(holder.host.tenant), self.estate.now()
        verdict = client_verdict(holder.certificate, broker.anchors, broker.lists, now)
        left = (ends(holder.certificate) - now).total_seconds()
        return verdict == "good" and left > lifetime(self.estate.plan, holder.host) / 2

    def revoke(self, action: Revoke) -> Answer:
        """Listed, and read by the broker; live sessions stay."""
        yield from ()
        if (holder := self._holder(action.source)) is None:
            return _nobody(action.source)
        number = serial(holder.certificate)
        self.estate.authority(f"{holder.host.tenant}/device").revoke(number)
        self.estate.reload(self.estate.broker(action.target))
        return Done(facts=(("serial", str(number)),))

    def reconnect(self, action: Reconnect) -> Answer:
        """As the service's reload."""
        yield from ()
        if (holder := self._holder(action.source)) is None:
            return _nobody(action.source)
        self.estate.tell(holder)
        return Done()

    def copy(self, action: Copy) -> Answer:
        """What it holds now."""
        yield from ()
        if (holder := self._holder(action.source)) is None:
            return _nobody(action.source)
        holder.copied = holder.certificate
        return Done()

    def discard(self, action: Discard) -> Answer:
        """Gone."""
        yield from ()
        if (holder := self._holder(action.source)) is not None:
            holder.copied = None
        return Done()

    def impersonate(self, action: Impersonate) -> Answer:
        """The network first; then a session that the true one is ended by."""
        met = self._met(action.source, action.target, action.path)
        holder = self._holder(action.identity)
        if not isinstance(met, Done):
            return met
        if holder is None or holder.copied is None:
            return NotObserved(reason=f"nothing was copied at {action.identity}")
        broker, since = self.estate.broker(action.target), self.estate.unix()
        found = self.estate.connect(broker, action.identity, holder.copied, "impostor")
        if isinstance(found, str):
            return Refused(layer=found, reason="the broker's TLS refuses it")
        key = (action.source, action.target, action.identity)
        life = self.estate.insist(key, found, holder.copied)
        self.estate.impostors[key] = self.estate.clock.process(life)
        yield self.estate.clock.timeout(0)
        return Done(facts=(("since", f"{since:.3f}"),))

    def withdraw(self, action: Withdraw) -> Answer:
        """It leaves."""
        key = (action.source, action.target, action.identity)
        running = self.estate.impostors.pop(key, None)
        if running is not None and running.is_alive:
            running.interrupt()
            yield self.estate.clock.timeout(0)
        return Done()

    def impostor(self, action: Impostor) -> Answer:
        """It is over once it was refused."""
        key = (action.source, action.target, action.identity)
        running = self.estate.impostors.get(key)
        if running is None:
            return NotObserved(reason="no such session was begun")
        return (yield from self._until(lambda: None if running.is_alive else Done()))

    def disconnect(self, action: Disconnect) -> Answer:
        """A session of its name, which then leaves."""
        if (host := self.estate.host(action.identity)) is None:
            return _nobody(action.identity)
        broker = self.estate.broker(action.target)
        ours = self.estate.connect(broker, host.id, self.estate.issue(host, 60), "ours")
        if isinstance(ours, str):
            return Refused(layer=ours, reason="the broker refuses us")
        yield self.estate.clock.timeout(0)
        self.estate.leave(broker, host.id, ours)
        return Done()


def _nobody(host: str) -> Outcome:
    return NotObserved(reason=f"no host {host} runs here")

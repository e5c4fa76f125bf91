"""Trials in flight: many at once on one epoll, in a bounded window, each until its deadline."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Set
from heapq import heappop, heappush
from itertools import chain, count

from bulkhead.errors import MissingHere
from infra.lab.probe.connections import Connections, half_open
from infra.lab.probe.listeners import Listeners, Vantage
from infra.lab.probe.loop import READ, Loop
from infra.lab.probe.namespace import Namespaces
from infra.lab.probe.nflog import Denials
from infra.lab.probe.ports import fresh_port
from infra.lab.probe.senders import Sender, Tap
from infra.lab.probe.trial import Trial, addresses, observed
from infra.lab.probe.wire import NO_SUCH_PORT, UDP, Nonces, Wire

BURST = 64
"""Trials launched between two looks at what came back."""
GRACE = 0.2
"""Seconds in which an answer may still come although a host's filter has logged the packet."""
HOST_BUFFER = 4 << 20
"""Bytes asked for to hold one host's denials: some 10,000 that have not been read yet."""


class Sweeper:
    """Owns the sockets of one round of trials.

    window: trials in flight at most. avoid: ports that are listened on, so never a source port.
    """

    def __init__(self, namespace: str, window: int, avoid: Set[int]) -> None:
        """MissingHere if the log of `namespace` (the fabric's) cannot be read."""
        self._window, self._avoid = window, avoid
        self.nonces, self._trials = Nonces(), list[Trial]()
        self._loop, self._spaces = Loop(), Namespaces()
        self.listeners = Listeners(self._loop, self._spaces, self.arrived)
        self._senders: dict[tuple[str, int], Sender] = {}
        self._taps: dict[str, Tap] = {}
        self._by_wire: dict[Wire, Trial] = {}
        self._connections = Connections(self._loop, self._judge, self._land)
        self._flying = 0
        self._due: list[tuple[float, int, Trial]] = []
        self._turns = count()
        try:
            self.denials = Denials(self._spaces, namespace)
        except BaseException:
            self.close()
            raise
        self._loop.watch(self.denials.socket, READ, lambda _: self._read_denials())
        self._heard: dict[str, Denials] = {}
        self.deaf: dict[str, str] = {}

    def close(self) -> None:
        """Close every socket of the round."""
        self._retire_senders()
        self._loop.close()
        self._spaces.close()

    def admit(self, make: Callable[[bytes], Trial]) -> Trial:
        """A trial with a nonce of its own."""
        trial = make(self.nonces.make(len(self._trials)))
        self._trials.append(trial)
        return trial

    def tap(self, vantage: Vantage) -> None:
        """Watch a host's ICMP, so that what arrives there is seen. OSError if that cannot be."""
        if vantage.host not in self._taps:
            with self._spaces.excursion(vantage.namespace):
                self._taps[vantage.host] = Tap(self._loop, vantage, self)

    def hear(self, vantage: Vantage) -> None:
        """Listen to what a host's own filter says it drops; `deaf` says where that cannot be.

        There a drop is still seen, as silence, but nobody says where.
        """
        if vantage.host in self._heard or vantage.host in self.deaf:
            return
        try:
            heard = Denials(self._spaces, vantage.namespace, buffer=HOST_BUFFER)
        except MissingHere as error:
            self.deaf[vantage.host] = error.problems[0].what
            return
        self._heard[vantage.host] = heard
        self._loop.watch(heard.socket, READ, lambda _: self._read_words(heard, vantage.host))

    def deaf_to(self, trial: Trial) -> str:
        """Which of a trial's hosts cannot be heard, in words; empty if both can."""
        ends = (trial.source.host, trial.target.host)
        return "; ".join(f"the log of {host} is not heard" for host in ends if host in self.deaf)

    @property
    def log_lost(self) -> bool:
        """Whether a part of any log was lost."""
        return any(each.lost for each in (self.denials, *self._heard.values()))

    # What came in ------------------------------------------------------------------------------

    def _known(self, payload: bytes) -> Trial | None:
        index = self.nonces.index(payload)
        return None if index is None or index >= len(self._trials) else self._trials[index]

    def arrived(self, host: str, payload: bytes) -> None:
        """A request's payload was seen at `host`."""
        if (trial := self._known(payload)) is not None:
            trial.arrived = host
            self._judge(trial)

    def echoed(self, host: str, payload: bytes, peer: str) -> None:
        """`payload` came back to `host` from the address `peer`."""
        trial = self._known(payload)
        if trial is not None and (trial.source.host, trial.destination) == (host, peer):
            trial.echoed = True
            self._judge(trial)

    def unreachable(self, wire: Wire, code: int, reporter: str) -> None:
        """An ICMP `unreachable` came for a packet of ours. TCP hears of it from its own socket."""
        trial = self._by_wire.get(wire)
        if trial is None or (code == NO_SUCH_PORT and wire.protocol != UDP):
            return
        if code == NO_SUCH_PORT:
            # Nobody listens, or a filter rejects and says so in its log, which may come later.
            trial.rejected = f"port unreachable at {reporter}"
            return
        trial.settle(observed("refused", f"ICMP unreachable (code {code}) from {reporter}"))
        self._land(trial)

    def _read_denials(self) -> None:
        for prefix, wire in self.denials.read():
            if (found := self._about(wire)) is not None:
                trial, reply = found
                trial.denied(prefix, reply=reply)
                self._land(trial)

    def _read_words(self, heard: Denials, host: str) -> None:
        for prefix, wire in heard.read():
            if (found := self._about(wire)) is not None:
                trial, reply = found
                trial.reported(prefix, reply=reply, by=host)
                self._wait(trial, GRACE)

    def _about(self, wire: Wire) -> tuple[Trial, bool] | None:
        """The trial that a packet belongs to, and whether it is the reply."""
        if (trial := self._by_wire.get(wire)) is not None:
            return trial, False
        answered = self._by_wire.get(wire.swapped())
        return None if answered is None else (answered, True)

    def _judge(self, trial: Trial) -> None:
        trial.judge()
        if trial.observation is not None:
            self._land(trial)

    def _land(self, trial: Trial) -> None:
        if trial.flying:
            trial.flying = False
            self._flying -= 1
        if trial.connection is not None:
            self._loop.drop(trial.connection)
            trial.connection = None

    # What goes out -----------------------------------------------------------------------------

    def _launch(self, trial: Trial, port: int) -> None:
        """Send the request. This thread is then in the source's namespace."""
        try:
            self._spaces.enter(trial.source.namespace)
            sender = self._sender(trial.source, port)
        except OSError as error:
            self._unsent(trial, error)
            return
        try:
            self._send(trial, sender)
        except PermissionError:
            trial.withheld = True  # the host's own filter; its log says so, or the deadline comes
        except OSError as error:
            self._unsent(trial, error)

    def _unsent(self, trial: Trial, error: OSError) -> None:
        trial.settle(observed("not observed", f"could not be sent: {error}"))
        self._land(trial)

    def _sender(self, vantage: Vantage, port: int) -> Sender:
        if vantage.host not in self._taps:
            self._taps[vantage.host] = Tap(self._loop, vantage, self)
        key = (vantage.host, port)
        if key not in self._senders:
            others = (fresh_port(self._avoid) for _ in range(16))
            self._senders[key] = Sender(self._loop, vantage, chain([port], others), self)
        return self._senders[key]

    def _send(self, trial: Trial, sender: Sender) -> None:
        trial.port, trial.flying = sender.port, True
        trial.connected = trial.echoed = trial.withheld = False
        trial.rejected = ""
        self._flying += 1
        for wire in trial.wires():
            self._by_wire[wire] = trial
        if trial.flow.protocol == "tcp":
            self._connections.start(trial)
        elif trial.flow.protocol == "udp":
            sender.send(trial.nonce, trial.destination, trial.flow.port)
        else:
            self._taps[trial.source.host].send(trial.nonce, trial.destination, trial.port)

    # The sweep ---------------------------------------------------------------------------------

    def sweep(
        self,
        trials: Iterable[Trial],
        ports: dict[str, int],
        patience: float,
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        """Try each once, from the source port that `ports` gives for its path.

        Those without an answer after `patience` seconds keep `observation` None. `settled` is
        called after each turn.
        """
        self._retire_senders()
        self._due.clear()
        waiting = deque(sorted(trials, key=lambda trial: trial.source.host))
        while waiting or self._due:
            self._launch_some(waiting, ports, patience)
            while self._due and not self._due[0][2].flying:
                heappop(self._due)
            room = waiting and self._flying < self._window
            wait = self._due[0][0] - time.monotonic() if self._due else 0.0
            self._loop.turn(0.0 if room else max(0.0, wait))
            self._expire()
            settled()

    def _retire_senders(self) -> None:
        """Those of the last sweep: each sweep has ports of its own."""
        for sender in self._senders.values():
            sender.close()
        self._senders.clear()

    def _launch_some(self, waiting: deque[Trial], ports: dict[str, int], patience: float) -> None:
        with self._spaces.excursion():
            for _ in range(min(BURST, len(waiting), self._window - self._flying)):
                trial = waiting.popleft()
                trial.silent_for = patience
                self._launch(trial, ports[trial.flow.path])
                self._wait(trial, patience)

    def _wait(self, trial: Trial, seconds: float) -> None:
        """Land the trial in so many seconds at the latest."""
        heappush(self._due, (time.monotonic() + seconds, next(self._turns), trial))

    def _expire(self) -> None:
        now = time.monotonic()
        if not self._due or self._due[0][0] > now:
            return
        for _ in range(64):  # what has already come must count, however slow this process was
            if not self._loop.turn(0):
                break
        late = []
        while self._due and (self._due[0][0] <= now or not self._due[0][2].flying):
            trial = heappop(self._due)[2]
            if trial.flying:
                late.append(trial)
        self._see_handshakes([trial for trial in late if trial.flow.protocol == "tcp"])
        for trial in late:
            self._land(trial)

    def _see_handshakes(self, trials: list[Trial]) -> None:
        """A SYN that waits at the target for the rest of the handshake has arrived there."""
        for target in {trial.target.host: trial.target for trial in trials}.values():
            begun = half_open(self._spaces, target)
            for trial in trials:
                ends = {(a, trial.port, trial.flow.port) for a in addresses(trial.source)}
                if trial.target.host == target.host and ends & begun:
                    trial.arrived = target.host

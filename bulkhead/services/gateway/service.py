"""The service: one loop that keeps a session while there is a broker, until it is told to stop."""

import logging
import os
import random
import select
import signal
import sqlite3
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from bulkhead.errors import BulkheadError, Problem, WrongInput
from bulkhead.services.gateway import field
from bulkhead.services.gateway.config import Settings, load
from bulkhead.services.gateway.edge import Edge, Message
from bulkhead.services.gateway.link import Link, LinkDown
from bulkhead.services.gateway.outbox import BDSEQ, Outbox
from bulkhead.services.gateway.sampler import Sampler
from bulkhead.services.gateway.session import HostGone, Session
from bulkhead.services.gateway.source import Seeded, Source
from bulkhead.services.notify import tell

RETRY_S = (0.5, 15.0)
"""The first and the longest wait before a new try; each is twice the last, and up to half more."""
STEADY_S = 20.0
"""A try that lasted this long was a session, and ends the longer waits; two gateways that oust
each other wait longer and longer."""
BEAT_S, STUCK_S = 10.0, 30.0
"""How often systemd hears that all is well; for how long a source may not answer till it is not."""
log = logging.getLogger(__name__)


class Gateway:
    """A running gateway. `stop` and `renew` may be called from a signal handler."""

    def __init__(self, settings: Settings, source: Source, outbox: Outbox) -> None:
        self._settings, self._outbox = settings, outbox
        self._edge = Edge(settings.tenant, settings.node, settings.devices)
        self._wake, self._waker = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._waker, False)
        self._sampler = Sampler(source, outbox, settings.interval_ms / 1000, self.wake)
        self._stopping = self._renewing = False
        self._retry = RETRY_S[0]
        self._beat = 0.0

    def wake(self) -> None:
        """Let the loop look around."""
        try:
            os.write(self._waker, b".")
        except BlockingIOError:
            return  # it is awake

    def stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Say NDEATH and end."""
        self._stopping = True
        self.wake()

    def renew(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Begin a session anew, with the certificate files as they are now; values go on."""
        self._renewing = True
        self.wake()

    def run(self) -> None:
        """Serve until stopped. Raises what ended the sampler, if it ended by itself."""
        self._sampler.start()
        tell("READY=1")
        try:
            while self._alive():
                began = time.monotonic()
                try:
                    self._serve()
                except (LinkDown, sqlite3.OperationalError) as error:
                    log.warning("no session: %s", error)
                    self._rest(time.monotonic() - began)
        finally:
            self._sampler.stop()

    def _alive(self) -> bool:
        now = time.monotonic()
        patience = STUCK_S + self._settings.interval_ms / 1000
        if now - self._beat > BEAT_S and now - self._sampler.seen < patience:
            tell("WATCHDOG=1")
            self._beat = now
        if self._sampler.failure:
            raise self._sampler.failure
        return not self._stopping

    def _serve(self) -> None:
        """One session, from CONNECT to its end."""
        self._renewing = False
        will = self._edge.connects(self._outbox.count(BDSEQ, modulus=256), _now())
        session = Session(self._settings, self._edge, self._outbox, self._publish, self._crowded)
        self._link = Link(
            client_id=self._settings.node,
            broker=self._settings.broker,
            tls=self._settings.tls,
            keepalive=self._settings.keepalive_s,
            will=will,
            subscriptions=session.subscriptions,
            heard=session.hear,
        )
        try:
            while self._alive() and not self._renewing:
                self._link.wait(session.step(_now(), time.monotonic()), self._wake)
        except HostGone:
            log.info("leaving until the primary host is back")
        self._link.leave(self._edge.dies(_now()), self._wake)

    def _publish(self, message: Message) -> None:
        self._link.publish(message)

    def _crowded(self) -> bool:
        return self._link.crowded()

    def _rest(self, lasted: float) -> None:
        """Wait before the next try, longer each time; values only go to disk meanwhile.

        A renewed certificate ends the wait: what refused the old one may take it.
        """
        if lasted > STEADY_S:
            self._retry = RETRY_S[0]
        end = time.monotonic() + self._retry * random.uniform(1.0, 1.5)
        self._retry = min(self._retry * 2, RETRY_S[1])
        while self._alive() and not self._renewing and (left := end - time.monotonic()) > 0:
            select.select([self._wake], [], [], left)
            _drain(self._wake)
        if self._renewing:
            self._retry = RETRY_S[0]


def main(arguments: Sequence[str]) -> int:
    """Run with a configuration file, or only `--check` it; the exit code (2: it is wrong)."""
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO, stream=sys.stderr)
    try:
        check = arguments[:1] == ["--check"]
        settings = load(_file(arguments[check:]))
        return 0 if check else _run(settings)
    except BulkheadError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _file(arguments: Sequence[str]) -> Path:
    if len(arguments) != 1:
        usage = "python3 -m bulkhead.services.gateway [--check] FILE"
        raise WrongInput(Problem("arguments", "one file is needed", allowed=usage))
    return Path(arguments[0])


def _run(settings: Settings) -> int:
    outbox = _outbox(settings)
    gateway = Gateway(settings, _source(settings), outbox)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, gateway.stop)
    signal.signal(signal.SIGHUP, gateway.renew)
    try:
        gateway.run()
    except sqlite3.Error as error:
        raise BulkheadError(Problem(str(settings.state), f"cannot keep values: {error}")) from None
    finally:
        outbox.close()
    return 0


def _source(settings: Settings) -> Source:
    if settings.field is None:
        return Seeded(settings.seed, settings.devices)
    try:
        return field.source(settings)
    except OSError as error:
        where = str(settings.field.wires)
        raise BulkheadError(Problem(where, f"no terminals can be made: {error}")) from None


def _outbox(settings: Settings) -> Outbox:
    """The outbox; one that is no database any more is put aside, for the plant goes on."""
    file = settings.state / "outbox.sqlite3"
    try:
        try:
            return Outbox(file, settings.capacity)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            aside = file.with_suffix(f".broken-{_now()}")
            log.error("%s: %s; put aside as %s", file, error, aside.name)
            file.rename(aside)
            return Outbox(file, settings.capacity)
    except (OSError, sqlite3.Error) as error:
        raise BulkheadError(Problem(str(file), f"cannot keep values: {error}")) from None


def _now() -> int:
    return time.time_ns() // 1_000_000


def _drain(wake: int) -> None:
    try:
        os.read(wake, 4096)
    except BlockingIOError:
        return

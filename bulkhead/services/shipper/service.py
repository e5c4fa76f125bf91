"""The loop: read sources into the spool, send the spool to the store, say how it stands."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bulkhead.services.notify import tell
from bulkhead.services.objectstore.client import ABSENT, Answer, Store
from bulkhead.services.shipper.identity import Identity
from bulkhead.services.shipper.spool import Batch, FullError, Spool
from bulkhead.services.shipper.tail import chunk

MOST = 1 << 20
"""Bytes of a batch, about: one longer line makes a longer batch."""
PACE = 2.0
"""Seconds between two looks at the sources: what comes meanwhile is one batch."""
EXISTS = 412
"""What a store answers where the key is there already: that batch arrived before."""
FORBIDDEN = 403
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file and where its lines go. prefix: `BUCKET/PREFIX/`, to which a batch's name is added.

    select: what of a chunk is kept, and in which form. parts: where a batch is split when it is
    sent, its content by `BUCKET/PREFIX/`; the same for the same batch, whenever it is asked.
    """

    stream: str
    path: Path
    prefix: str
    select: Callable[[bytes], bytes] = lambda lines: lines
    parts: Callable[[bytes], Mapping[str, bytes]] | None = None


@dataclass(slots=True)
class Counters:
    """Since the start. gaps: times that lines were lost before they were read (none silently)."""

    objects: int = 0
    bytes: int = 0
    repeated: int = 0
    gaps: int = 0
    refused: int = 0


class Shipper:
    """One spool and one store. sources: asked for again at each look; opened: makes a connection.

    say: hears each change of state once, in words.
    """

    def __init__(  # noqa: PLR0913  # each is a part of its own
        self,
        spool: Spool,
        sources: Callable[[], Iterable[Source]],
        opened: Callable[[], Store],
        *,
        status: Path,
        say: Say,
        now: Callable[[], float] = time.time,
        most: int = MOST,
    ) -> None:
        self._spool, self._sources, self._opened = spool, sources, opened
        self._identity = Identity(opened, now)
        self._status, self._say, self._now, self._most = status, say, now, most
        self._read: dict[str, Any] = {}
        self.renewing = False
        """Set to have certificates read again; from a signal's handler too."""
        self._store: Store | None = None
        self._faults: dict[str, str] = {}
        self.counters = Counters()

    def run(self, stopping: threading.Event, pace: float = PACE) -> None:
        """Until `stopping` is set."""
        tell("READY=1")
        while not stopping.is_set():
            self.step()
            tell("WATCHDOG=1")
            stopping.wait(pace)
        self._renew()

    def step(self) -> None:
        """Read what is new, send what waits, as long as either makes room for the other."""
        if self.renewing:
            self.renewing = False
            self._renew()
        while True:
            full = self._fill()
            sent = self._send()
            self._write()
            if not (full and sent):
                return

    def _renew(self) -> None:
        """Certificates are read again, and credentials asked for anew."""
        self._identity.forget()
        if self._store is not None:
            self._store.close()
            self._store = None

    def state(self) -> dict[str, Any]:
        """What `status` holds: what waits, since when, and each fault in words."""
        batches, size, oldest = self._spool.waiting()
        return {
            "at": self._now(),
            "waiting": batches,
            "waiting_bytes": size,
            "oldest": oldest,
            "damaged": self._spool.damaged,
            "faults": dict(sorted(self._faults.items())),
            **asdict(self.counters),
        }

    def _fill(self) -> bool:
        """Read every source as far as the spool has room; whether it had too little."""
        sources = list(self._sources())
        for source in sources:
            try:
                while self._one(source):
                    pass
            except FullError:
                self._fault(
                    "spool", "the spool is full: sources are not read, and keep their lines"
                )
                return True
            except OSError as error:
                self._fault("spool", f"{source.stream} cannot be kept: {error}")
                return True
        self._well("spool")
        return False

    def _one(self, source: Source) -> bool:
        """One batch of a source; whether there was anything to read."""
        position = self._read.get(source.stream) or self._spool.position(source.stream)
        found = chunk(source.path, position, self._most)
        if found is None:
            return False
        body = source.select(found.body)
        if body:
            self._spool.put(source.stream, found.position, body, self._now())
        self._read[source.stream] = found.position
        if found.gap:
            self.counters.gaps += 1
            self._say(f"lines of {source.stream} were lost before they were read")
        return True

    def _send(self) -> int:
        """Send what waits, each stream in its order; how many batches are at the store now."""
        sources = {source.stream: source for source in self._sources()}
        count = 0
        for stream in list(self._spool.streams()):
            while (batch := self._spool.first(stream)) is not None and stream in sources:
                answer = self._put(batch, sources[stream])
                if not (answer.ok or answer.status == EXISTS):
                    self._failed(stream, answer)
                    if answer.status != FORBIDDEN:
                        return count
                    break
                self._spool.sent(batch)
                count += 1
                self._count(batch, answer)
                self._well("store", stream)
        return count

    def _put(self, batch: Batch, source: Source) -> Answer:
        """The first answer that is no success, else the last; every part is put once."""
        answer = Answer(status=EXISTS)
        try:
            body = self._spool.body(batch)
            parts = source.parts(body) if source.parts else {source.prefix: body}
            for prefix in sorted(parts):
                answer = self._asked(batch, prefix, parts[prefix])
                if not (answer.ok or answer.status == EXISTS):
                    break
            return answer
        except (OSError, ValueError) as error:
            return Answer(status=ABSENT, code=f"{type(error).__name__}: {error}")

    def _asked(self, batch: Batch, prefix: str, body: bytes) -> Answer:
        if self._store is None:
            self._store = self._opened()
        found = self._identity.credentials()
        if isinstance(found, str):
            return Answer(status=ABSENT, code=found)
        self._store.who = found
        bucket, _, path = prefix.partition("/")
        headers = {"if-none-match": "*", "content-type": "text/plain"}
        return self._store.send("PUT", bucket, f"{path}{batch.name}", headers=headers, body=body)

    def _count(self, batch: Batch, answer: Answer) -> None:
        if answer.status == EXISTS:
            self.counters.repeated += 1
        else:
            self.counters.objects += 1
            self.counters.bytes += batch.size

    def _failed(self, stream: str, answer: Answer) -> None:
        words = answer.code or f"HTTP {answer.status}"
        if answer.status == FORBIDDEN:
            self.counters.refused += 1
            self._fault(stream, f"{stream}: the store refuses it: {words}")
            self._identity.forget()
            return
        self._fault("store", f"the store takes nothing: {words}")
        self._renew()

    def _fault(self, name: str, words: str) -> None:
        if name not in self._faults:
            self._say(words)
        self._faults[name] = words

    def _well(self, *names: str) -> None:
        for name in names:
            if self._faults.pop(name, None):
                self._say(f"{name}: well again")

    def _write(self) -> None:
        draft = self._status.with_name(f".{self._status.name}")
        try:
            draft.write_text(json.dumps(self.state(), sort_keys=True) + "\n")
            draft.replace(self._status)
        except OSError:
            draft.unlink(missing_ok=True)


def of_folder(folder: Path, prefixes: dict[str, str], other: str) -> Iterator[Source]:
    """A source for each `HOST.log` of a folder; a host's tenant is its name's first word.

    prefixes: by tenant; other: for hosts of none of them.
    """
    for path in sorted(folder.glob("*.log")):
        prefix = prefixes.get(path.stem.partition(".")[0], other)
        yield Source(stream=path.stem, path=path, prefix=f"{prefix}{path.stem}/")

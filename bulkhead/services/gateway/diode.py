"""Takes what a controller sends over a diode, in a thread of its own; sends nothing back, ever.

It stands where a poller would (`Terminals`): hands on each scan once, at the time at which it came,
and counts what was lost on the way, for nobody can ask for it again.
"""

import logging
import select
import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from threading import Event, Thread

from bulkhead.services.gateway.config import Controller, Device
from bulkhead.services.wires import Heard
from bulkhead.wire import registers
from bulkhead.wire.datagrams import LONGEST, PART, Counts, Datagram, Receiving
from bulkhead.wire.field import Lines
from bulkhead.wire.registers import NotThisMap

MOST = 600
"""Most scans that wait to be read."""
LOOK_S = 1.0
SILENT_S = 5.0
"""Without a datagram for so long, the sender's wires count as silent."""
SAY_S = 60.0
"""How often loss is told, where there is any."""
BUFFER = 4 << 20
log = logging.getLogger(__name__)


class Receiver(Thread):
    """The scans of one controller behind a diode, known by its address alone.

    controller: whose datagrams are taken; its `port` is where they come from and where they come
    to. Raises OSError where it cannot be listened.
    """

    def __init__(self, controller: Controller, devices: Sequence[Device]) -> None:
        super().__init__(name=f"receiver {controller.id}", daemon=True)
        self._controller = controller
        self._blocks = {device.block: device.id for device in devices}
        self._receiving = Receiving()
        self._waiting: deque[Heard] = deque(maxlen=MOST)
        self._ended = Event()
        self._heard, self._lines = 0.0, Lines.SILENT
        self._told, self._due = Counts(), 0.0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        # Of several controllers each has a socket here: the kernel sorts them by their address.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("", controller.port))
        self._socket.connect((controller.address, controller.port))
        self._socket.setblocking(False)

    @property
    def counts(self) -> Counts:
        """What became of what was sent so far."""
        return replace(self._receiving.counts)

    @property
    def lines(self) -> Lines:
        """What the controller said last of its wires; silent once nothing came for a while."""
        late = time.monotonic() - self._heard > SILENT_S
        return Lines.SILENT if late else self._lines

    def scans(self) -> list[Heard]:
        """The scans that came since the last call, in order of their coming."""
        found = []
        while self._waiting:
            found.append(self._waiting.popleft())
        return found

    def close(self) -> None:
        """End soon."""
        self._ended.set()

    def run(self) -> None:
        """Take datagrams until closed."""
        while not self._ended.is_set():
            if select.select([self._socket], [], [], LOOK_S)[0]:
                self._drain()
            self._tell()
        self._socket.close()

    def _drain(self) -> None:
        while True:
            try:
                data = self._socket.recv(LONGEST)
            except BlockingIOError:
                return
            if one := self._receiving.take(data):
                self._hand_on(one)

    def _hand_on(self, one: Datagram) -> None:
        """A part of a scan as a scan of its own: its blocks are devices of their own."""
        at = time.time_ns() // 1_000_000
        count = max(0, len(one.image) - registers.FIRST) // registers.BLOCK
        image = [*one.image]
        try:
            image[registers.DEVICES] = count  # of this part
            image[registers.TRIP] = 0  # which may be in another part, and is no value
            inputs = registers.decode(image, count)
        except (NotThisMap, IndexError) as error:
            log.warning("%s: %s", self._controller.id, error)
            return
        self._heard, self._lines = time.monotonic(), inputs.lines
        values = {
            name: inputs.devices[block - one.first].values
            for block, name in self._blocks.items()
            if 0 <= block - one.first < min(count, PART)
        }
        if inputs.lines is Lines.LIVE and inputs.age < registers.OLDEST:
            self._waiting.append(Heard(at - inputs.age, values))

    def _tell(self) -> None:
        """Say what was lost, if more was than when it was last said."""
        now, counts = time.monotonic(), self._receiving.counts
        known = (counts.lost, counts.damaged) == (self._told.lost, self._told.damaged)
        if known or now < self._due:
            return
        log.warning(
            "%s: over the diode %d datagrams came, %d are missing, %d were damaged; "
            "%d parts of scans came by repetition alone, %d are lost",
            self._controller.id,
            counts.arrived,
            counts.missing,
            counts.damaged,
            counts.repaired,
            counts.lost,
        )
        self._told, self._due = replace(counts), now + SAY_S

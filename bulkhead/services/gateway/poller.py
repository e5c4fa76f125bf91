"""Polls one legacy controller by Modbus TCP, in a thread of its own, so that nobody waits for it.

It asks several times in the time of one scan which scan stands there, and hands each on once, by
its number; those that came while it was busy or the controller did not answer, from the
controller's memory.
"""

import logging
import time
from collections import deque
from collections.abc import Sequence
from threading import Event, Thread

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from bulkhead.services.gateway.config import Controller, Device
from bulkhead.services.wires import Heard
from bulkhead.wire import registers
from bulkhead.wire.field import Lines
from bulkhead.wire.registers import NotThisMap

PERIOD_S = 0.2
"""Time between two polls."""
ANSWER_S = 1.0
"""How long a connection, and an answer, is waited for."""
REST_S = 2.0
"""Time until the next try where there was no answer."""
MOST = 600
"""Most scans that wait to be read."""
UNIT = 1
log = logging.getLogger(__name__)
logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # what is wrong is said here, once


class Silent(Exception):
    """The controller does not answer, or not as ours does; the text says why."""


class Poller(Thread):
    """The controller's scans, and what its wires are; see `Wires` for what the two mean.

    A scan that stood there at the first answer is not handed on: an earlier process may have.
    """

    def __init__(self, controller: Controller, devices: Sequence[Device]) -> None:
        super().__init__(name=f"poller {controller.id}", daemon=True)
        self._controller = controller
        self._blocks = {device.block: device.id for device in devices}
        self._size = max(self._blocks) + 1
        self._ended = Event()
        self._waiting: deque[Heard] = deque(maxlen=MOST)
        self._last: int | None = None
        self._said = ""
        self.lines = Lines.SILENT
        """What the controller says of its wires; silent as long as it does not answer."""

    def scans(self) -> list[Heard]:
        """The scans that came since the last call, in order."""
        found = []
        while self._waiting:
            found.append(self._waiting.popleft())
        return found

    def close(self) -> None:
        """End soon; an answer that is waited for is not awaited."""
        self._ended.set()

    def run(self) -> None:
        """Poll until closed."""
        client = ModbusTcpClient(
            self._controller.address, port=self._controller.port, timeout=ANSWER_S, retries=0
        )
        pause = 0.0
        while not self._ended.wait(pause):
            try:
                self._poll(client)
                pause = PERIOD_S
            except (Silent, NotThisMap) as error:
                client.close()  # type: ignore[no-untyped-call]
                self.lines = Lines.SILENT
                self._say(f"{self._where()}: {error}; its signals are left out")
                pause = REST_S
        client.close()  # type: ignore[no-untyped-call]

    def _poll(self, client: ModbusTcpClient) -> None:
        """Hand on what is new. Raises Silent and NotThisMap."""
        try:
            if not client.connected and not client.connect():  # type: ignore[no-untyped-call]
                raise Silent("no connection")
            now, lines = registers.head(_read(client, 0, registers.FIRST), self._size)
            self._say("")
            last = now if self._last is None else self._last
            found = [self._remembered(client, scan) for scan in registers.since(last, now)]
        except (ModbusException, OSError) as error:
            raise Silent(f"no answer: {error}") from None
        known = [heard for heard in found if heard is not None]
        if len(known) < (now - last) % registers.LAST_SCAN:
            log.warning("%s: %d scans up to %d follow %d", self._where(), len(known), now, last)
        self._waiting.extend(known)
        self._last, self.lines = now, lines

    def _remembered(self, client: ModbusTcpClient, scan: int) -> Heard | None:
        """A scan out of the controller's memory; None where another stands there."""
        place = registers.slot(scan, self._size)
        spans = registers.spans(self._size, place)
        read = [row for address, count in spans for row in _read(client, address, count)]
        at = time.time_ns() // 1_000_000
        whole = _read(client, place + registers.SCAN, 1) == [scan] == [read[registers.SCAN]]
        if not whole:
            return None
        inputs = registers.decode(read, self._size)
        if inputs.age == registers.OLDEST:
            return None  # older than can be said
        values = {name: inputs.devices[block].values for block, name in self._blocks.items()}
        return Heard(at - inputs.age, values)

    def _where(self) -> str:
        return f"{self._controller.id} at {self._controller.address}:{self._controller.port}"

    def _say(self, what: str) -> None:
        """What is wrong once, and once that it is right again."""
        if what and not self._said:
            log.warning("%s", what)
        elif self._said and not what:
            log.info("%s answers again", self._where())
        self._said = what


def _read(client: ModbusTcpClient, address: int, count: int) -> list[int]:
    answer = client.read_input_registers(address, count=count, device_id=UNIT)
    if answer.isError():
        raise Silent(f"it refuses registers {address} to {address + count - 1}: {answer}")
    return list(answer.registers)

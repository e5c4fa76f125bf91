"""The service: one loop that listens to the wires and answers Modbus TCP, until told to stop."""

import asyncio
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from bulkhead.errors import BulkheadError, Problem, WrongInput
from bulkhead.services.notify import tell
from bulkhead.services.plc.config import Settings, load
from bulkhead.services.plc.controller import Controller, NoSuchRegister, NotTaken
from bulkhead.services.plc.sender import Sender
from bulkhead.services.wires import Wires
from bulkhead.wire import field

READ_HOLDINGS, READ_INPUTS, WRITE_ONE, WRITE_MANY = 3, 4, 6, 16
LOOK_S = 1.0
"""How often the wires are looked at while they say nothing."""
log = logging.getLogger(__name__)


class Terminals:
    """The output terminals: a file that says what the machines are told."""

    def __init__(self, path: Path, controller: Controller) -> None:
        self._path, self._controller = path, controller
        self._shown: field.Outputs | None = None

    def show(self) -> None:
        """Bring the file up to date, whole."""
        outputs = self._controller.outputs
        if outputs != self._shown:
            draft = self._path.with_name(f".{self._path.name}")
            draft.write_text(field.encode_outputs(outputs) + "\n")
            draft.replace(self._path)
            self._shown = outputs


class Desk:
    """What Modbus asks of a controller (pymodbus calls it for each request)."""

    def __init__(self, controller: Controller, terminals: Terminals) -> None:
        self._controller, self._terminals = controller, terminals

    async def answer(
        self,
        function: int,
        _start: int,
        address: int,
        _count: int,
        current: list[int],
        written: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Bring `current`, all registers of the kind, up to date, or take what is written."""
        if function == READ_INPUTS:
            current[:] = self._controller.inputs()
        elif function == READ_HOLDINGS:
            current[:] = self._controller.holdings()
        elif function in (WRITE_ONE, WRITE_MANY) and written is not None:
            return self._write(address, [int(value) for value in written], current, written)
        elif function not in (WRITE_ONE, WRITE_MANY):
            return ExcCodes.ILLEGAL_FUNCTION
        return None

    def _write(
        self, address: int, values: list[int], current: list[int], written: list[int] | list[bool]
    ) -> ExcCodes | None:
        try:
            self._controller.write(address, values)
        except NoSuchRegister as error:
            log.warning("refused: %s", error)
            return ExcCodes.ILLEGAL_ADDRESS
        except NotTaken as error:
            log.warning("refused: %s", error)
            return ExcCodes.ILLEGAL_VALUE
        # What stands there afterwards is the controller's word: a reset, say, is read as 0.
        self._terminals.show()
        current[:] = self._controller.holdings()
        written[:] = current[address : address + len(values)]  # type: ignore[assignment]
        return None

    def device(self) -> SimDevice:
        """The device that a server serves, whatever unit is asked for."""
        bits = SimData(0, values=[False] * 16, datatype=DataType.BITS)
        blocks = tuple(
            SimData(0, values=list(rows), datatype=DataType.REGISTERS)
            for rows in (self._controller.holdings(), self._controller.inputs())
        )
        return SimDevice(0, ([bits], [bits], [blocks[0]], [blocks[1]]), action=self.answer)


async def serve(settings: Settings, wires: Wires, sender: Sender | None = None) -> None:
    """Answer and listen until SIGTERM or SIGINT. sender: to whom each scan is sent, if to any."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    controller = Controller(settings.devices, log.warning, speed=settings.speed)
    terminals = Terminals(settings.outputs, controller)

    def listen() -> None:
        for heard in wires.scans():
            controller.take(heard.values)
            if sender is not None:
                sender.scan(controller.inputs())
        controller.hear(wires.lines)
        terminals.show()

    server = ModbusTcpServer(
        Desk(controller, terminals).device(), address=(settings.address, settings.port)
    )
    try:
        await server.serve_forever(background=True)
    except (RuntimeError, OSError) as error:
        where = f"{settings.address}:{settings.port}"
        raise BulkheadError(Problem(where, f"Modbus cannot be answered here: {error}")) from None
    loop.add_reader(wires.fileno(), listen)
    tell("READY=1")
    try:
        while not ended.is_set():
            listen()
            tell("WATCHDOG=1")
            try:
                await asyncio.wait_for(ended.wait(), LOOK_S)
            except TimeoutError:
                continue
    finally:
        loop.remove_reader(wires.fileno())
        await server.shutdown()  # type: ignore[no-untyped-call]


def main(arguments: Sequence[str]) -> int:
    """Run with a configuration file, or only `--check` it; the exit code (2: it is wrong)."""
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO, stream=sys.stderr)
    # Strangers' bytes are no news: what matters is said by the controller.
    logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
    try:
        check = arguments[:1] == ["--check"]
        settings = load(_file(arguments[check:]))
        return 0 if check else _run(settings)
    except BulkheadError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _file(arguments: Sequence[str]) -> Path:
    if len(arguments) != 1:
        usage = "python3 -m bulkhead.services.plc [--check] FILE"
        raise WrongInput(Problem("arguments", "one file is needed", allowed=usage))
    return Path(arguments[0])


def _run(settings: Settings) -> int:
    try:
        wires = Wires(settings.wires)
    except OSError as error:
        where = str(settings.wires)
        raise BulkheadError(Problem(where, f"no terminals can be made: {error}")) from None
    sender = _sender(settings)
    try:
        asyncio.run(serve(settings, wires, sender))
    finally:
        wires.close()
        if sender is not None:
            sender.close()
    return 0


def _sender(settings: Settings) -> Sender | None:
    if not settings.diode:
        return None
    try:
        return Sender(settings.address, settings.diode, len(settings.devices))
    except OSError as error:
        what = f"nothing can be sent from here over the diode: {error}"
        raise BulkheadError(Problem(settings.address, what)) from None

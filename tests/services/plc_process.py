"""The real controller as a process, a sender of scans, and a Modbus client that may be anybody."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

from broker_fixture import until
from ports_fixture import free_port
from pymodbus.client import ModbusTcpClient

from bulkhead.wire import field, registers
from bulkhead.wire.registers import Inputs

CONFIG = """\
address = "127.0.0.1"
port = {port}
wires = "{wires}"
outputs = "{outputs}"
speed = 2000
{devices}
"""
DEVICE = '[[devices]]\nid = "{}"\nsignals = ["vibration", "temperature"]\n'


def feel(wires: Path, scan: field.Scan | None) -> None:
    """Put one scan on wires, or take them off."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.sendto(field.TAKEN_OFF if scan is None else field.encode(scan), str(wires))


class PlcProcess:
    """`start` and `stop` as often as a test likes."""

    def __init__(self, folder: Path, *devices: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.port, self.devices = free_port(), devices
        self.wires, self.file, self.log = folder / "wires", folder / "plc.toml", folder / "log"
        rows = "".join(DEVICE.format(name) for name in devices)
        self.outputs = folder / "outputs"
        self.file.write_text(
            CONFIG.format(port=self.port, wires=self.wires, outputs=self.outputs, devices=rows)
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "PlcProcess":
        argv = [sys.executable, "-m", "bulkhead.services.plc", str(self.file)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(argv, stderr=log, stdout=log)
        until(self.answers, "the controller answers")
        return self

    def stop(self, number: int = signal.SIGTERM) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(15)
        self._process = None
        return code

    def pause(self, *, paused: bool) -> None:
        """Let it hang, or go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP if paused else signal.SIGCONT)

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def client(self) -> ModbusTcpClient:
        """A connection of anybody's."""
        made = ModbusTcpClient("127.0.0.1", port=self.port, timeout=5, retries=0)
        assert made.connect()
        return made

    def inputs(self) -> Inputs:
        count = registers.size(len(self.devices))
        with self.client() as client:
            found = client.read_input_registers(0, count=count).registers
        return registers.decode(found, len(self.devices))

    def __enter__(self) -> "PlcProcess":
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self.stop(signal.SIGKILL)

"""The ingest service as a process of its own, between a real broker and a real historian."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from broker_fixture import Broker, until
from historian_fixture import Historian

CONFIG = """\
tenant = "{tenant}"
name = "{tenant}.ingest.ingest-1"
status = "{folder}/status.json"
[broker]
address = "127.0.0.1"
port = {broker.port}
name = "{broker.name}"
[historian]
address = "127.0.0.1"
port = {historian.port}
name = "acme.storage.historian-1"
[tls]
key = "{tls}/ingest.key"
certificate = "{tls}/ingest.pem"
anchors = "{tls}/ingest-ca.pem"
revocations = "{tls}/ingest-crl.pem"
[limits]
rebirth = 0.2
{limits}
"""


class Ingest:
    """One ingest of a tenant; `start` and `kill` as often as a test likes."""

    def __init__(
        self, folder: Path, broker: Broker, historian: Historian, *, tls: Path | None = None,
        tenant: str = "acme", limits: str = "",
    ) -> None:  # fmt: skip
        self.folder, self.broker, self.historian = folder, broker, historian
        self.tls = tls or broker.client("ingest")
        self.file, self.log = folder / "ingest.toml", folder / "ingest.log"
        folder.mkdir(parents=True, exist_ok=True)
        text = CONFIG.format(
            tenant=tenant, folder=folder, broker=broker, historian=historian, tls=self.tls,
            limits=limits,
        )  # fmt: skip
        self.file.write_text(text)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *program: str) -> None:
        """The service, or another program in its place, with the configuration's path."""
        with self.log.open("ab") as log:
            program = program or ("-m", "bulkhead.services.ingest")
            command = [sys.executable, *program, str(self.file)]
            self._process = subprocess.Popen(command, stderr=log, stdout=log)

    def online(self) -> None:
        """Wait until it says that it is."""
        until(lambda: self.status().get("online"), f"online: {self.log.read_text()}")

    def status(self) -> dict[str, object]:
        """What it says of itself; nothing before it said anything since its start."""
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        try:
            said = json.loads((self.folder / "status.json").read_text())
        except FileNotFoundError:
            return {}
        return said

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9, and nothing of it is left."""
        self.signal(signal.SIGKILL)
        self._gone()

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        if self._process is None:
            return 0
        self.signal(signal.SIGTERM)
        return self._gone()

    def died(self) -> int:
        """Wait until it ended by itself; its exit code."""
        return self._gone()

    def _gone(self) -> int:
        assert self._process is not None
        code = self._process.wait(15)
        self._process = None
        (self.folder / "status.json").unlink(missing_ok=True)
        return code

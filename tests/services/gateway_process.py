"""The real gateway service as a process; its own file of values is the truth to compare with."""

import sqlite3
import subprocess
import sys
from pathlib import Path

from broker_fixture import Broker

CONFIG = """\
tenant = "acme"
node = "{node}"
state = "{folder}"
[broker]
address = "127.0.0.1"
port = {broker.port}
name = "{broker.name}"
[tls]
key = "{tls}/gateway.key"
certificate = "{tls}/gateway.pem"
anchors = "{tls}/gateway-ca.pem"
revocations = "{tls}/gateway-crl.pem"
[telemetry]
seed = 7
interval_ms = {interval}
recent_s = 600
drain_per_s = 100000
{devices}
"""
DEVICE = """
[[devices]]
id = "{}"
signals = ["vibration", "temperature", "motor_current", "acoustic_emission"]
"""
Row = tuple[str, str, int, float]
NODE = "acme.lyon.ai.gw-1"


def written(folder: Path, broker: Broker, *, interval: int, devices: int) -> Path:
    """The configuration of a gateway, all of whose files lie in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    text = CONFIG.format(
        node=NODE, folder=folder, broker=broker, tls=broker.client("gateway"),
        interval=interval, devices="".join(DEVICE.format(f"cnc-{n}") for n in range(devices)),
    )  # fmt: skip
    file = folder / "gateway.toml"
    file.write_text(text)
    return file


class GatewayProcess:
    """A gateway whose sent values are kept for longer than any test takes."""

    def __init__(self, folder: Path, broker: Broker, *, interval: int, devices: int = 2) -> None:
        self.folder = folder
        file = written(folder, broker, interval=interval, devices=devices)
        with (folder / "gateway.log").open("ab") as log:
            command = [sys.executable, "-m", "bulkhead.services.gateway", str(file)]
            self._process = subprocess.Popen(command, stderr=log, stdout=log)

    def taken(self) -> set[Row]:
        """Every value that it took from the plant: (device, signal, ms, value)."""
        with sqlite3.connect(f"file:{self.folder}/outbox.sqlite3?mode=ro", uri=True) as db:
            return set(db.execute("SELECT device, signal, at, value FROM samples"))

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

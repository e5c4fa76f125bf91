"""Messages per second from the real gateway to a real broker over mutual TLS 1.3, on loopback.

    python benchmarks/gateway_rate.py [SECONDS]

The gateway reads as fast as it can (1 ms interval, 100 devices of four signals); a host of its
tenant counts what arrives by its own process. Prints messages and values per second, the CPU time
of each process per 1,000 messages (which says who is the limit), and gaps in seq, which must be 0.
Needs mosquitto; takes SECONDS (10) and a few more.
"""

import itertools
import multiprocessing
import os
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1] / "tests" / "services"
sys.path[:0] = [str(TESTS), str(TESTS / "gateway")]
DEVICES = 100
SIGNALS = '["vibration", "temperature", "motor_current", "acoustic_emission"]'


def cpu(pid: int) -> float:
    """Seconds of CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def count(broker: Any, seconds: float, done: Connection) -> None:
    """As ingest: count messages and values for some seconds after the first."""
    from plant_gateway import Host  # type: ignore[import-not-found]

    from bulkhead.wire import sparkplug

    with Host(broker) as host:
        host.tell(True)
        host.next()
        messages, end, start = [], time.monotonic() + seconds, time.monotonic()
        while time.monotonic() < end:
            messages.append(host.heard.get(timeout=10))
        took = time.monotonic() - start
    payloads = [sparkplug.decode(message.payload) for message in messages]
    numbers = [payload.seq for payload in payloads if payload.seq is not None]
    gaps = sum((b - a) % 256 != 1 for a, b in itertools.pairwise(numbers))
    done.send((len(payloads) / took, sum(len(p.metrics) for p in payloads) / took, gaps))


def main() -> None:
    """Measure once and print."""
    from broker_fixture import broker  # type: ignore[import-not-found]
    from plant_gateway import Gateway

    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    folder = Path(tempfile.mkdtemp(prefix="bulkhead-rate-"))
    with broker(folder / "broker", folder / "trust") as running:
        gateway = Gateway(folder / "gateway", running, interval_ms=1)
        text = gateway.file.read_text().partition("[[devices]]")[0]
        rows = (f'[[devices]]\nid = "m-{n}"\nsignals = {SIGNALS}\n' for n in range(DEVICES))
        gateway.file.write_text(text + "".join(rows))
        here, there = multiprocessing.Pipe()
        host = multiprocessing.get_context("fork").Process(
            target=count, args=(running, seconds, there), daemon=True
        )
        with gateway:
            host.start()
            pids = {"gateway": gateway.pid, "broker": running.pid}
            before = {name: cpu(pid) for name, pid in pids.items()}
            per_second, values, gaps = here.recv()
            used = {name: cpu(pid) - before[name] for name, pid in pids.items()}
    print(f"{per_second:,.0f} messages/s, {values:,.0f} values/s, {gaps} gaps")
    for name, took in used.items():
        print(f"{name}: {took / (per_second * seconds) * 1000:.3f} s of CPU per 1,000 messages")


if __name__ == "__main__":
    main()

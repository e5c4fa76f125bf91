"""How many telemetry messages a second pass from gateway to historian, and which part is the limit.

    python benchmarks/telemetry_rate.py

Needs mosquitto and PostgreSQL 15; starts its own on loopback, with the configuration that the
roles make, TLS 1.3, row-level security and fsync. A message holds the four signals of one device.
Prints each stage alone, in one process and nothing beside it: the gateway's session with its
outbox on disk, the broker (one sender, one hearer), ingest's judge, the historian's commits; then
the whole way at doubled rates until not everything arrives while it is sent, and the highest rate
that did beside the slowest shared stage alone. Its sender has no disk: a site has gateways of its
own, while broker, ingest and historian are shared. Processor time by process says which one is the
limit.
"""

import importlib
import itertools
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "services"))

from bulkhead.services.gateway.config import Device
from bulkhead.services.gateway.config import load as load_gateway
from bulkhead.services.gateway.edge import Edge
from bulkhead.services.gateway.outbox import Outbox
from bulkhead.services.gateway.session import Session
from bulkhead.services.gateway.source import Sample
from bulkhead.services.ingest.config import Limits, load
from bulkhead.services.ingest.historian import Historian
from bulkhead.services.ingest.judge import Judge
from bulkhead.services.ingest.rows import Batch, Message
from bulkhead.wire import state
from bulkhead.wire.telemetry import SIGNALS, Reading
from bulkhead.wire.topics import StateTopic, primary_host

SECONDS = 4.0
NODE = "acme.lyon.ai.gw-1"
DEVICE = Device(id="cnc-1", signals=tuple(SIGNALS))
COUNTS = {"Bulkhead/Taken": 0, "Bulkhead/Waiting": 0, "Bulkhead/Dropped": 0}
ENOUGH = 0.99
"""Part of the messages that must be stored within a second of the last one sent."""


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def readings(at: int) -> list[Reading]:
    """One message's worth."""
    return [Reading(device=DEVICE.id, signal=name, at=at, value=20.5) for name in DEVICE.signals]


def conversation() -> Iterator[tuple[str, bytes]]:
    """Births, then data without an end; each value has a millisecond of its own."""
    edge, start = Edge("acme", NODE, [DEVICE]), time.time_ns() // 1_000_000 - 86_400_000
    edge.connects(0, start)
    for message in edge.births(start, COUNTS, lambda _device, _signal: None):
        yield message.topic, message.payload
    for number in itertools.count():
        message = edge.data(DEVICE.id, readings(start + number), start + number)
        yield message.topic, message.payload


def per_second(act: Callable[[], int]) -> float:
    """Median of five: how much `act` did, by its own count, in a second."""
    rates = []
    for _ in range(5):
        start = time.perf_counter()
        done = act()
        rates.append(done / (time.perf_counter() - start))
    return statistics.median(rates)


def gateway_alone(folder: Path, file: Path) -> float:
    """Values to disk, into messages, and marked as sent; nobody listens."""
    settings = load_gateway(file)
    outbox, sent = Outbox(folder / "outbox.sqlite3", 1_000_000), list[object]()
    edge = Edge("acme", NODE, settings.devices)
    edge.connects(0, 0)
    session = Session(settings, edge, outbox, sent.append, lambda: False)
    online = state.encode(state.HostState(online=True, timestamp=1))
    session.hear(str(StateTopic(host=primary_host("acme"))), online)
    session.step(1, 0.0)
    clock = itertools.count(1_000)

    def act() -> int:
        before = len(sent)
        for _ in range(200):
            at = next(clock)
            outbox.put([Sample(DEVICE.id, name, 20.5) for name in DEVICE.signals], at)
            session.step(at, at / 1000)
        return len(sent) - before

    try:
        return per_second(act)
    finally:
        outbox.close()


def judge_alone() -> float:
    """Bytes to sound values."""
    judge, said = Judge("acme", Limits()), conversation()

    def act() -> int:
        batch = Batch()
        for topic, payload in itertools.islice(said, 2_000):
            now = time.time_ns() // 1_000_000
            judge.take(Message(topic=topic, payload=payload, retained=False, received=now), batch)
        assert not batch.refusals
        return batch.messages

    return per_second(act)


def historian_alone(config: Any) -> float:
    """Batches of 2,000 values, each a transaction on disk; in messages of four."""
    store, judge, said = Historian(config), Judge("acme", Limits()), conversation()
    store.connect()
    numbers = itertools.count(store.committed() + 1)
    batches = []
    for _ in range(25):
        batch = Batch()
        for topic, payload in itertools.islice(said, 500):
            now = time.time_ns() // 1_000_000
            judge.take(Message(topic=topic, payload=payload, retained=False, received=now), batch)
        batches.append(batch)
    left = iter(batches)

    def act() -> int:
        some = list(itertools.islice(left, 5))
        return sum(sum(store.write(next(numbers), batch).values()) for batch in some) // 4

    try:
        return per_second(act)
    finally:
        store.close()


def publish(broker: Any, rate: float, ended: Any) -> None:
    """A gateway's sender without its disk: `rate` messages a second for SECONDS (0: no bound)."""
    with importlib.import_module("mqtt_peer").Peer(broker, "gateway") as peer:
        said, start, sent = conversation(), time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < SECONDS:
            room = 64 if not rate else int(elapsed * rate) - sent
            for topic, payload in itertools.islice(said, room):
                peer._client.publish(topic, payload, 0)
            sent += room
            waiting = len(peer._client._out_packet)
            if waiting > 1_000 or rate:
                time.sleep(0.002)
        while peer._client._out_packet:
            time.sleep(0.001)
        ended.put((sent, time.perf_counter() - start))


def sending(broker: Any, rate: float) -> tuple[multiprocessing.Process, Any]:
    context = multiprocessing.get_context("fork")
    ended = context.Queue()
    process: Any = context.Process(target=publish, args=(broker, rate, ended))
    process.start()
    return process, ended


def broker_alone(broker: Any) -> float:
    """One sender, one hearer that only counts."""
    heard = itertools.count()
    with importlib.import_module("mqtt_peer").Peer(broker, "ingest") as hearer:
        hearer._client.on_message = lambda *_: next(heard)
        hearer.subscribe("spBv1.0/acme/#")
        process, ended = sending(broker, 0)
        _sent, seconds = ended.get()
        process.join()
        return next(heard) / float(seconds)


def processor(pid: int) -> float:
    """Seconds of processor time of a process and its children, those that ended included."""
    spent, tick = 0.0, os.sysconf("SC_CLK_TCK")
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        if pid in (int(folder.name), int(fields[1])):
            spent += sum(map(int, fields[11:13])) / tick
            spent += sum(map(int, fields[13:15])) / tick if int(folder.name) == pid else 0.0
    return spent


def whole_way(standing: Any, broker: Any, ingest: Any, rate: float) -> float:
    """The part of the messages that is stored a second after the last was sent."""
    standing.empty()
    ingest.start()
    ingest.online()
    count = "SELECT count(*) / 4 FROM bulkhead.measurements"
    postmaster = int((standing.data / "postmaster.pid").read_text().split()[0])
    pids = {"broker": broker._process.pid, "ingest": ingest._process.pid, "historian": postmaster}
    before = {name: processor(pid) for name, pid in pids.items()}
    process, ended = sending(broker, rate)
    sent, seconds = ended.get()
    process.join()
    time.sleep(1.0)
    stored = int(standing.sql(count)[0][0])
    time.sleep(1.1)  # its counters are as old as a second
    shown = ingest.status()
    spent = {name: processor(pid) - before[name] for name, pid in pids.items()}
    ingest.stop()
    received = int(shown["messages"]) + int(shown["overflow"]) + int(shown["queue"])
    part = float(stored / (sent - 2))
    say(
        f"  {rate:>7,.0f} asked for, {sent / seconds:>7,.0f} sent: {part:>6.1%} stored;"
        f" dropped by ingest {shown['overflow']:,}, before it {sent - received:,};"
        " processor ms per 1,000 stored: "
        + ", ".join(f"{name} {time / stored * 1e6:.0f}" for name, time in spent.items())
    )
    return part


def main() -> None:
    fixtures = {
        name: importlib.import_module(f"{name}_fixture")
        for name in ("historian", "broker", "ingest")
    }
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        standing = stack.enter_context(fixtures["historian"].historian(durable=True))
        broker = stack.enter_context(fixtures["broker"].broker(folder / "acme", standing.trust))
        ingest = fixtures["ingest"].Ingest(folder / "ingest", broker, standing)
        process = importlib.import_module("gateway_process")
        settings = process.written(folder / "gateway", broker, interval=1000, devices=1)
        say(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}; messages a second")
        alone = {
            "gateway": gateway_alone(folder, settings),
            "broker": broker_alone(broker),
            "ingest's judge": judge_alone(),
            "historian": historian_alone(replace(load(ingest.file), name="acme.bench")),
        }
        for name, rate in alone.items():
            say(f"  {rate:>7,.0f} {name} alone")
        held, rate = 0.0, 500.0
        while whole_way(standing, broker, ingest, rate) >= ENOUGH:
            held, rate = rate, rate * 2
        while held and rate - held > held / 4:
            between = (held + rate) / 2
            whole = whole_way(standing, broker, ingest, between) >= ENOUGH
            held, rate = (between, rate) if whole else (held, between)
        shared = [name for name in alone if name != "gateway"]
        slowest = min(shared, key=alone.__getitem__)
        say(
            f"the whole way: {held:,.0f} messages a second ({held * 4:,.0f} values); "
            f"{held / alone[slowest]:.2f} of the slowest shared stage alone ({slowest}); "
            f"as many as {held / alone['gateway']:.1f} gateways could send at their utmost"
        )


if __name__ == "__main__":
    main()

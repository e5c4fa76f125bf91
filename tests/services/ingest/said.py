"""What a node says, in bytes: well-formed by default, each part replaceable."""

from dataclasses import replace

from bulkhead.services.ingest.config import Limits
from bulkhead.services.ingest.judge import Judge
from bulkhead.services.ingest.rows import Batch, Message
from bulkhead.wire.sparkplug import DataType, Metric, Payload, bdseq_metric, death, encode
from bulkhead.wire.telemetry import COUNTERS
from bulkhead.wire.topics import Kind, Topic

NOW = 1_780_000_000_000
NODE = "acme.lyon.ai.gw-1"
DEVICE = "cnc-1"


def message(topic: Topic | str, payload: Payload | bytes, **more) -> Message:
    data = payload if isinstance(payload, bytes) else encode(payload)
    return Message(
        **{"topic": str(topic), "payload": data, "retained": False, "received": NOW} | more
    )


def topic(kind: Kind, *, tenant: str = "acme", node: str = NODE, device: str = DEVICE) -> Topic:
    own = device if kind.startswith("D") else None
    return Topic(tenant=tenant, kind=kind, node=node, device=own)


def value(
    signal: str = "vibration", number: object = 1.5, *, at: int = NOW - 100, **more
) -> Metric:
    kind = DataType.DOUBLE if isinstance(number, float) else DataType.INT64
    kind = DataType.STRING if isinstance(number, str) else kind
    made = Metric(name=signal, timestamp=at, datatype=kind, value=number)
    return replace(made, **more)


def counts(**numbers: int) -> tuple[Metric, ...]:
    names = {name.rpartition("/")[2].lower(): name for name in COUNTERS}
    return tuple(
        Metric(name=names[key], timestamp=NOW, datatype=DataType.UINT64, value=number)
        for key, number in numbers.items()
    )


def node_birth(bd_seq: int = 0, *, seq: int = 0, node: str = NODE, **numbers: int) -> Message:
    metrics = (bdseq_metric(bd_seq, NOW), *counts(**numbers))
    return message(topic(Kind.NBIRTH, node=node), Payload(timestamp=NOW, seq=seq, metrics=metrics))


def node_death(bd_seq: int = 0) -> Message:
    return message(topic(Kind.NDEATH), death(bd_seq, NOW))


def node_data(seq: int, **numbers: int) -> Message:
    return message(topic(Kind.NDATA), Payload(timestamp=NOW, seq=seq, metrics=counts(**numbers)))


def device_birth(seq: int = 1, *metrics: Metric, device: str = DEVICE) -> Message:
    signals = ("vibration", "temperature", "motor_current")
    null = tuple(replace(value(name), value=None) for name in signals)
    payload = Payload(timestamp=NOW, seq=seq, metrics=metrics or null)
    return message(topic(Kind.DBIRTH, device=device), payload)


def device_data(seq: int, *metrics: Metric, device: str = DEVICE) -> Message:
    payload = Payload(timestamp=NOW, seq=seq, metrics=metrics or (value(),))
    return message(topic(Kind.DDATA, device=device), payload)


def device_death(seq: int) -> Message:
    return message(topic(Kind.DDEATH), Payload(timestamp=NOW, seq=seq))


def judged(*messages: Message, judge: Judge | None = None) -> Batch:
    """The batch that messages become, in one go."""
    judge, batch = judge or Judge("acme", Limits()), Batch()
    for one in messages:
        judge.take(one, batch)
    return batch


BORN_AND = (node_birth(), device_birth(1))
"""A node's births; what it says next has seq 2."""

"""Sparkplug B payloads: read, made, and the few metrics that have a meaning of their own.

payload = decode(data)          # Malformed, and nothing else, for what is no payload of ours
data = encode(payload)
"""

from collections.abc import Iterable
from dataclasses import replace

from bulkhead.wire.codec import decode, encode
from bulkhead.wire.metrics import (
    MAX_BYTES,
    MAX_METRICS,
    MAX_NAME,
    MAX_TIME,
    DataType,
    Malformed,
    Metric,
    Payload,
    Value,
)

__all__ = [
    "BDSEQ", "MAX_BYTES", "MAX_METRICS", "MAX_NAME", "MAX_TIME", "REBIRTH", "DataType",
    "Malformed", "Metric", "Payload", "Value", "aliases", "asks_rebirth", "bdseq",
    "bdseq_metric", "death", "decode", "encode", "rebirth_request", "resolve",
]  # fmt: skip

REBIRTH = "Node Control/Rebirth"
BDSEQ = "bdSeq"


def bdseq(payload: Payload) -> int:
    """The bdSeq of an NBIRTH or NDEATH. Raises Malformed where there is none."""
    metric = payload.metric(BDSEQ)
    value = metric.value if metric else None
    if type(value) is not int or not 0 <= value <= 255:
        raise Malformed("no bdSeq", repr(value)[:100])
    return value


def bdseq_metric(number: int, timestamp: int) -> Metric:
    """The metric by which NBIRTH and NDEATH are paired."""
    return Metric(name=BDSEQ, timestamp=timestamp, datatype=DataType.INT64, value=number)


def death(number: int, timestamp: int) -> bytes:
    """The NDEATH of a bdSeq: the will of a CONNECT, or said before a DISCONNECT."""
    return encode(Payload(timestamp=timestamp, metrics=(bdseq_metric(number, timestamp),)))


def rebirth_request(timestamp: int) -> bytes:
    """The NCMD that asks a node to be born again; the one command that gateways obey."""
    metric = Metric(name=REBIRTH, timestamp=timestamp, datatype=DataType.BOOLEAN, value=True)
    return encode(Payload(timestamp=timestamp, metrics=(metric,)))


def asks_rebirth(payload: Payload) -> bool:
    """Whether an NCMD is a rebirth request and nothing else."""
    return bool(payload.metrics) and all(
        metric.name == REBIRTH and metric.value is True for metric in payload.metrics
    )


def resolve(payload: Payload, aliases: dict[int, str]) -> Payload:
    """The payload with names in place of aliases that a birth gave. Raises Malformed: unknown."""
    return replace(payload, metrics=tuple(_named(metric, aliases) for metric in payload.metrics))


def aliases(metrics: Iterable[Metric]) -> dict[int, str]:
    """The aliases that a birth's metrics give."""
    return {m.alias: m.name for m in metrics if m.alias is not None and m.name is not None}


def _named(metric: Metric, names: dict[int, str]) -> Metric:
    if metric.name is not None:
        return metric
    if metric.alias not in names:
        raise Malformed("unknown alias", str(metric.alias))
    return replace(metric, name=names[metric.alias])

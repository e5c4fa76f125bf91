"""Payloads to bytes and back, for bytes that anybody may have made; reached through `sparkplug`."""

from typing import Any

from google.protobuf.message import DecodeError

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
from bulkhead.wire.schema import PayloadMessage

_BITS = {
    DataType.INT8: 8,
    DataType.INT16: 16,
    DataType.INT32: 32,
    DataType.INT64: 64,
    DataType.UINT8: 8,
    DataType.UINT16: 16,
    DataType.UINT32: 32,
    DataType.UINT64: 64,
    DataType.DATETIME: 64,
}
_SIGNED = (DataType.INT8, DataType.INT16, DataType.INT32, DataType.INT64)
_FIELD = {kind: "long_value" if bits == 64 else "int_value" for kind, bits in _BITS.items()} | {
    DataType.FLOAT: "float_value",
    DataType.DOUBLE: "double_value",
    DataType.BOOLEAN: "boolean_value",
    DataType.STRING: "string_value",
    DataType.TEXT: "string_value",
    DataType.BYTES: "bytes_value",
}


def decode(data: bytes) -> Payload:
    """The payload that bytes are. Raises Malformed; never anything else, whatever the bytes."""
    if len(data) > MAX_BYTES:
        raise Malformed("too large", f"{len(data)} bytes")
    try:
        message = PayloadMessage.FromString(data)
    except DecodeError as error:
        raise Malformed("not protobuf", str(error)[:100]) from None
    if len(message.metrics) > MAX_METRICS:
        raise Malformed("too many metrics", str(len(message.metrics)))
    seq = message.seq if message.HasField("seq") else None
    if seq is not None and seq > 255:
        raise Malformed("seq out of range", str(seq))
    metrics = tuple(_metric(metric) for metric in message.metrics)
    return Payload(timestamp=_time(message), seq=seq, metrics=metrics)


def encode(payload: Payload) -> bytes:
    """The bytes of a payload. Raises Malformed for what `decode` would refuse."""
    message = PayloadMessage()
    if payload.timestamp is not None:
        message.timestamp = payload.timestamp
    if payload.seq is not None:
        if not 0 <= payload.seq <= 255:
            raise Malformed("seq out of range", str(payload.seq))
        message.seq = payload.seq
    if len(payload.metrics) > MAX_METRICS:
        raise Malformed("too many metrics", str(len(payload.metrics)))
    for metric in payload.metrics:
        _fill(message.metrics.add(), metric)
    data: bytes = message.SerializeToString()
    if len(data) > MAX_BYTES:
        raise Malformed("too large", f"{len(data)} bytes")
    return data


def _time(message: Any) -> int | None:
    if not message.HasField("timestamp"):
        return None
    if message.timestamp > MAX_TIME:
        raise Malformed("time out of range", str(message.timestamp))
    return int(message.timestamp)


def _metric(message: Any) -> Metric:
    name = message.name if message.HasField("name") else None
    alias = message.alias if message.HasField("alias") else None
    if name is None and alias is None:
        raise Malformed("metric without a name")
    if name is not None and not 0 < len(name) <= MAX_NAME:
        raise Malformed("bad metric name", repr(name[:100]))
    datatype = _datatype(message)
    return Metric(
        name=name,
        alias=alias,
        timestamp=_time(message),
        datatype=datatype,
        value=None if message.is_null else _value(message, datatype),
        is_historical=message.is_historical,
    )


def _datatype(message: Any) -> DataType | None:
    if not message.HasField("datatype"):
        return None
    try:
        return DataType(message.datatype)
    except ValueError:
        raise Malformed("data type not taken", str(message.datatype)) from None


def _value(message: Any, datatype: DataType | None) -> Value:
    field = message.WhichOneof("value")
    if field is None:
        raise Malformed("metric without a value", repr(message.name[:100]))
    value: Value = getattr(message, field)
    if datatype is None:
        return value
    if field != _FIELD[datatype]:
        raise Malformed("value of another type", f"{datatype.name} in {field}")
    return _integer(int(value), datatype) if datatype in _BITS else value  # type: ignore[arg-type]


def _integer(raw: int, datatype: DataType) -> int:
    """Signed types lie in unsigned fields as two's complement, as wide as the field or the type."""
    bits = _BITS[datatype]
    if datatype in _SIGNED:
        for width in (max(bits, 32), bits):
            if 1 << width > raw >= 1 << (width - 1):
                raw -= 1 << width
    low, high = (-(1 << bits - 1), 1 << bits - 1) if datatype in _SIGNED else (0, 1 << bits)
    if not low <= raw < high:
        raise Malformed("number out of range", f"{raw} as {datatype.name}")
    return raw


def _fill(message: Any, metric: Metric) -> None:
    if metric.name is not None:
        message.name = metric.name
    if metric.alias is not None:
        message.alias = metric.alias
    if metric.timestamp is not None:
        message.timestamp = metric.timestamp
    if metric.datatype is None:
        raise Malformed("data type not taken", "none")
    message.datatype = int(metric.datatype)
    if metric.is_historical:
        message.is_historical = True
    if metric.value is None:
        message.is_null = True
        return
    value: Any = metric.value
    if metric.datatype in _BITS:
        value &= (1 << max(_BITS[metric.datatype], 32)) - 1
    setattr(message, _FIELD[metric.datatype], value)

"""The protobuf messages of Sparkplug B payloads, built in code from the specification's numbers.

Source: Sparkplug 3.0.0, section 6.4 (Payload and Metric). Data sets, templates, metadata and
properties are not declared: no gateway of ours sends them, and a parser that does not know nested
messages cannot be made to recurse. Protobuf keeps them as unknown fields, which are ignored.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_TYPES = descriptor_pb2.FieldDescriptorProto
_METRIC = (
    ("name", 1, _TYPES.TYPE_STRING),
    ("alias", 2, _TYPES.TYPE_UINT64),
    ("timestamp", 3, _TYPES.TYPE_UINT64),
    ("datatype", 4, _TYPES.TYPE_UINT32),
    ("is_historical", 5, _TYPES.TYPE_BOOL),
    ("is_transient", 6, _TYPES.TYPE_BOOL),
    ("is_null", 7, _TYPES.TYPE_BOOL),
)
VALUES = (
    ("int_value", 10, _TYPES.TYPE_UINT32),
    ("long_value", 11, _TYPES.TYPE_UINT64),
    ("float_value", 12, _TYPES.TYPE_FLOAT),
    ("double_value", 13, _TYPES.TYPE_DOUBLE),
    ("boolean_value", 14, _TYPES.TYPE_BOOL),
    ("string_value", 15, _TYPES.TYPE_STRING),
    ("bytes_value", 16, _TYPES.TYPE_BYTES),
)
_PAYLOAD = (
    ("timestamp", 1, _TYPES.TYPE_UINT64),
    ("seq", 3, _TYPES.TYPE_UINT64),
    ("uuid", 4, _TYPES.TYPE_STRING),
    ("body", 5, _TYPES.TYPE_BYTES),
)


def _field(message: Any, name: str, number: int, kind: int, label: int) -> Any:
    return message.field.add(name=name, number=number, type=kind, label=label)


def _file() -> Any:
    file = descriptor_pb2.FileDescriptorProto(
        name="bulkhead/sparkplug_b.proto", package="bulkhead.sparkplug", syntax="proto2"
    )
    payload = file.message_type.add(name="Payload")
    metric = payload.nested_type.add(name="Metric")
    metric.oneof_decl.add(name="value")
    for name, number, kind in _METRIC:
        _field(metric, name, number, kind, _TYPES.LABEL_OPTIONAL)
    for name, number, kind in VALUES:
        _field(metric, name, number, kind, _TYPES.LABEL_OPTIONAL).oneof_index = 0
    for name, number, kind in _PAYLOAD:
        _field(payload, name, number, kind, _TYPES.LABEL_OPTIONAL)
    metrics = _field(payload, "metrics", 2, _TYPES.TYPE_MESSAGE, _TYPES.LABEL_REPEATED)
    metrics.type_name = ".bulkhead.sparkplug.Payload.Metric"
    return file


def _message() -> Any:
    pool = descriptor_pool.DescriptorPool()  # its own, so that nobody else's names meet ours
    pool.Add(_file())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("bulkhead.sparkplug.Payload"))


PayloadMessage: Any = _message()
"""The message class of a payload; its `metrics` are messages too."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.wire.schema import PayloadMessage
from bulkhead.wire.sparkplug import (
    MAX_BYTES,
    MAX_METRICS,
    MAX_TIME,
    REBIRTH,
    DataType,
    Malformed,
    Metric,
    Payload,
    aliases,
    asks_rebirth,
    bdseq,
    bdseq_metric,
    death,
    decode,
    encode,
    rebirth_request,
    resolve,
)

INTEGERS = {
    DataType.INT8: (-128, 127),
    DataType.INT16: (-(2**15), 2**15 - 1),
    DataType.INT32: (-(2**31), 2**31 - 1),
    DataType.INT64: (-(2**63), 2**63 - 1),
    DataType.UINT8: (0, 255),
    DataType.UINT16: (0, 2**16 - 1),
    DataType.UINT32: (0, 2**32 - 1),
    DataType.UINT64: (0, 2**64 - 1),
    DataType.DATETIME: (0, 2**64 - 1),
}
OTHERS = {
    DataType.FLOAT: st.floats(width=32, allow_nan=False),
    DataType.DOUBLE: st.floats(allow_nan=False),
    DataType.BOOLEAN: st.booleans(),
    DataType.STRING: st.text(max_size=20),
    DataType.TEXT: st.text(max_size=20),
    DataType.BYTES: st.binary(max_size=20),
}
VALUES = {kind: st.integers(*bounds) for kind, bounds in INTEGERS.items()} | OTHERS
TIMES = st.none() | st.integers(0, MAX_TIME)


@st.composite
def metrics(draw):
    kind = draw(st.sampled_from(list(DataType)))
    return Metric(
        name=draw(st.text(min_size=1, max_size=20)),
        alias=draw(st.none() | st.integers(0, 2**64 - 1)),
        timestamp=draw(TIMES),
        datatype=kind,
        value=draw(st.none() | VALUES[kind]),
        is_historical=draw(st.booleans()),
    )


PAYLOADS = st.builds(
    Payload,
    timestamp=TIMES,
    seq=st.none() | st.integers(0, 255),
    metrics=st.lists(metrics(), max_size=5).map(tuple),
)


@given(PAYLOADS)
def test_a_payload_is_read_as_it_was_made(payload):
    assert decode(encode(payload)) == payload


@given(st.binary(max_size=300))
def test_any_bytes_are_a_payload_or_malformed(data):
    with contextlib.suppress(Malformed):
        assert isinstance(decode(data), Payload)


@given(PAYLOADS, st.data())
def test_damaged_payloads_are_read_or_malformed(payload, data):
    made = bytearray(encode(payload))
    for place in data.draw(st.lists(st.integers(0, max(len(made) - 1, 0)), max_size=4)):
        if made:
            made[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Malformed):
        assert isinstance(decode(bytes(made)), Payload)


def test_the_bytes_are_those_of_the_specifications_numbers():
    """Field numbers of Sparkplug 3.0.0, 6.4.1: Payload 1 timestamp, 2 metrics, 3 seq."""
    metric = Metric(name="a", timestamp=3, datatype=DataType.DOUBLE, value=1.0, is_historical=True)
    inner = b"\x0a\x01a" + b"\x18\x03" + b"\x20\x0a" + b"\x28\x01" + b"\x69" + b"\0\0\0\0\0\0\xf0?"
    wanted = b"\x08\x02" + b"\x12" + bytes([len(inner)]) + inner + b"\x18\x07"
    assert encode(Payload(timestamp=2, seq=7, metrics=(metric,))) == wanted


def malformed(data):
    with pytest.raises(Malformed) as caught:
        decode(data)
    return caught.value.reason


def raw(**fields):
    message = PayloadMessage()
    for name, value in fields.items():
        setattr(message, name, value)
    return message


def with_metric(**fields):
    message = PayloadMessage()
    metric = message.metrics.add()
    for name, value in {"name": "a", **fields}.items():
        setattr(metric, name, value)
    return message.SerializeToString()


def test_each_thing_that_is_wrong_has_its_reason():
    many = PayloadMessage()
    for _ in range(MAX_METRICS + 1):
        many.metrics.add(name="a", is_null=True)
    nameless = PayloadMessage()
    nameless.metrics.add(is_null=True)
    cases = {
        "not protobuf": b"\xff\xff",
        "too large": b"\0" * (MAX_BYTES + 1),
        "too many metrics": many.SerializeToString(),
        "seq out of range": raw(seq=256).SerializeToString(),
        "time out of range": raw(timestamp=2**63).SerializeToString(),
        "metric without a name": nameless.SerializeToString(),
        "bad metric name": with_metric(name="x" * 129, is_null=True),
        "metric without a value": with_metric(datatype=10),
        "data type not taken": with_metric(datatype=19, int_value=1),
        "value of another type": with_metric(datatype=10, int_value=1),
        "number out of range": with_metric(datatype=5, int_value=256),
    }
    assert {reason: malformed(data) for reason, data in cases.items()} == {
        reason: reason for reason in cases
    }


def test_data_sets_and_templates_are_not_read():
    """Field 17 of a metric, nested a thousand times: unknown, so nothing recurses."""
    nested = b""
    for _ in range(1000):
        nested = b"\x8a\x01" + bytes([len(nested) & 0x7F | 0x80, len(nested) >> 7]) + nested
        nested = nested[:16000]
    metric = b"\x0a\x01a" + nested
    assert malformed(b"\x12" + bytes([len(metric) & 0x7F | 0x80, len(metric) >> 7]) + metric)


def test_signed_numbers_of_their_own_width_are_read_as_well():
    assert decode(with_metric(datatype=1, int_value=0xFB)).metrics[0].value == -5
    assert decode(with_metric(datatype=1, int_value=0xFFFFFFFB)).metrics[0].value == -5


def test_what_would_be_refused_is_not_made():
    for payload in (
        Payload(seq=256),
        Payload(metrics=(Metric(name="a", value=1),)),
        Payload(metrics=(Metric(name="a", datatype=DataType.INT8, is_historical=True),) * 1001),
        Payload(metrics=(Metric(name="a", datatype=DataType.TEXT, value="x" * MAX_BYTES),)),
    ):
        with pytest.raises(Malformed):
            encode(payload)


def test_not_a_number_arrives_as_such():
    metric = Metric(name="a", datatype=DataType.DOUBLE, value=math.nan)
    assert math.isnan(decode(encode(Payload(metrics=(metric,)))).metrics[0].value)


def test_birth_and_death_are_paired_by_bdseq():
    assert bdseq(decode(death(9, 5))) == 9
    assert decode(death(9, 5)).seq is None
    assert bdseq(Payload(metrics=(bdseq_metric(255, 1),))) == 255
    for wrong in (Payload(), Payload(metrics=(bdseq_metric(256, 1),))):
        with pytest.raises(Malformed):
            bdseq(wrong)


def test_a_rebirth_request_is_told_from_every_other_command():
    assert asks_rebirth(decode(rebirth_request(1)))
    assert decode(rebirth_request(1)).seq is None
    other = Metric(name="Node Control/Reboot", datatype=DataType.BOOLEAN, value=True)
    asked = Metric(name=REBIRTH, datatype=DataType.BOOLEAN, value=True)
    no = Metric(name=REBIRTH, datatype=DataType.BOOLEAN, value=False)
    one = Metric(name=REBIRTH, datatype=DataType.INT32, value=1)
    for not_one in ((), (other,), (asked, other), (no,), (one,)):
        assert not asks_rebirth(Payload(metrics=not_one))


def test_aliases_are_resolved_by_their_birth():
    birth = (Metric(name="vibration", alias=4, datatype=DataType.DOUBLE),)
    data = decode(encode(Payload(metrics=(Metric(alias=4, datatype=DataType.DOUBLE, value=2.0),))))
    assert resolve(data, aliases(birth)).metrics[0].name == "vibration"
    with pytest.raises(Malformed, match="unknown alias"):
        resolve(data, {})

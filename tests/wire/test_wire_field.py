"""Scans of wires: what anybody may send, and what is taken of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.wire import field
from bulkhead.wire.metrics import Malformed
from bulkhead.wire.telemetry import SIGNALS

SCAN = {"mill-1.spindle-1": {"vibration": 1.5, "temperature": -3.25}, "lathe-1.spindle-1": {}}


def test_a_scan_comes_back_as_it_was():
    assert field.decode(field.encode(SCAN)) == SCAN


def test_wires_can_be_taken_off():
    assert field.decode(field.TAKEN_OFF) is None


@pytest.mark.parametrize(
    "value", ["1.5", None, True, 1e300, -0.1, 100.1, 10**400, float("nan"), float("inf")]
)
def test_a_value_that_no_sensor_says_is_left_out_and_the_others_stay(value):
    import json

    text = json.dumps({"a": {"vibration": value, "temperature": 20, "speed": 5.0}})
    assert field.decode(text.encode()) == {"a": {"temperature": 20.0}}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_not_sent(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        field.encode({"a": {"vibration": value}})


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"7", b'{"a": 1}', b"\xff", b"[" * 60_000, b" " * 70_000]
)
def test_anything_else_is_malformed(data):
    with pytest.raises(Malformed):
        field.decode(data)


def test_outputs_come_back_as_they_were_and_nothing_else_does():
    said = field.Outputs(running=False, speed=1500)
    assert field.decode_outputs(field.encode_outputs(said)) == said
    for text in ("", "[]", '{"running": 1, "speed": 2}', '{"running": true}', '{"speed": 2}'):
        with pytest.raises(Malformed):
            field.decode_outputs(text)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_malformed(data):
    try:
        scan = field.decode(data)
    except Malformed:
        return
    assert scan is None or all(set(row) <= set(SIGNALS) for row in scan.values())

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.wire.sparkplug import DataType, Metric, Payload, decode, encode
from bulkhead.wire.telemetry import SIGNALS, NotAReading, Reading, metric, reading


@given(st.sampled_from(sorted(SIGNALS)), st.floats(0, 1), st.integers(0, 2**41), st.booleans())
def test_a_reading_survives_the_wire(signal, share, at, historical):
    bounds = SIGNALS[signal]
    value = bounds.low + share * (bounds.high - bounds.low)
    sent = Reading(device="mill-1", signal=signal, at=at, value=value, is_historical=historical)
    arrived = decode(encode(Payload(metrics=(metric(sent),)))).metrics[0]
    assert reading("mill-1", arrived) == sent


def test_the_signals_are_the_four_of_the_platform():
    assert set(SIGNALS) == {"vibration", "temperature", "motor_current", "acoustic_emission"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"name": "speed"}, "unknown signal"),
        ({"name": None}, "unknown signal"),
        ({"value": None}, "no value"),
        ({"timestamp": None}, "no time"),
        ({"value": 3, "datatype": DataType.INT32}, "not a number"),
        ({"value": True, "datatype": DataType.BOOLEAN}, "not a number"),
        ({"value": 3.0, "datatype": DataType.FLOAT}, "not a number"),
        ({"value": math.nan}, "not a number"),
        ({"value": math.inf}, "not a number"),
        ({"value": -0.1}, "out of range"),
        ({"value": 100.1}, "out of range"),
    ],
)
def test_each_thing_that_is_wrong_has_its_reason(change, reason):
    good = {"name": "vibration", "timestamp": 1, "datatype": DataType.DOUBLE, "value": 1.0}
    assert reading("mill-1", Metric(**good)).value == 1.0
    with pytest.raises(NotAReading) as caught:
        reading("mill-1", Metric(**good | change))
    assert caught.value.reason == reason

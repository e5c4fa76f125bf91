import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.wire.sparkplug import Malformed
from bulkhead.wire.state import HostState, HostWatch, decode, encode


@given(st.builds(HostState, online=st.booleans(), timestamp=st.integers(0, 2**47)))
def test_a_state_is_read_as_it_was_made(state):
    assert decode(encode(state)) == state


def test_the_message_is_the_specifications():
    assert json.loads(encode(HostState(online=True, timestamp=5))) == {
        "online": True,
        "timestamp": 5,
    }


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"ONLINE",
        b"[]",
        b"{}",
        b'{"online":1,"timestamp":5}',
        b'{"online":true}',
        b'{"online":true,"timestamp":true}',
        b'{"online":true,"timestamp":-1}',
        b'{"online":true,"timestamp":1e3}',
        b'{"online":true,"timestamp":99999999999999999999}',
        b"\xff",
        b"[" * 255,
        b'{"online":true,"timestamp":5}' + b" " * 256,
    ],
)
def test_what_is_no_state_is_malformed(data):
    with pytest.raises(Malformed):
        decode(data)


@given(st.binary(max_size=260))
def test_any_bytes_are_a_state_or_malformed(data):
    with contextlib.suppress(Malformed):
        assert isinstance(decode(data), HostState)


def test_older_news_never_undoes_newer():
    watch = HostWatch()
    assert watch.hear(HostState(online=True, timestamp=10))
    assert not watch.hear(HostState(online=False, timestamp=9))
    assert watch.online
    assert not watch.hear(HostState(online=True, timestamp=10))
    assert watch.hear(HostState(online=False, timestamp=10))
    assert not watch.online

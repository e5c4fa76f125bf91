"""The STATE message of Sparkplug 3.0: whether a host application is online, and since when."""

import json
from dataclasses import dataclass

from bulkhead.wire.metrics import MAX_TIME, Malformed

MAX_BYTES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """`timestamp`: ms since 1970 of the CONNECT that this belongs to."""

    online: bool
    timestamp: int


def encode(state: HostState) -> bytes:
    """JSON in UTF-8 with the two keys that the specification names."""
    return json.dumps({"online": state.online, "timestamp": state.timestamp}).encode()


def decode(data: bytes) -> HostState:
    """The state that bytes are. Raises Malformed; never anything else, whatever the bytes."""
    if len(data) > MAX_BYTES:
        raise Malformed("too large", f"{len(data)} bytes")
    try:
        read = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON", str(error)[:100]) from None
    if not isinstance(read, dict):
        raise Malformed("not a host's state", repr(read)[:100])
    online, timestamp = read.get("online"), read.get("timestamp")
    if type(online) is not bool or type(timestamp) is not int:
        raise Malformed("not a host's state", repr(read)[:100])
    if not 0 <= timestamp <= MAX_TIME:
        raise Malformed("time out of range", str(timestamp))
    return HostState(online=online, timestamp=timestamp)


@dataclass(slots=True)
class HostWatch:
    """Follows one host's STATE within one connection; older news never undoes newer."""

    online: bool = False
    _since: int = -1

    def hear(self, state: HostState) -> bool:
        """Take in a state; whether it changed whether the host is online."""
        if state.timestamp < self._since:
            return False
        changed = state.online is not self.online
        self.online, self._since = state.online, state.timestamp
        return changed

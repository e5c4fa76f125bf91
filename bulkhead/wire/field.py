"""The field's wires: how a plant's values come to the host that their sensors are wired to.

On gateways and controllers a Unix datagram socket stands for the terminals of the wires. One
datagram is one scan of them: JSON, `{device: {signal: value}}`, in the signals' own units. A
signal that is missing has a dead wire. A datagram `null` says that the wires were taken off.

What a controller tells its machines stands in a file that stands for its output terminals.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from bulkhead.wire.metrics import Malformed
from bulkhead.wire.telemetry import SIGNALS

SOCKETS = {"gateway": "/run/bulkhead-gateway/wires", "plc": "/run/bulkhead-plc/wires"}
"""Where each role's service has its terminals."""
OUTPUTS = "/run/bulkhead-plc/outputs"
"""Where a controller's service has its output terminals."""
STALE_S = 5.0
"""A wire that has said nothing for longer is silent: its last value is no value any more."""
MAX_BYTES = 65_536
TAKEN_OFF = b"null"
Scan = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a controller tells its machines: whether to run, and the set speed, rpm."""

    running: bool
    speed: int


class Lines(IntEnum):
    """What the wires at one host are. Silence after speech is never taken for `UNUSED`."""

    UNUSED = 0
    LIVE = 1
    SILENT = 2


def encode_outputs(outputs: Outputs) -> str:
    """The line that stands in the file."""
    return json.dumps({"running": outputs.running, "speed": outputs.speed})


def decode_outputs(text: str) -> Outputs:
    """What stands in the file. Raises Malformed."""
    try:
        read = json.loads(text)
        running, speed = read["running"], read["speed"]
    except (ValueError, KeyError, TypeError) as error:
        raise Malformed("not outputs", str(error)[:100]) from None
    if type(running) is not bool or type(speed) is not int:
        raise Malformed("not outputs", repr(read)[:100])
    return Outputs(running, speed)


def encode(scan: Scan) -> bytes:
    """The datagram of a scan. Raises ValueError for a value that is no finite number."""
    return json.dumps(scan, separators=(",", ":"), allow_nan=False).encode()


def decode(data: bytes) -> Scan | None:
    """The scan that a datagram is, unknown signals and unsound values left out; None: taken off.

    Raises Malformed; never anything else, whatever the bytes.
    """
    if len(data) > MAX_BYTES:
        raise Malformed("too large", f"{len(data)} bytes")
    try:
        read = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Malformed("not JSON", str(error)[:100]) from None
    if read is None:
        return None
    if not isinstance(read, dict) or not all(isinstance(row, dict) for row in read.values()):
        raise Malformed("not a scan", repr(read)[:100])
    return {device: _sound(row) for device, row in read.items()}


def _sound(row: dict[str, object]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in row.items()
        if name in SIGNALS
        and isinstance(value, int | float)
        and not isinstance(value, bool)
        and SIGNALS[name].low <= value <= SIGNALS[name].high  # false for NaN, infinite and huge
    }

"""What a Sparkplug B payload holds, as frozen tables, and how large it may be.

Times are milliseconds since 1970 (UTC). Source: Sparkplug 3.0.0, sections 6.4.1 to 6.4.6.
"""

from dataclasses import dataclass
from enum import IntEnum

MAX_BYTES = 65_536
"""The largest payload that is read or made."""
MAX_METRICS = 1_000
MAX_NAME = 128
MAX_TIME = 253_402_300_799_999
"""The end of the year 9999, in ms."""

Value = bool | int | float | str | bytes | None


class Malformed(ValueError):
    """Bytes that are no payload of ours. `reason`: few fixed words, to count by; `detail`: more."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class DataType(IntEnum):
    """The basic data types; others are refused."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    BYTES = 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One named value. `value` None is Sparkplug's null.

    datatype: None where a DATA message leaves it out; integers are then as they lie in the
    message, unsigned. timestamp: when the value was acquired. Numbers may be infinite or NaN.
    """

    name: str | None = None
    alias: int | None = None
    timestamp: int | None = None
    datatype: DataType | None = None
    value: Value = None
    is_historical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A message: when it was sent, its seq (0 to 255; None in NDEATH and NCMD), its metrics."""

    timestamp: int | None = None
    seq: int | None = None
    metrics: tuple[Metric, ...] = ()

    def metric(self, name: str) -> Metric | None:
        """The first metric of a name, if there is one."""
        return next((metric for metric in self.metrics if metric.name == name), None)

"""The register map of a site's legacy controller: what its Modbus registers mean. Pure.

Input registers (function 4), 16 bits each:

    0  MAP      1, the version of this map
    1  SCAN     number of the scan that stands here: 0 before the first, then 1 to 65535, 1 again
    2  LINES    what the field's wires are: 0 unused, 1 live, 2 silent (`field.Lines`)
    3  RUNNING  1 while it lets its machines run
    4  TRIP     0, or what stopped them: 1 + 4 * block + number of the signal
    5  AGE      milliseconds since the scan came, 65535 at most
    6  DEVICES  how many devices are wired to it
    16 + 8b     of the device in block b: bits of the signals that have a value in this scan;
                then the four values in the order of `SIGNALS`, each times its factor; then bits
                of the signals at or over their alarm limit, and at or over their trip limit

The same again, as it was then, for each of the last RING scans: that of scan s stands at `slot`, so
that whoever was busy or away for some seconds misses none. AGE counts on there.

Holding registers (functions 3, 6 and 16):

    0  RUN      1 run, 0 stop; falls to 0 when the controller trips
    1  SPEED    set speed of its spindles, rpm
    2  RESET    1 clears a trip once nothing is over its limit any more; is read as 0
    16 + 8b     of the device in block b: alarm and trip limit of each signal, times its factor

Negative values are in two's complement. The protocol has no authentication and no integrity.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bulkhead.wire.field import Lines
from bulkhead.wire.telemetry import SIGNALS

VERSION = 1
MAP, SCAN, LINES, RUNNING, TRIP, AGE, DEVICES = range(7)
RING = 16
"""How many scans a controller remembers."""
RUN, SPEED, RESET = range(3)
FIRST, BLOCK = 16, 8
"""Where the devices' blocks begin, and registers of one, of inputs and of holdings alike."""
BLOCKS = 200
"""Most devices of one controller."""
MOST = 125
"""Most registers of one request (Modbus Application Protocol 1.1b3, 6.4)."""
LAST_SCAN = 0xFFFF
OLDEST = 0xFFFF
"""The AGE of a scan that is as old or older."""
ORDER = tuple(SIGNALS)
FACTORS: Mapping[str, int] = MappingProxyType(
    {"vibration": 100, "temperature": 10, "motor_current": 100, "acoustic_emission": 100}
)
"""Steps of a register in one unit of the signal: what the controller resolves."""
SPEEDS = (0, 6_000)
"""Lowest and highest set speed that the controller takes, rpm."""


class NotThisMap(ValueError):
    """Registers that are not of this map; the text says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one signal, in its unit: what a new controller has, and what it takes at most.

    low, high: the hard bounds of both limits, which no write moves.
    """

    alarm: float
    trip: float
    low: float
    high: float


LIMITS: Mapping[str, Limits] = MappingProxyType(
    {
        # ISO 20816-3, group 2, flexible: zone B ends at 4.5 mm/s, zone C at 7.1 mm/s.
        "vibration": Limits(alarm=4.5, trip=7.1, low=0.5, high=11.0),
        "temperature": Limits(alarm=80.0, trip=95.0, low=40.0, high=120.0),
        "motor_current": Limits(alarm=250.0, trip=350.0, low=1.0, high=450.0),
        "acoustic_emission": Limits(alarm=90.0, trip=110.0, low=20.0, high=120.0),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device's block: values by signal, and the signals over their limits."""

    values: Mapping[str, float]
    alarms: frozenset[str] = frozenset()
    trips: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """All that the input registers say. tripped: (block, signal) of what stopped the machines.

    age: of the scan, in ms.
    """

    scan: int
    lines: Lines
    running: bool
    tripped: tuple[int, str] | None
    devices: tuple[Device, ...]
    age: int = 0


def raw(signal: str, value: float) -> int:
    """The register of a value in the signal's unit, rounded to the controller's resolution.

    Raises ValueError for what does not fit into 16 bits.
    """
    step = round(value * FACTORS[signal])
    low, high = (-0x8000, 0x7FFF) if _signed(signal) else (0, 0xFFFF)
    if not low <= step <= high:
        raise ValueError(f"{signal} {value:g} fits no register")
    return step & 0xFFFF


def value(signal: str, register: int) -> float:
    """The value that a register (0 to 65535) is, in the signal's unit."""
    step = register - 0x10000 if _signed(signal) and register & 0x8000 else register
    return step / FACTORS[signal]


def block(number: int) -> int:
    """The address at which a device's block begins."""
    return FIRST + BLOCK * number


def limit(number: int, signal: str, kind: str) -> int:
    """The holding register of the limit `alarm` or `trip` of a signal in a block."""
    return block(number) + 2 * ORDER.index(signal) + ("alarm", "trip").index(kind)


def size(devices: int) -> int:
    """How many registers a controller with that many devices has."""
    return block(devices)


def slot(scan: int, devices: int) -> int:
    """Where a remembered scan stands; a later one may be there by now."""
    return size(devices) * (1 + scan % RING)


def spans(devices: int, start: int = 0) -> Iterator[tuple[int, int]]:
    """(address, count) of the requests that read what stands at `start`, as large as they may be.

    start: 0 for the scan that stands now, or a `slot`.
    """
    for offset in range(0, size(devices), MOST):
        yield start + offset, min(MOST, size(devices) - offset)


def encode(inputs: Inputs) -> list[int]:
    """The input registers, from address 0 on."""
    found = [0] * size(len(inputs.devices))
    found[MAP], found[SCAN], found[LINES] = VERSION, inputs.scan, inputs.lines
    found[RUNNING], found[AGE] = int(inputs.running), min(inputs.age, OLDEST)
    found[DEVICES] = len(inputs.devices)
    if inputs.tripped is not None:
        number, signal = inputs.tripped
        found[TRIP] = 1 + len(ORDER) * number + ORDER.index(signal)
    for number, device in enumerate(inputs.devices):
        at = block(number)
        found[at] = _bits(device.values)
        for place, signal in enumerate(ORDER, at + 1):
            found[place] = raw(signal, device.values.get(signal, 0.0))
        found[at + 5], found[at + 6] = _bits(device.alarms), _bits(device.trips)
    return found


def head(registers: Sequence[int], devices: int) -> tuple[int, Lines]:
    """The number of the scan, and what the wires are: of the first FIRST registers at least.

    Raises NotThisMap, also where the controller has another number of devices.
    """
    if len(registers) < FIRST:
        raise NotThisMap(f"{len(registers)} registers, not {FIRST} or more")
    if registers[MAP] != VERSION:
        raise NotThisMap(f"version {registers[MAP]} of the map, not {VERSION}")
    if registers[LINES] not in list(Lines):
        raise NotThisMap(f"{registers[LINES]} is no state of wires")
    if registers[DEVICES] != devices:
        raise NotThisMap(f"{registers[DEVICES]} devices are wired to it, not {devices}")
    return registers[SCAN], Lines(registers[LINES])


def decode(registers: Sequence[int], devices: int) -> Inputs:
    """What the input registers from address 0, or a slot, on say. Raises NotThisMap."""
    scan, lines = head(registers, devices)
    if len(registers) != size(devices):
        raise NotThisMap(f"{len(registers)} registers, not {size(devices)}, for {devices} devices")
    return Inputs(
        scan=scan,
        lines=lines,
        running=bool(registers[RUNNING]),
        tripped=_tripped(registers[TRIP], devices),
        devices=tuple(_device(registers, block(number)) for number in range(devices)),
        age=registers[AGE],
    )


def following(scan: int) -> int:
    """The number of the scan after one."""
    return scan % LAST_SCAN + 1


def since(last: int, scan: int) -> list[int]:
    """The numbers after `last` up to `scan`, those that may be remembered; in order.

    After a new start of the controller the first of them may never have been.
    """
    count = min((scan - last) % LAST_SCAN, RING)
    return [(scan - back - 1) % LAST_SCAN + 1 for back in reversed(range(count))]


def _tripped(register: int, devices: int) -> tuple[int, str] | None:
    if register == 0:
        return None
    number, place = divmod(register - 1, len(ORDER))
    if number >= devices:
        raise NotThisMap(f"tripped by block {number} of {devices}")
    return number, ORDER[place]


def _device(registers: Sequence[int], at: int) -> Device:
    present = _signals(registers[at])
    return Device(
        values={
            signal: value(signal, registers[place])
            for place, signal in enumerate(ORDER, at + 1)
            if signal in present
        },
        alarms=_signals(registers[at + 5]),
        trips=_signals(registers[at + 6]),
    )


def _signed(signal: str) -> bool:
    return SIGNALS[signal].low < 0


def _bits(signals: Mapping[str, float] | frozenset[str]) -> int:
    return sum(1 << place for place, signal in enumerate(ORDER) if signal in signals)


def _signals(bits: int) -> frozenset[str]:
    return frozenset(signal for place, signal in enumerate(ORDER) if bits >> place & 1)

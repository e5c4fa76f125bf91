"""The controller's Modbus registers: which value stands where, at what scale, both ways.

Each machine behind a PLC has a block of 16 registers in both tables, in the order of the
machines' names: block k begins at 16 k. Addresses are protocol addresses (from 0); in the old
notation input register 0 is 30001 and holding register 0 is 40001. One register holds a signed
16-bit number, two's complement; 0x8000 says that there is no value, as SunSpec's models have it.

    input registers (function 4, read only)      holding registers (functions 3, 6, 16)
    0  vibration, 0.01 mm/s rms                  0  vibration alarm, 0.01 mm/s
    1  temperature, 0.1 degC                     1  vibration trip, 0.01 mm/s
    2  motor current, 0.1 A                      2  temperature alarm, 0.1 degC
    3  acoustic emission, 0.1 dB(AE)             3  temperature trip, 0.1 degC
    4  status word (`plc.Status`)                4  set speed, 10 rpm
                                                 5  run: 1, stop: 0
                                                 6  reset: 1 lets go of trips, reads 0
"""

from collections.abc import Mapping, Sequence

from simulator.plant.plc import Settings, Status

BLOCK = 16
"""Registers from one machine's block to the next one's."""
NO_VALUE = 0x8000
SCALES: Mapping[str, float] = {
    "vibration": 0.01,
    "temperature": 0.1,
    "motor_current": 0.1,
    "acoustic_emission": 0.1,
}
"""Units per step of each signal's input register, in the order of the registers."""
STATUS = 4
"""Offset of the status word in the input registers."""
INPUTS = 5
"""Input registers of a machine that are in use."""
RUN, RESET = 5, 6
"""Offsets of two holding registers that operators write."""
HOLDINGS = 7
"""Holding registers of a machine that are in use."""
_SETTINGS = (
    ("vibration_alarm", 0.01),
    ("vibration_trip", 0.01),
    ("temperature_alarm", 0.1),
    ("temperature_trip", 0.1),
    ("speed_rpm", 10.0),
)


class NotARegister(ValueError):
    """Numbers that are no registers of ours: too few, or outside of 16 bits."""


def base(machines: Sequence[str], device: str) -> int:
    """Where the block of a machine begins, given all machines behind the PLC. ValueError if it
    is none of them."""
    return BLOCK * sorted(machines).index(device)


def encode_inputs(values: Mapping[str, float], status: Status) -> list[int]:
    """A machine's input registers, INPUTS of them. values: by signal; a missing one has none."""
    return [*(_raw(values.get(name), scale) for name, scale in SCALES.items()), int(status)]


def decode_inputs(registers: Sequence[int]) -> tuple[dict[str, float], Status]:
    """Values by signal, and the status. NotARegister for fewer than INPUTS, or no 16 bits."""
    words = _words(registers, INPUTS)
    found = {
        name: _value(word, scale)
        for word, (name, scale) in zip(words, SCALES.items(), strict=False)
        if word != NO_VALUE
    }
    return found, Status(words[STATUS] & 0x3F)


def encode_settings(settings: Settings) -> list[int]:
    """A machine's holding registers, HOLDINGS of them; reset reads 0."""
    found = [_raw(getattr(settings, name), scale) for name, scale in _SETTINGS]
    return [*found, int(settings.run), 0]


def decode_settings(registers: Sequence[int]) -> tuple[Settings, bool]:
    """Settings, and whether a reset is asked. NotARegister as for inputs, or for no value."""
    words = _words(registers, HOLDINGS)
    if NO_VALUE in words[: len(_SETTINGS)]:
        raise NotARegister("a setting has no value")
    found = {
        name: _value(word, scale) for word, (name, scale) in zip(words, _SETTINGS, strict=False)
    }
    return Settings(**found, run=words[RUN] != 0), words[RESET] != 0


def _words(registers: Sequence[int], count: int) -> list[int]:
    words = list(registers[:count])
    if len(words) < count or not all(0 <= word <= 0xFFFF for word in words):
        raise NotARegister(f"{count} numbers of 16 bits are needed: {list(registers)}")
    return words


def _raw(value: float | None, scale: float) -> int:
    """Beyond what 16 bits hold, the nearest that they do."""
    if value is None:
        return NO_VALUE
    return min(max(round(value / scale), -0x7FFF), 0x7FFF) & 0xFFFF


def _value(word: int, scale: float) -> float:
    signed = word - 0x10000 if word & 0x8000 else word
    return round(signed * scale, 4)

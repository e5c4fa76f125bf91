"""A source that could not be read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unknown:
    """because: why, in words. absent: this environment has no such source at all."""

    because: str
    absent: bool = False

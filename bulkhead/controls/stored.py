"""What a store of logs was seen to be: its buckets, what they refused, and how logs get there."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bulkhead.controls.unknown import Unknown
from bulkhead.services.objectstore.probe import Bucket
from bulkhead.services.objectstore.worm import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A bucket as it was asked, and what came of every attempt on it."""

    bucket: Bucket
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStore:
    """One store. where: its host, or the service's name. seconds: that the probe took."""

    where: str
    buckets: tuple[Held, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipping:
    """How a collector's shipper stands.

    waited: seconds that its oldest batch has waited, 0 for none. age: seconds since it said so.
    faults: what stands in its way, in words. may: what its identity was tried with, by name.
    """

    waiting: int
    waited: float
    age: float
    faults: tuple[str, ...]
    damaged: int
    may: Mapping[str, str]


def log_store(where: str, said: Any) -> LogStore | Unknown:
    """The store of a probe's document; Unknown, with the reason, for another form."""
    try:
        return LogStore(
            where=where,
            buckets=tuple(_held(row) for row in said["buckets"]),
            seconds=float(said["seconds"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        return Unknown(f"the probe of the store told something else: {error!r}")


def _held(row: Mapping[str, Any]) -> Held:
    outcomes = tuple(Outcome(**each) for each in row["outcomes"])
    return Held(bucket=Bucket(**row["bucket"]), outcomes=outcomes)


def shipping(said: Any) -> Shipping:
    """A shipper's document. KeyError, TypeError or ValueError for another form."""
    state, now = said["state"], float(said["now"])
    oldest = state["oldest"]
    return Shipping(
        waiting=int(state["waiting"]),
        waited=max(0.0, now - float(oldest)) if oldest is not None else 0.0,
        age=max(0.0, now - float(state["at"])),
        faults=tuple(str(row) for row in state["faults"].values()),
        damaged=int(state["damaged"]),
        may={str(name): str(result) for name, result in said["may"].items()},
    )

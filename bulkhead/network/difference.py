"""One difference between what is intended, what is computed and what packets do."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bulkhead.network.deployed import Flow, Layer, Outcome
from bulkhead.network.ports import NOTHING, Interval, Ports
from bulkhead.plan.tables import Path

Kind = Literal[
    "opened",
    "weakened",
    "closed",
    "model-vs-packets",
    "missing host",
    "unplanned host",
    "no host filter",
    "host rule missing",
    "host rule added",
    "host filter changed",
    "not observed",
]
"""opened: possible but not intended (a one-way delivery counts, and so does an answer to what is
to be one-way). weakened: the network lets
through what is not intended, and a host's own filter alone still stops it. closed: intended, not
answered. model-vs-packets: computed and observed disagree. no host filter, host rule missing or
added, host filter changed: a host's own rules are not those planned, whatever else still stops
what they were to stop. not observed: asked for, and no packet (or no host) told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A finding about one host, one flow, or all of a pair's services that fare alike.

    services: the exact set it is about. flow: set where single packets are concerned.
    intended, computed, observed: what each says; None where it says nothing. layer: where it
    is decided. because: sentences naming the rule or route that is there, or missing.
    conduits: ids of those that declare the services of `closed`.
    """

    kind: Kind
    source: str
    target: str = ""
    path: Path | None = None
    services: Ports = NOTHING
    flow: Flow | None = None
    intended: Outcome | None = None
    computed: Outcome | None = None
    observed: Outcome | None = None
    layer: Layer | None = None
    because: tuple[str, ...] = ()
    conduits: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[str, str, str, str, str, tuple[Interval, ...], tuple[str, ...]]:
        """The canonical order: by hosts, path, kind, layer, services, reasons."""
        return (
            self.source,
            self.target,
            self.path or "",
            self.kind,
            self.layer or "",
            self.services.intervals,
            self.because,
        )

    @property
    def says(self) -> str:
        """What intent, model and packets say, e.g. `intended refused, computed answered`."""
        told = {"intended": self.intended, "computed": self.computed, "observed": self.observed}
        return ", ".join(f"{who} {what}" for who, what in told.items() if what)

    def __str__(self) -> str:
        """The difference as one plain sentence."""
        if not self.target:
            layer = f" at {self.layer}" if self.layer else ""
            return f"{self.source}: {self.kind}{layer}: {'; '.join(self.because)}"
        where = f"{self.source} -> {self.target} {self.services} ({self.path})"
        said = "; ".join((*self.because, *(f"declared by {item}" for item in self.conduits)))
        return f"{where}: {self.says}" + (f": {said}" if said else "")


def ordered(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Differences in the canonical order."""
    return tuple(sorted(found, key=lambda item: item.order))

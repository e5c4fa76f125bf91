"""One difference between what is intended, what is computed and what packets do."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bulkhead.network.deployed import Flow, Layer, Outcome
from bulkhead.network.ports import NOTHING, Interval, Ports
from bulkhead.plan.tables import Path

Kind = Literal[
    "opened", "closed", "model-vs-packets", "missing host", "unplanned host", "not observed"
]
"""opened: possible but not intended (a one-way delivery counts). closed: intended, not answered.
model-vs-packets: computed and observed disagree. not observed: asked for, and no packet told."""


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
    def order(self) -> tuple[str, str, str, str, tuple[Interval, ...]]:
        """The canonical order: by hosts, path, kind, services."""
        return (self.source, self.target, self.path or "", self.kind, self.services.intervals)

    @property
    def says(self) -> str:
        """What intent, model and packets say, e.g. `intended refused, computed answered`."""
        told = {"intended": self.intended, "computed": self.computed, "observed": self.observed}
        return ", ".join(f"{who} {what}" for who, what in told.items() if what)

    def __str__(self) -> str:
        """The difference as one plain sentence."""
        if not self.target:
            return f"{self.source}: {self.kind}: {'; '.join(self.because)}"
        where = f"{self.source} -> {self.target} {self.services} ({self.path})"
        said = "; ".join((*self.because, *(f"declared by {item}" for item in self.conduits)))
        return f"{where}: {self.says}" + (f": {said}" if said else "")


def ordered(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Differences in the canonical order."""
    return tuple(sorted(found, key=lambda item: item.order))

"""The example's resources, and the same with one thing done to them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from infra.policy import Resource

EXAMPLE = Path(__file__).parents[3] / "examples" / "estate.yaml"


def put(**new):
    """Set properties (wire names) of every resource that is picked."""
    return lambda row: replace(row, properties={**row.properties, **new})


@dataclass(frozen=True)
class Bad:
    """A bad program: the example in which one resource of a kind is changed, added or missing."""

    rule: str
    kind: str
    change: Callable[[Resource], Resource | None]
    named: str = ""

    def __str__(self) -> str:
        return f"{self.rule}-{self.kind}"

    def done_to(self, rows):
        """The program's resources; it must have found what it was to change."""
        picked = next(row for row in rows if row.short == self.kind and self.named in row.name)
        changed = self.change(picked)
        kept = [row for row in rows if row is not picked]
        return [*kept, changed] if changed else kept


@dataclass(frozen=True)
class Added:
    """A bad program: the example and one resource more."""

    rule: str
    type: str
    properties: dict
    name: str = "acme/extra"
    account: str = "platform"

    def __str__(self) -> str:
        return f"{self.rule}-{self.type.rsplit(':', 1)[-1]}"

    def done_to(self, rows):
        own = {"tags": {"bulkhead:id": self.name}, **self.properties}
        made = Resource(type=self.type, name=self.name, properties=own, account=self.account)
        return [*rows, made]

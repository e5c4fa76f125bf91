"""One column of the comparison: a tier, or a network as it stands."""

from dataclasses import asdict, dataclass
from typing import Any

from bulkhead.evidence.comparing.costs import Line
from bulkhead.evidence.comparing.figures import Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """capability: levels for FR1 to FR7; empty where nobody stated them. figures: None where the
    tier cannot place the estate (refused). money in USD a month, hours of people a month."""

    name: str
    summary: str
    capability: tuple[int, ...]
    figures: Figures | None
    money: tuple[Line, ...] = ()
    hours: tuple[Line, ...] = ()
    refused: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    quotas: tuple[str, ...] = ()

    @property
    def cost(self) -> float:
        """USD of a month, estimated."""
        return sum(line.total for line in self.money)

    @property
    def work(self) -> float:
        """People's hours of a month, estimated."""
        return sum(line.total for line in self.hours)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        said = asdict(self)
        said["money_total"], said["hours_total"] = round(self.cost, 2), round(self.work, 2)
        return said

"""How fast the program declares its resources under mocks, as tenants grow: a ratio, not a race.

    python benchmarks/program_rate.py [TENANTS ...]

The example's segmented tenant is copied until there are so many (20, 100 and 200 unless told);
specs are made of all of them, and all stacks are evaluated. Resources a second must not fall: what
grows with the square of the tenants would halve them with each doubling.
"""

import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bulkhead.blueprint import expand, load
from bulkhead.plan import Plan
from infra.program.evaluate import evaluate
from infra.specs.project import specs

EXAMPLE = Path(__file__).parents[1] / "examples" / "estate.yaml"
COPIED = "borealis"
TABLES = ("networks", "subnets", "zones", "groups", "hosts", "conduits", "peerings")


@dataclass(frozen=True, slots=True)
class Rate:
    """Of one size: seconds for specs and for the program, and how many resources there were."""

    tenants: int
    resources: int
    specs_s: float
    program_s: float

    @property
    def per_second(self) -> float:
        """Resources declared a second."""
        return self.resources / self.program_s


def grown(plan: Plan, tenants: int) -> Plan:
    """The plan with its segmented tenant that many times, addresses and all (nobody routes)."""
    names = [COPIED, *(f"t{number:03}" for number in range(1, tenants))]
    made: dict[str, Any] = {table: _copied(getattr(plan, table), names) for table in TABLES}
    (tenant,) = (row for row in plan.tenants if row.id == COPIED)
    return replace(plan, tenants=tuple(replace(tenant, id=name) for name in names), **made)


def _copied(rows: tuple[Any, ...], names: list[str]) -> tuple[Any, ...]:
    ours = [row for row in rows if COPIED in repr(row)]
    rest = [row for row in rows if COPIED not in repr(row) and "acme" not in repr(row)]
    copies = [_named(row, name) for name in names for row in ours]
    return tuple(sorted([*rest, *copies], key=lambda row: str(row.id)))


def _named(value: Any, name: str) -> Any:
    """A copy in which every text names another tenant."""
    if isinstance(value, str):
        return value.replace(COPIED, name)
    if isinstance(value, tuple):
        return tuple(_named(item, name) for item in value)
    if hasattr(value, "__dataclass_fields__"):
        fields = {each: _named(getattr(value, each), name) for each in value.__dataclass_fields__}
        return replace(value, **fields)
    return value


def measure(tenants: int) -> Rate:
    """One size."""
    plan = grown(expand(load(EXAMPLE)), tenants)
    started = time.perf_counter()
    found = specs(plan, standins=False)
    made = time.perf_counter()
    resources = len(evaluate(found))
    return Rate(tenants, resources, made - started, time.perf_counter() - made)


def main(sizes: list[int]) -> None:
    rates = [measure(size) for size in sizes]
    head = ("tenants", "resources", "specs s", "program s", "a second", "ratio")
    print("".join(f"{word:>11}" for word in head))
    for rate in rates:
        ratio = rate.per_second / rates[0].per_second
        row = (rate.tenants, rate.resources, rate.specs_s, rate.program_s, rate.per_second, ratio)
        print("".join(f"{word:11.2f}" if isinstance(word, float) else f"{word:11}" for word in row))


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]] or [20, 100, 200])

"""`compare`: every tier evaluated for one estate, or an imported network as it stands."""

from collections.abc import Callable

from bulkhead.blueprint import Blueprint, Imported, expand
from bulkhead.blueprint.alternatives import Alternative, alternatives
from bulkhead.environments import sim
from bulkhead.evidence.comparing.columns import Column
from bulkhead.evidence.comparing.costs import OTHER, Tables, hours, money
from bulkhead.evidence.comparing.figures import figures
from bulkhead.network.deployed import Deployed
from bulkhead.plan import Plan

Say = Callable[[str], None]


def compared(blueprint: Blueprint, known: Tables, say: Say) -> tuple[Column, ...]:
    """A column for each tier, all tenants on it, by the program evaluated as in `sim`."""
    found = []
    for row in alternatives(blueprint):
        say(f"tier {row.tier.name}")
        found.append(_column(row, known))
    return tuple(found)


def _column(row: Alternative, known: Tables) -> Column:
    capability = tuple(one.level for one in row.tier.capability)
    name, summary = row.tier.name, row.tier.summary
    if row.plan is None:
        return Column(
            name=name, summary=summary, capability=capability, figures=None, refused=row.refused
        )
    counted = figures(row.plan, sim.deployed(row.plan))
    return Column(
        name=name,
        summary=summary,
        capability=capability,
        figures=counted,
        money=money(row.plan, counted, name, known),
        hours=hours(row.plan, counted, name, known),
        short=row.short,
        quotas=row.quotas,
    )


def as_it_stands(
    estate: Imported, read: Callable[[Plan], Deployed], known: Tables
) -> tuple[Column, ...]:
    """An imported network's one column: tiers cannot be laid over what Bulkhead did not make."""
    plan = expand(estate)
    counted = figures(plan, read(plan))
    return (
        Column(
            name="as it stands",
            summary="imported; what its zones need and carry was not stated by any tier",
            capability=(),
            figures=counted,
            money=money(plan, counted, OTHER, known),
            hours=hours(plan, counted, OTHER, known),
        ),
    )

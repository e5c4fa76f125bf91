"""What a blueprint must hold beyond its schema: one small function per rule."""

from collections.abc import Callable, Iterator
from datetime import date

from bulkhead.blueprint.faults import Fault
from bulkhead.blueprint.model import Estate
from bulkhead.blueprint.rules import (
    addresses,
    allowlists,
    conduits,
    diodes,
    entries,
    identities,
    levels,
    names,
    people,
    reach,
)

Rule = Callable[[Estate, date], Iterator[Fault]]
"""Yields a fault for each breach. The day judges expiries alone and never enters a plan."""

RULES: tuple[Rule, ...] = (
    names.names_are_unique,
    names.names_are_free,
    names.machines_stand_behind_something,
    addresses.blocks_do_not_overlap,
    addresses.blocks_fit_the_pool,
    addresses.slots_do_not_overlap,
    addresses.hosts_fit_their_room,
    addresses.public_addresses_are_unique,
    people.references_name_somebody,
    people.nobody_serves_both_sides,
    people.escalation_is_an_order,
    people.freezes_end_after_they_begin,
    identities.identities_have_an_owner,
    allowlists.allowances_have_an_owner,
    allowlists.allowances_are_written_once,
    entries.entries_name_somebody,
    entries.entries_are_granted_by_the_tenant,
    entries.entries_end_after_they_begin,
    entries.entries_are_written_once,
    conduits.ports_fit_the_protocol,
    conduits.conduits_are_mediated,
    conduits.conduits_are_declared_once,
    conduits.paths_exist,
    conduits.endpoints_lead_to_services,
    reach.gateways_never_reach_admin,
    reach.nothing_outside_reaches_ot,
    reach.customers_enter_by_ingest,
    diodes.diodes_have_a_sender,
    diodes.ways_over_diodes_exist,
    diodes.the_diodes_name_is_free,
    levels.tiers_are_known,
    levels.tiers_carry_their_targets,
    levels.exceptions_have_not_expired,
)


def check(estate: Estate, today: date) -> list[Fault]:
    """Every breach of every rule."""
    return [fault for rule in RULES for fault in rule(estate, today)]

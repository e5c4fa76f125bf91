"""The catalogue: every control, in the order in which an auditor would walk inwards."""

from bulkhead.controls.catalogue import (
    certificates,
    clocks,
    declared_ways,
    default_groups,
    egress_allowlist,
    events,
    host_filters,
    listening,
    log_shipping,
    log_storage,
    mesh_authorisation,
    mesh_bypass,
    mutual_tls,
    name_allowlist,
    named_accounts,
    packets,
    private_keys,
    routes,
    sandboxes,
    sessions,
    ssh_entry,
    zone_boundaries,
)
from bulkhead.controls.control import Control
from bulkhead.errors import Problem, WrongInput

CONTROLS: tuple[Control, ...] = (
    zone_boundaries.CONTROL,
    declared_ways.CONTROL,
    routes.CONTROL,
    default_groups.CONTROL,
    host_filters.CONTROL,
    packets.CONTROL,
    egress_allowlist.CONTROL,
    name_allowlist.CONTROL,
    mutual_tls.CONTROL,
    certificates.CONTROL,
    mesh_authorisation.CONTROL,
    mesh_bypass.CONTROL,
    private_keys.CONTROL,
    ssh_entry.CONTROL,
    named_accounts.CONTROL,
    listening.CONTROL,
    sandboxes.CONTROL,
    clocks.CONTROL,
    events.CONTROL,
    log_storage.CONTROL,
    log_shipping.CONTROL,
    sessions.CONTROL,
)


def chosen(names: tuple[str, ...]) -> tuple[Control, ...]:
    """The controls of these ids, in the catalogue's order; all for none. WrongInput for another."""
    known = {row.id: row for row in CONTROLS}
    for name in names:
        if name not in known:
            raise WrongInput(Problem("--control", f"there is no control {name}", ", ".join(known)))
    return tuple(row for row in CONTROLS if not names or row.id in names)


def control(name: str) -> Control:
    """The control of an id; WrongInput for another."""
    return chosen((name,))[0]

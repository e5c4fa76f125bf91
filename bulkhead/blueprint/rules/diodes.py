"""Diodes: something sends, and no declaration relies on a way that they do not have."""

from collections.abc import Iterator
from datetime import date

from bulkhead.blueprint.diode import NAME, is_diode, touches_ot
from bulkhead.blueprint.faults import Fault
from bulkhead.blueprint.kinds import PLANT, kind_of
from bulkhead.blueprint.model import Estate, SiteSpec
from bulkhead.blueprint.rules.declared import Declared, declared


def diodes_have_a_sender(estate: Estate, today: date) -> Iterator[Fault]:
    """What leaves ot is sent by a controller there; nobody can come and fetch it."""
    for number, tenant in enumerate(estate.tenants):
        for index, site in enumerate(tenant.sites):
            if is_diode(site) and not site.plcs:
                yield Fault(
                    ("tenants", number, "sites", index, "conduit"),
                    f"site `{site.id}` has a diode and nothing in ot that sends",
                    "a diode where `plcs` has at least one",
                    "add the controller that sends, or say `conduit: firewall`",
                )


def ways_over_diodes_exist(estate: Estate, today: date) -> Iterator[Fault]:
    """A conduit between ot and the rest of its site holds at some site: not over a diode."""
    for one in declared(estate):
        if _within(one) and all(is_diode(site) for site in _sites(estate, one)):
            yield Fault(
                one.where,
                f"conduit `{one.spec.name}` joins ot with {_beyond(one)}, and every site that it "
                "is for has a diode, which carries its own telemetry out of ot and nothing else",
                "conduits between ot and the rest of a plant where a site has `conduit: firewall`",
                "delete the conduit, or say `conduit: firewall` for a site",
            )


def the_diodes_name_is_free(estate: Estate, today: date) -> Iterator[Fault]:
    """No conduit of a plant has the name that the plan gives a diode's own."""
    for one in declared(estate):
        inside = any(kind_of(a) in PLANT and kind_of(b) in PLANT for a, b in one.pairs())
        if one.spec.name == NAME and inside:
            yield Fault(
                (*one.where, "name"),
                f"`{NAME}` is the name of what a site with `conduit: diode` has of itself",
                "any other name",
                "rename the conduit",
            )


def _within(one: Declared) -> bool:
    pairs = list(one.pairs())
    plant = all(kind_of(a) in PLANT and kind_of(b) in PLANT for a, b in pairs)
    return plant and all(touches_ot(pair) for pair in pairs)


def _beyond(one: Declared) -> str:
    kinds = {kind_of(end) for pair in one.pairs() for end in pair} - {"ot"}
    return ", ".join(sorted(kinds))


def _sites(estate: Estate, one: Declared) -> list[SiteSpec]:
    tenants = estate.tenants if one.tenant is None else [estate.tenants[one.tenant]]
    return [site for tenant in tenants for site in tenant.sites]

"""Names that nobody listed, for each host to ask for, and where the refusals should be logged."""

from typing import Any

from bulkhead.controls.catalogue.egress_allowlist import label, proxy_of
from bulkhead.controls.catalogue.name_allowlist import neighbour, resolver_of
from bulkhead.network.intent import Intent
from bulkhead.plan import Host, Plan
from bulkhead.wire.certificates import dotted
from infra.inventory.roles import PORTS

WEB, NAMES = "web.invalid", "names.invalid"
"""Below them nobody has a name (RFC 6761)."""


def asked(
    plan: Plan, host: Host, intended: Intent, mark: str, here: dict[str, str]
) -> dict[str, Any]:
    """What a host is told to ask for. mark: a word of this run's and this host's."""
    proxy, resolver = proxy_of(plan, host, intended), resolver_of(plan, host, intended)
    other = neighbour(plan, host, intended)
    names = [f"{mark}.{NAMES}"]
    if other is not None:
        backwards = ".".join(reversed(here.get(other.id, other.address).split(".")))
        names += [dotted(other.id), f"{backwards}.in-addr.arpa"]
    return {
        "proxy": here.get(proxy.id, "") if proxy else "",
        "port": PORTS["proxy"],
        "web": f"{mark}.{WEB}",
        "resolver": here.get(resolver.id, "") if resolver else "",
        "names": names,
    }


def words(plan: Plan, host: Host, intended: Intent, mark: str) -> dict[str, tuple[str, str]]:
    """(file, word) of the log store by label: what the host's proxy should have logged."""
    found = {}
    if proxy := proxy_of(plan, host, intended):
        found[label(host.id, "web")] = (dotted(proxy.id), f"{mark}.{WEB}")
    if resolver := resolver_of(plan, host, intended):
        found[label(host.id, "names")] = (dotted(resolver.id), f"{mark}.{NAMES}")
    return found

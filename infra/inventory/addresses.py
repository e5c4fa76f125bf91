"""Where each host of a plan is: the deployed addresses, and the plan's fixed ones elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass

from bulkhead.network.deployed import Deployed
from bulkhead.plan import INTERNET, Host, Plan, ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A host's addresses. subnet: the CIDR it lies in. here: whether it is deployed and runs."""

    address: str
    public: str | None
    subnet: str
    here: bool


Book = Mapping[str, Place]
"""A place for each host id of the plan, and for INTERNET."""


def book(plan: Plan, deployed: Deployed) -> Book:
    """Every host of the plan. One that is not deployed (a customer's plant) is where it says."""
    subnets = {row.id: row.cidr for row in deployed.subnets}
    planned = {row.id: row.cidr for row in plan.subnets}
    found = {host.id: _planned(host, planned[host.subnet]) for host in ends(plan)}
    for row in deployed.interfaces:
        if row.host in found:
            found[row.host] = Place(
                address=row.address,
                public=row.public,
                subnet=subnets[row.subnet],
                here=row.running,
            )
    everywhere = Place(address="", public="0.0.0.0/0", subnet="0.0.0.0/0", here=False)
    return found | {INTERNET: everywhere}


def _planned(host: Host, subnet: str) -> Place:
    fixed = None if host.public == "allocate" else host.public
    return Place(address=host.address, public=fixed, subnet=subnet, here=False)

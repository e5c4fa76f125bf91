"""Tells the lab's region where to deliver its flow logs and its journal of calls."""

from bulkhead.plan import SHARED, logs
from bulkhead.trust.local import local
from bulkhead.wire.certificates import dotted
from infra.inventory.roles import DELIVERY, OBJECTS, authority
from infra.inventory.site import Site


def deliver(site: Site) -> bool:
    """Appoint the provider's store of logs; whether there is one that runs."""
    from infra.lab.delivery import Target, appoint

    stores = [row for row in site.plan.hosts if row.role == "logstore" and row.tenant == SHARED]
    running = {row.host: row.instance for row in site.deployed.interfaces if row.running}
    here = [row for row in stores if row.id in running]
    if not here or site.namespace is None:
        return False
    plan = site.plan
    target = Target(
        namespace=site.namespace(str(running[here[0].id])),
        port=OBJECTS,
        name=dotted(here[0].id),
        flows={row: logs.prefix(plan, row, "flows") for row in logs.retention(plan)},
        api=logs.prefix(plan, SHARED, "api"),
    )
    appoint(site.state, target, local(site.trust).x509(authority(here[0])), DELIVERY)
    return True

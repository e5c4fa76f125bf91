"""The lab's network on real packets: a `Deployed` becomes namespaces, links, routes and rules."""

from infra.lab.fabric.drivers import BareNamespaces, HostDriver
from infra.lab.fabric.errors import FabricError
from infra.lab.fabric.fabric import Fabric
from infra.lab.fabric.leftovers import remove
from infra.lab.fabric.names import ACCEPTED, FLOW_GROUP, LOG_GROUP, namespace

__all__ = [
    "ACCEPTED",
    "FLOW_GROUP",
    "LOG_GROUP",
    "BareNamespaces",
    "Fabric",
    "FabricError",
    "HostDriver",
    "namespace",
    "remove",
]

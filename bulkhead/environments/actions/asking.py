"""What an action asks of the network, whatever it asks beyond that."""

from typing import get_args

from bulkhead.drill.actions import Action, Publish, Query, Reach
from bulkhead.network.deployed import Flow, Layer
from infra.inventory.roles import PORTS

LAYERS: dict[str, Layer] = {layer: layer for layer in get_args(Layer)}
"""The layers of the network and of hosts' own filters, by name."""
SERVICE_LAYERS: dict[str, type[Action]] = {"broker-acl": Publish, "row-security": Query}
"""The layers of services that can be lifted alone, and the attempts that meet them."""


def flow_of(action: Action) -> Flow | None:
    """The flow that carries an attempt; None for an action that is no attempt on another host."""
    match action:
        case Reach(source, target, path, protocol, port):
            return Flow(source, target, path, protocol, port)
        case Publish(source, broker, path, _):
            return Flow(source, broker, path, "tcp", PORTS["broker"])
        case Query(source, historian, _):
            return Flow(source, historian, "private", "tcp", PORTS["historian"])
    return None

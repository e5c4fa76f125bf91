"""The program: specs in, resources declared. The same for every environment."""

from typing import Any

import pulumi
from pulumi_aws import ssm

from bulkhead.plan import SHARED
from infra.components.conduit import Conduit, group
from infra.components.context import Context, tags
from infra.components.endpoint import Endpoint
from infra.components.host import Host, address
from infra.components.key import Key
from infra.components.logs import LogStore, flows
from infra.components.network import Network
from infra.components.peering import Peering
from infra.components.role import Role
from infra.components.transit import Attachment, Transit
from infra.program.names import EXPORTS, INVENTORY, PROJECT
from infra.program.providers import providers
from infra.program.target import Target
from infra.specs.logs import LOGS
from infra.specs.tables import StackSpec


def build(spec: StackSpec, target: Target) -> None:
    """Declare every resource of one stack; runs inside a Pulumi program."""
    context = Context(
        providers=providers(spec, target),
        accounts=target.accounts,
        image=target.image,
        shared=None if spec.stack in (SHARED, LOGS) else _shared(),
        ssh_key=target.ssh_key,
    )
    for key in spec.keys:
        Key(key, spec, context)
    if spec.logs:
        LogStore(spec.logs, spec, context)
    for role in spec.roles:
        Role(role, spec, context)
    for network in spec.networks:
        Network(network, context)
    for flow_log in spec.flow_logs:
        flows(flow_log, spec, context)
    for row in spec.groups:
        group(row, context)
    for host in spec.hosts:
        if host.public:
            address(host, context)
    for peering in spec.peerings:
        Peering(peering, context)
    _private(spec, context)
    for conduit in spec.conduits:
        Conduit(conduit, context)
    for host in spec.hosts:
        Host(host, context)
    _say(spec, context)


def _private(spec: StackSpec, context: Context) -> None:
    """The transit gateway before what is attached to it, and the endpoints."""
    for transit in spec.transits:
        Transit(transit, context)
    for attachment in spec.attachments:
        Attachment(attachment, context)
    for endpoint in spec.endpoints:
        Endpoint(endpoint, context)


def _shared() -> pulumi.Output[Any]:
    reference = pulumi.StackReference(f"organization/{PROJECT}/{SHARED}")
    return pulumi.Output.all(**{kind: reference.get_output(kind) for kind in EXPORTS})


def _say(spec: StackSpec, context: Context) -> None:
    """The plan's digest, once as a parameter and once as an output; and the ids others need."""
    ssm.Parameter(
        "digest",
        name=f"/bulkhead/{spec.estate}/{spec.stack}/digest",
        type="String",
        value=spec.digest,
        tags=tags(f"{spec.stack}/digest"),
        opts=pulumi.ResourceOptions(provider=context.providers["platform"]),
    )
    pulumi.export("digest", spec.digest)
    if spec.stack == SHARED:
        for kind in EXPORTS:
            pulumi.export(kind, context.made.get(kind, {}))
    for kind in INVENTORY:
        pulumi.export(kind, context.made.get(kind, {}))

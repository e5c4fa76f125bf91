"""The program evaluated with the SDK's mocks: what it declares, with no engine and no account.

Each registered resource is kept as it was declared; ids are made from type and name. The
deployment that follows from them is in `infra.program.declared`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
from pulumi.runtime import mocks, settings
from pulumi.runtime.stack import run_pulumi_func

from bulkhead.plan import SHARED
from infra.accounts import account_id
from infra.program.build import build
from infra.program.names import EXPORTS, PROJECT
from infra.program.target import Target
from infra.specs.images import BARE
from infra.specs.tables import StackSpec

EXPORTED = {
    "networks": "aws:ec2/vpc:Vpc",
    "subnets": "aws:ec2/subnet:Subnet",
    "route_tables": "aws:ec2/routeTable:RouteTable",
    "groups": "aws:ec2/securityGroup:SecurityGroup",
    "transits": "aws:ec2transitgateway/transitGateway:TransitGateway",
    "transit_tables": "aws:ec2transitgateway/routeTable:RouteTable",
}


@dataclass(frozen=True, slots=True)
class Declared:
    """One resource: `state` is its inputs and what AWS adds, in the wire's camelCase."""

    type: str
    name: str
    id: str
    account: str
    state: Mapping[str, Any]


@dataclass
class Recorder(mocks.Mocks):
    """Answers for the engine: every resource exists at once, with the outputs AWS would add."""

    exported: Mapping[str, Mapping[str, str]]
    addresses: Mapping[str, str]
    declared: list[Declared] = field(default_factory=list)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], None]:
        """No function is called by the program; one that is would answer nothing."""
        raise ValueError(f"the program calls {args.token}, which has no answer without a cloud")

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Record the resource; its state is its inputs and what AWS would fill in."""
        if args.typ == "pulumi:pulumi:StackReference":
            return args.resource_id, {"outputs": dict(self.exported), "secretOutputNames": []}
        short = args.typ.rsplit(":", 1)[-1]
        made = f"{short}:{args.name}"
        state = {**args.inputs, **self._outputs(short, args.name, made, args.inputs)}
        if args.typ.startswith("aws:"):
            account = (args.provider or "::").split("::")[-2]
            self.declared.append(Declared(args.typ, args.name, made, account, state))
        return made, state

    def _outputs(
        self, short: str, name: str, made: str, inputs: Mapping[str, Any]
    ) -> dict[str, Any]:
        if short == "Vpc":
            return {
                "defaultNetworkAclId": f"acl:{made}",
                "defaultRouteTableId": f"rtb:{made}",
                "defaultSecurityGroupId": f"sg:{made}",
            }
        if short == "Key":
            return {"arn": f"arn:aws:kms:key:{made}", "keyId": made}
        if short == "Eip":
            return {"publicIp": inputs.get("address") or self.addresses[name]}
        return {}


def evaluate(specs: Mapping[str, StackSpec]) -> list[Declared]:
    """Every resource of every stack, `shared` before those that refer to it."""
    aliases = {alias for spec in specs.values() for alias in spec.accounts}
    accounts = {alias: account_id(alias) for alias in sorted(aliases)}
    target = Target(accounts=accounts, image=BARE, standins=True)
    exported: dict[str, dict[str, str]] = {kind: {} for kind in EXPORTS}
    declared: list[Declared] = []
    addresses = _addresses(specs)
    for stack, spec in specs.items():
        recorder = Recorder(exported, addresses)
        _run(spec, target, recorder)
        declared += recorder.declared
        if stack == SHARED:
            exported = {
                kind: {row.name: row.id for row in recorder.declared if row.type == token}
                for kind, token in EXPORTED.items()
            }
    return declared


def _addresses(specs: Mapping[str, StackSpec]) -> dict[str, str]:
    """A public address for each host that is to get one, whatever the order of registration."""
    hosts = sorted(
        host.id for spec in specs.values() for host in spec.hosts if host.public == "allocate"
    )
    return {host: f"203.0.113.{number}" for number, host in enumerate(hosts, start=1)}


def _run(spec: StackSpec, target: Target, recorder: Recorder) -> None:
    """One stack in an event loop of its own, as the SDK's test decorator does it."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    mocks.set_mocks(recorder, project=PROJECT, stack=spec.stack, preview=False)
    settings.SETTINGS.rpc_manager.clear()
    settings.SETTINGS.outputs.clear()
    try:
        loop.run_until_complete(run_pulumi_func(lambda: build(spec, target)))
    finally:
        pulumi.runtime.settings.reset_options()
        loop.close()
        asyncio.set_event_loop(None)

"""What every component needs beside its spec: providers, tags, and ids made elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

ID_TAG = "bulkhead:id"


@dataclass(frozen=True, slots=True)
class Context:
    """The stack under construction.

    providers: one per account alias. shared: ids that the shared stack exports, as
    `{"networks": {plan id: cloud id}, …}`. made: the ids that this stack has made so far.
    ssh_key: the operator's public key, or None for hosts without a first boot of ours.
    gateways, peerings: what AWS wants to stand before an address or a rule refers to it.
    """

    providers: dict[str, aws.Provider]
    accounts: dict[str, str]
    image: str
    shared: pulumi.Output[dict[str, dict[str, str]]] | None
    ssh_key: str | None = None
    made: dict[str, dict[str, pulumi.Output[str]]] = field(default_factory=dict)
    gateways: list[pulumi.Resource] = field(default_factory=list)
    peerings: list[pulumi.Resource] = field(default_factory=list)

    def note(self, kind: str, name: str, value: pulumi.Output[str]) -> None:
        """Remember the cloud's id for a plan id; `kind` is e.g. `networks`."""
        self.made.setdefault(kind, {})[name] = value

    def find(self, kind: str, name: str) -> pulumi.Output[str]:
        """The cloud's id for a plan id, made here or exported by the shared stack."""
        if name in self.made.get(kind, {}):
            return self.made[kind][name]
        if self.shared is None:
            raise KeyError(f"{kind} {name} is neither in this stack nor in the shared one")
        return self.shared.apply(lambda exported: exported[kind][name])

    def profile(self, host: str) -> pulumi.Output[str] | None:
        """The instance profile of a host, where it has one."""
        return self.made.get("profiles", {}).get(host)

    def options(
        self, parent: pulumi.Resource, account: str, after: Sequence[pulumi.Resource] = ()
    ) -> pulumi.ResourceOptions:
        """Options of a child in `account`, made once all of `after` stand."""
        return pulumi.ResourceOptions(
            parent=parent, provider=self.providers[account], depends_on=list(after)
        )


def tags(name: str) -> dict[str, str]:
    """The tags of the resource that stands for the plan's `name`."""
    return {ID_TAG: name, "Name": name}

"""A lab that stands: what its API says, how its hosts are entered, what its packets do."""

import subprocess
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulkhead.environments.filters import Ask, read_filters, within
from bulkhead.environments.unknown import unknown_host
from bulkhead.network.deployed import INTERNET_ADDRESS, Deployed, Flow, Interface
from bulkhead.network.filters import Filters
from bulkhead.network.read import read
from bulkhead.plan import INTERNET, Plan
from infra.accounts import ACCOUNTS, account_id
from infra.lab.api.accounts import role_arn, root
from infra.lab.fabric.names import namespace
from infra.lab.region import control, launch, state
from infra.specs.images import BARE

if TYPE_CHECKING:
    from infra.lab.probe import Observation, Vantage
    from infra.lab.region.state import RegionInfo
    from infra.program.target import Target


class Standing:
    """The region of `info`, seen from the command's process."""

    def __init__(self, info: "RegionInfo") -> None:
        self.info = info

    def deployed(self) -> Deployed:
        """What the API says is deployed, over all accounts of the lab."""
        return read(launch.apis(self.info))

    def target(
        self, plan: Plan | None = None, image: str = BARE, ssh_key: str | None = None
    ) -> "Target":
        """Where the program is aimed: this region, its accounts by their roles.

        plan: whose tenants' own accounts are among them. image, ssh_key: of what hosts are made,
        and the key with which machines may be entered.
        """
        from infra.program.target import Target

        keys = root(state.secret(Path(self.info.state)))
        aliases = {*ACCOUNTS, *(row.account for row in (plan.networks if plan else ()))}
        accounts = {alias: account_id(alias) for alias in sorted(aliases)}
        return Target(
            accounts=accounts,
            roles={alias: role_arn(one) for alias, one in accounts.items() if alias != "platform"},
            image=image,
            standins=True,
            ssh_key=ssh_key,
            endpoint=self.info.endpoint,
            access_key=keys.access_key,
            secret_key=keys.secret_key,
        )

    def status(self) -> dict[str, Any]:
        """The keys of `bulkhead status --json`."""
        keys = root(state.secret(Path(self.info.state)))
        said = control.ask(Path(self.info.state), do="status")
        return {
            "aws_endpoint": self.info.endpoint,
            "access_key": keys.access_key,
            "secret_key": keys.secret_key,
            "region": self.info.region,
            "lab": self.info.lab,
            "state": self.info.state,
            "degraded": said["degraded"],
            "hosts": [self._row(item) for item in self.deployed().interfaces],
        }

    def cut(self, host: str, other: str | None = None, port: int | None = None) -> int:
        """End a host's tracked flows, all or those with another host or port; how many.

        A flow by public addresses is tracked twice, at each end's translation: there the other
        end's private address does not occur, so that every pair of addresses is asked for.
        """
        there = self.vantages()
        ends = [self._there(name, there) for name in (host, *([other] if other else []))]
        rest = {"port": port} if port else {}
        pairs = product(*(dict.fromkeys(filter(None, (e.address, e.public))) for e in ends))
        return sum(
            self._ended(do="cut", **dict(zip(("address", "other"), pair, strict=False)), **rest)
            for pair in pairs
        )

    def _ended(self, **asked: Any) -> int:
        return int(control.ask(Path(self.info.state), **asked)["cut"])

    def observe(
        self, flows: Sequence[Flow], progress: Callable[[int, int], None] | None
    ) -> dict[Flow, "Observation"]:
        """Send each flow's packets; what was observed."""
        from infra.lab.probe import observe

        fabric = namespace(self.info.lab, "fabric")
        return observe(flows, self.vantages(), fabric, progress=progress)

    def machines(self) -> frozenset[str]:
        """The running hosts that are machines; the others are bare namespaces and run nothing."""
        bare = self._of_image(BARE)
        rows = self.deployed().interfaces
        return frozenset(row.host for row in rows if row.running and row.instance not in bare)

    def filters(self, ask: Ask, deployed: Deployed) -> Filters:
        """The running hosts' own packet filters. ask: runs a command on a machine, as root.

        Bare hosts, which nobody can enter over SSH, are asked in their networks.
        """
        bare = self._of_image(BARE)
        running = {row.host: row for row in deployed.interfaces if row.running}

        def asked(host: str, command: Sequence[str]) -> str:
            row = running[host]
            if row.instance in bare:
                return within(self._namespace(row), command)
            return ask(host, command)

        return read_filters(running, asked)

    def _of_image(self, image: str) -> frozenset[str]:
        """The instances made of an image."""
        wanted = [{"Name": "image-id", "Values": [image]}]
        return frozenset(
            instance["InstanceId"]
            for api in launch.apis(self.info)
            for reservation in api.describe("describe_instances", Filters=wanted)
            for instance in reservation["Instances"]
        )

    def vantages(self) -> Mapping[str, "Vantage"]:
        """Every running host, and the internet, by name."""
        from infra.lab.probe import Vantage

        rows = [
            Vantage(
                host=row.host,
                namespace=self._namespace(row),
                address=row.address,
                public=row.public,
            )
            for row in self.deployed().ends
            if row.running
        ]
        outside = Vantage(
            host=INTERNET,
            namespace=namespace(self.info.lab, INTERNET),
            address=INTERNET_ADDRESS,
            public=INTERNET_ADDRESS,
        )
        return {row.host: row for row in [*rows, outside]}

    def execute(self, host: str, command: Sequence[str]) -> int:
        """Run a command in the host's network, with this terminal; its exit code."""
        inside = ["ip", "netns", "exec", self._there(host).namespace, *command]
        return subprocess.call(inside)

    def _there(self, host: str, known: "Mapping[str, Vantage] | None" = None) -> "Vantage":
        """The running host of that name; WrongInput with the nearest names if there is none."""
        there = known or self.vantages()
        if host in there:
            return there[host]
        raise unknown_host(host, "no such host runs in this lab", there, there)

    def _namespace(self, row: Interface) -> str:
        return namespace(self.info.lab, row.instance)

    def _row(self, row: Interface) -> dict[str, Any]:
        return {
            "host": row.host,
            "address": row.address,
            "public": row.public,
            "running": row.running,
            "namespace": self._namespace(row),
        }

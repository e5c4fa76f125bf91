"""Where a plan stands: what is deployed there, and how its hosts are entered.

`lab` and `aws` make the same thing, so that the inventory, `exec`, `ssh` and `logs` have no
cases. In the lab a host's own door is its network namespace on this machine. In an account it is
whatever the user says in BULKHEAD_ENTRANCE, an ssh ProxyCommand; `{instance}` in it stands for the
instance's id, %h and %p for address and port. It must arrive at the host's loopback, as
`aws ssm start-session --target {instance} --document-name AWS-StartSSHSession --parameters
portNumber=%p` does: no conduit lets anybody in from elsewhere.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from bulkhead.errors import BulkheadError, MissingHere, Problem
from bulkhead.network.deployed import Deployed
from bulkhead.plan import Plan
from bulkhead.trust.local import local
from infra.inventory import outputs as stacks
from infra.inventory.digests import sources
from infra.inventory.variables import Inventory, Options, inventory
from infra.ssh import config, keys, known, transports
from infra.ssh.files import write
from infra.ssh.reaches import Reach, keep, kept, reaches
from infra.ssh.room import Room
from infra.ssh.shells import Shells

Kind = Literal["machines", "bare"]
KINDS: tuple[Kind, ...] = ("machines", "bare")
ENTRANCE = "BULKHEAD_ENTRANCE"
"""Environment variable: in an account, the ProxyCommand to hosts that no bastion reaches."""
RESOLVERS = {"lab": ("198.51.100.53",), "aws": ("169.254.169.253",)}
"""Who knows names outside: whoever stands at that address of the lab's internet (a server that
tests start), or the resolver that AWS has in every network (VPC user guide, Route 53 Resolver)."""
PATIENCE = 90.0
"""Seconds until a host's console must have told its key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The way into hosts: files that are fresh, and how each host is reached."""

    room: Room
    trust: Path
    plan: Plan
    hosts: tuple[Reach, ...]
    entrance: str | None

    def shells(self) -> Shells:
        """Sessions on the hosts; to be closed."""
        opener = transports.by_command(self.entrance) if self.entrance else transports.by_door
        return Shells(self.room, self.hosts, opener)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One environment's hosts. state: its directory. clients: EC2 clients by account id.

    namespace: in the lab, the network namespace of an instance. entrance: outside of it, see
    above. kind: `bare` hosts are networks alone, in which nothing runs.
    """

    state: Path
    plan: Plan
    deployed: Deployed
    outputs: stacks.Outputs
    clients: dict[str, Any]
    namespace: Callable[[str], str] | None
    entrance: str | None
    kind: Kind

    @property
    def room(self) -> Room:
        """Its SSH files."""
        return Room(self.state / "ssh")

    @property
    def trust(self) -> Path:
        """Where its authorities live."""
        return self.state / "trust"

    def reaches(self) -> tuple[Reach, ...]:
        """How each running host is entered."""
        return reaches(self.plan, self.deployed, self.namespace)

    def entry(self) -> Entry:
        """The way into its hosts, with everything that it takes up to date."""
        return Entry(
            room=self.room,
            trust=self.trust,
            plan=self.plan,
            hosts=self.ready(),
            entrance=self.entrance,
        )

    def inventory(self) -> Inventory:
        """Hosts, groups and variables. BulkheadError where stacks and API differ."""
        stacks.agree(self.outputs, self.deployed)
        options = Options(
            trust_directory=str(self.trust),
            ssh_user_ca=local(self.trust).ssh_users().anchor(),
            steers_clock=self.namespace is None,
            resolvers=RESOLVERS["lab" if self.namespace else "aws"],
            sources=sources(),
            today=date.today(),
        )
        return inventory(self.plan, self.deployed, options)

    def ready(self, told: Callable[[Reach], None] = lambda _host: None) -> tuple[Reach, ...]:
        """Bring key, certificate, known hosts and configuration up to date; the hosts.

        `told` hears of each host whose key was learnt now. BulkheadError if one stays silent.
        """
        rows = self.reaches()
        keys.provisioning(self.room, local(self.trust).ssh_users())
        known.learn(self.room, rows, self.console, patience=PATIENCE, told=told)
        text = config.config(self.room, rows, self.entrance)
        write(self.room.config, text.encode(), 0o600)
        keep(self.room, rows)
        return rows

    def console(self, row: Reach) -> str:
        """What an instance's console has shown, "" where there is nothing yet."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self.clients[row.account].get_console_output(InstanceId=row.instance)
        except (BotoCoreError, ClientError) as error:
            what = f"its console cannot be read: {error}"
            raise BulkheadError(Problem(row.host, what)) from None
        return str(answer.get("Output") or "")


def lab(state: Path, plan: Plan) -> Site:
    """The lab of a state directory (`.bulkhead/lab`); MissingHere if none runs there."""
    from infra.accounts import account_id
    from infra.lab.fabric.names import namespace
    from infra.lab.region import launch

    info = launch.running(state)
    if info is None:
        raise MissingHere(
            Problem(str(state), "no lab runs here", remedy="bulkhead up ESTATE --env lab")
        )
    from bulkhead.network.read import read

    return Site(
        state=state,
        plan=plan,
        deployed=read(launch.apis(info)),
        outputs=stacks.from_state(state / "pulumi" / "state"),
        clients={account_id(alias): client for alias, client in launch.clients(info).items()},
        namespace=lambda instance: namespace(info.lab, instance),
        entrance=None,
        kind=kind_of(state) or "bare",
    )


def lab_entry(state: Path, plan: Plan) -> Entry:
    """The way into the lab's hosts; asks its API only if that has changed anything since.

    The lab's journal is written before any call that changes something is answered.
    """
    from infra.lab.region import launch
    from infra.lab.region.state import JOURNAL

    room = Room(state / "ssh")
    rows = kept(room, since=(state / JOURNAL).stat().st_mtime) if launch.running(state) else None
    if rows is None or not room.sockets.is_dir():
        return lab(state, plan).entry()
    keys.provisioning(room, local(state / "trust").ssh_users())
    return Entry(room=room, trust=state / "trust", plan=plan, hosts=rows, entrance=None)


def aws(state: Path, plan: Plan) -> Site:
    """The accounts that the caller's credentials read; `state` holds keys and certificates.

    Its authorities must be the ones that the hosts' user data and baseline were made with; the
    operator's key is `ssh/operator` there (its public half is the program's `sshKey`).
    """
    from infra.inventory import aws as account

    clients = account.clients(plan.region)
    names = ["shared", *sorted(tenant.id for tenant in plan.tenants)]
    return Site(
        state=state,
        plan=plan,
        deployed=account.deployed(plan.region, clients),
        outputs=stacks.from_command(names, state.parent.parent),
        clients=clients,
        namespace=None,
        entrance=os.environ.get(ENTRANCE) or None,
        kind="machines",
    )


def kind_of(state: Path) -> Kind | None:
    """Which kind of hosts the lab in `state` has; None before its first `up`."""
    path = state / "hosts.json"
    if not path.exists():
        return None
    kind: Kind = json.loads(path.read_text())["kind"]
    return kind


def remember(state: Path, kind: Kind) -> None:
    """Write down which kind of hosts the lab in `state` has."""
    write(state / "hosts.json", json.dumps({"kind": kind}).encode() + b"\n", 0o600)

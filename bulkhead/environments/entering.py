"""Entering machines as an operator does: over SSH, by the bastion, with a certificate."""

import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from bulkhead.environments.unknown import unknown_host
from bulkhead.errors import MissingHere, Problem, WrongInput
from bulkhead.plan import Person, Plan
from bulkhead.trust.local import local
from infra.inventory import site as sites
from infra.inventory.accounts import account_name, may_enter, principal, sealed
from infra.inventory.site import Entry
from infra.ssh import config, keys, transports
from infra.ssh.files import write
from infra.ssh.reaches import Reach

VISIBLE = ["-o", "LogLevel=INFO"]
"""For people: the host's banner, and what ssh has to say."""


def account(state: Path, plan: Plan) -> Entry:
    """Into the hosts of an account (`--env aws`); MissingHere where what that takes is not here.

    state: the `aws` directory of the state. Wanted there: the operator's key `ssh/operator`, whose
    public half the program was given as `bulkhead:sshKey`; and BULKHEAD_ENTRANCE in the
    environment, a ProxyCommand to the bastion (see infra.inventory.site).
    """
    key = state / "ssh" / "operator"
    if not key.exists():
        raise MissingHere(
            Problem(
                where=str(key),
                what="the operator's SSH key is not here",
                remedy=f"ssh-keygen -t ed25519 -N '' -f {key}; pulumi config set bulkhead:sshKey "
                f'"$(cat {key}.pub)"; hosts take it at their first boot',
            )
        )
    if not os.environ.get(sites.ENTRANCE):
        raise MissingHere(
            Problem(
                where=sites.ENTRANCE,
                what="nobody said how the bastion is reached from here",
                remedy=f"export {sites.ENTRANCE}='aws ssm start-session --target {{instance}} "
                "--document-name AWS-StartSSHSession --parameters portNumber=%p'",
            )
        )
    return sites.aws(state, plan).entry()


def execute(entry: Entry, host: str, command: Sequence[str]) -> int:
    """Run a command as the provisioning account, with this terminal; its exit code."""
    row = _open(entry, host)
    return transports.client(entry.room.config, row.name, list(command), [])


def visit(entry: Entry, host: str, person: str | None) -> int:
    """A shell on the host: as the provisioning account, or as a person with a short certificate.

    WrongInput for a person who has no account there.
    """
    row = _open(entry, host)
    options = VISIBLE if sys.stdin.isatty() else [*VISIBLE, "-T"]
    if person is None:
        return transports.client(entry.room.config, row.name, [], options)
    who = _person(entry.plan, row, person)
    return transports.client(certified(entry, who), row.name, [], options)


def certified(entry: Entry, who: Person) -> Path:
    """An SSH configuration with which `who` enters hosts, and the bastion before them."""
    authority = local(entry.trust).ssh_users()
    key = keys.visitor(entry.room, authority, principal(who), [principal(who)])
    text = config.config(
        entry.room, entry.hosts, entry.entrance, config.Visitor(account_name(who), key)
    )
    path = key.with_name(f"{key.name}.config")
    write(path, text.encode(), 0o600)
    return path


def journal(entry: Entry, host: str, options: Sequence[str]) -> int:
    """Show a host's journal, with this terminal; journalctl's exit code."""
    row = _row(entry, host)
    command = ["sudo", "-n", "journalctl", "--no-pager", "--output=short-iso", *options]
    return transports.client(entry.room.config, row.name, command, [])


def _row(entry: Entry, host: str) -> Reach:
    """The host of that name; WrongInput with the nearest names if none runs."""
    rows = {row.host: row for row in entry.hosts}
    rows |= {row.name: row for row in entry.hosts}
    if host in rows:
        return rows[host]
    raise unknown_host(host, "no such host runs", rows, {row.host for row in entry.hosts})


def _open(entry: Entry, host: str) -> Reach:
    """The host of that name; WrongInput for one that nobody enters.

    It is no wall: who holds the provisioning account's authority can do without this command.
    """
    row = _row(entry, host)
    if any(one.id == row.host and sealed(entry.plan, one) for one in entry.plan.hosts):
        raise WrongInput(
            Problem(
                where=row.host,
                what="nobody enters it: its zone is sealed, and `up` alone configures it",
                remedy=f"read what it tells: bulkhead logs {row.host}, or bulkhead verify",
            )
        )
    return row


def _person(plan: Plan, row: Reach, name: str) -> Person:
    host = next(host for host in plan.hosts if host.id == row.host)
    people = may_enter(plan, host, date.today())
    for person in people:
        if name in (person.id, principal(person), account_name(person)):
            return person
    raise WrongInput(
        Problem(
            where="--as",
            what=f"{name} has no account on {row.host}",
            allowed=", ".join(account_name(person) for person in people) or "nobody",
        )
    )

"""The ssh_config(5) with which every tool reaches every host. Pure."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from infra.components.user_data import ACCOUNT
from infra.ssh.reaches import Reach
from infra.ssh.room import Room

DOOR = Path(__file__).with_name("door.py")
CONFIG = """\
# Written by bulkhead. ssh -F {config} HOST; hosts by dotted name or by the plan's id.
Host *
  User {account}
  IdentityFile {key}
  CertificateFile {certificate}
  IdentitiesOnly yes
  IdentityAgent none
  PreferredAuthentications publickey
  UserKnownHostsFile {known}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  UpdateHostKeys no
  CheckHostIP no
  HostKeyAlgorithms ssh-ed25519
  ForwardAgent no
  ForwardX11 no
  ControlMaster auto
  ControlPath {sockets}/%C
  ControlPersist 60
  ConnectTimeout 20
  ServerAliveInterval 15
  ServerAliveCountMax 4
  LogLevel ERROR
"""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who enters: an account on hosts, and a private key whose certificate lies beside it."""

    account: str
    key: Path


def config(
    room: Room, hosts: Iterable[Reach], entrance: str | None = None, who: Visitor | None = None
) -> str:
    """The text, for `who` (or the provisioning account), who jumps over the bastion as the same.

    entrance: outside the lab, a ProxyCommand for hosts at their own door. It may hold ssh's own
    tokens: %h (the address), %p, and `{instance}` for the instance's id.
    """
    who = who or Visitor(ACCOUNT, room.key)
    path = room.config if who.key == room.key else who.key.with_name(f"{who.key.name}.config")
    text = CONFIG.format(
        account=who.account,
        config=path,
        key=quoted(who.key),
        certificate=quoted(who.key.with_name(f"{who.key.name}-cert.pub")),
        known=quoted(room.known),
        sockets=room.sockets,
    )
    return text + "".join(_host(path, row, entrance) for row in hosts)


def _host(path: Path, row: Reach, entrance: str | None) -> str:
    lines = [
        f"Host {row.name} {row.host}",
        f"  HostName {row.address}",
        f"  HostKeyAlias {row.name}",
        *(f"  {line}" for line in _way(path, row, entrance)),
    ]
    return "\n" + "\n".join(lines) + "\n"


def _way(path: Path, row: Reach, entrance: str | None) -> list[str]:
    if row.via is not None:
        # As ProxyJump does it, which however does not quote the configuration's path.
        return [f"ProxyCommand ssh -F {_shell(path)} -W '[%h]:%p' {row.via}"]
    if row.namespace is not None:
        door = f"{_shell(Path(sys.executable))} -I -S {_shell(DOOR)} {row.namespace} %h %p"
        return [f"ProxyCommand {door}", "ProxyUseFdpass yes"]
    if entrance is not None:
        return [f"ProxyCommand {entrance.replace('{instance}', row.instance)}"]
    return []


def quoted(path: Path) -> str:
    """A path as ssh_config takes it: in double quotes, percent signs doubled."""
    return '"' + str(path).replace("%", "%%") + '"'


def _shell(path: Path) -> str:
    """A path within a ProxyCommand: a word of the shell whose percent signs ssh leaves alone."""
    return "'" + str(path).replace("%", "%%").replace("'", "'\\''") + "'"

"""One SSH connection by paramiko: the host proves who it is, then we do."""

import base64
import shlex
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bulkhead.errors import BulkheadError, MissingHere, Problem
from infra.ssh import door
from infra.ssh.reaches import PORT, Reach
from infra.ssh.room import Room

if TYPE_CHECKING:
    import paramiko

PATIENCE = 20.0
"""Seconds for the handshake, and for the sign-in."""


def entered(
    room: Room, row: Reach, account: str, expected: str | None, way: Any
) -> "paramiko.Transport":
    """A connection over `way` on which `account` is signed in.

    expected: the host's key, `ssh-ed25519 AAAA…`. BulkheadError where the host shows another
    one, or none is known, or it does not let us in.
    """
    import paramiko

    if expected is None:
        raise BulkheadError(_unknown(row))
    transport = paramiko.Transport(way)
    try:
        transport.get_security_options().key_types = ["ssh-ed25519"]
        transport.start_client(timeout=PATIENCE)
        shown = transport.get_remote_server_key()
        if base64.b64encode(shown.asbytes()).decode() != expected.split()[1]:
            raise BulkheadError(_changed(row))
        _sign_in(transport, room, account)
    except (OSError, EOFError, paramiko.SSHException) as error:
        transport.close()
        raise refused(row, error) from None
    except BulkheadError:
        transport.close()
        raise
    return transport


def _sign_in(transport: "paramiko.Transport", room: Room, account: str) -> None:
    """With the certificate; before the host trusts its authority, with the listed key itself."""
    import paramiko

    with_certificate = paramiko.Ed25519Key.from_private_key_file(str(room.key))
    with_certificate.load_certificate(str(room.certificate))
    try:
        transport.auth_publickey(account, with_certificate)
    except paramiko.AuthenticationException:
        transport.auth_publickey(account, paramiko.Ed25519Key.from_private_key_file(str(room.key)))


def refused(row: Reach, error: Exception, via: Reach | None = None) -> BulkheadError:
    """The host cannot be entered, in words."""
    said = str(error) or type(error).__name__
    over = f" over {via.host}" if via else ""
    return BulkheadError(
        Problem(
            where=row.host,
            what=f"SSH to {row.address}{over} failed: {said}",
            remedy="bulkhead status says whether it runs; its console: "
            f"aws ec2 get-console-output --instance-id {row.instance}",
        )
    )


def _unknown(row: Reach) -> Problem:
    return Problem(
        row.host, "its SSH host key is not known, so nobody can tell who answers", remedy=_AGAIN
    )


def _changed(row: Reach) -> Problem:
    return Problem(
        row.host,
        "its SSH host key is not the one that its first boot told: it is refused",
        remedy="find out who answers there; a host that was made anew is learnt by bulkhead up",
    )


_AGAIN = "bulkhead up ESTATE --env lab reads it from the host's console"


def by_door(row: Reach) -> Any:
    """A socket made in the host's own network, from a thread that ends there (setns is its own)."""
    if row.namespace is None:
        raise MissingHere(
            Problem(row.host, "nobody said how it is entered", remedy="see bulkhead ssh --help")
        )
    namespace, made, errors = row.namespace, [], []

    def connect() -> None:
        try:
            made.append(door.connected(namespace, row.address, PORT))
        except OSError as error:
            errors.append(error)

    thread = threading.Thread(target=connect, name=f"door {row.name}")
    thread.start()
    thread.join()
    if errors:
        raise refused(row, errors[0])
    return made[0]


def by_command(entrance: str) -> Any:
    """An opener that starts a ProxyCommand (`%h`, `%p` and `{instance}` are filled in)."""

    def opened(row: Reach) -> Any:
        import paramiko

        text = entrance.replace("{instance}", row.instance)
        text = text.replace("%h", row.address).replace("%p", str(PORT))
        return paramiko.ProxyCommand(text)

    return opened


def client(config: Path, host: str, command: list[str], options: list[str]) -> int:
    """OpenSSH's own client with this terminal; its exit code: the command's, or 255."""
    words = [shlex.join(command)] if command else []
    return subprocess.call(["ssh", "-F", str(config), *options, "--", host, *words])

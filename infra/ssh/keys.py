"""Keys and certificates with which we enter hosts. Private keys are made here and stay here."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    SSHCertificate,
    SSHCertPublicKeyTypes,
    load_ssh_public_identity,
)

from bulkhead.trust import SshAuthority
from infra.ssh.files import write
from infra.ssh.room import Room

PROVISION = "provision"
"""The principal that the provisioning account of every host accepts."""
LIFETIME = 8 * 3600
"""Seconds of the provisioning certificate; it is renewed at half of that."""
VISIT = 900
"""Seconds of a person's certificate: it opens a session, which then lasts as long as it lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a certificate says: key_id as sshd logs it; lifetime in seconds."""

    key_id: str
    principals: tuple[str, ...]
    lifetime: int


def provisioning(room: Room, authority: SshAuthority) -> str:
    """The provisioning key's public line; key and certificate are made or renewed as needed."""
    room.open()
    public = key(room.key)
    wanted = Wanted(key_id="bulkhead-operator", principals=(PROVISION,), lifetime=LIFETIME)
    renew(room.certificate, public, authority, wanted)
    return public


def visitor(room: Room, authority: SshAuthority, person: str, principals: Sequence[str]) -> Path:
    """A person's key, with a short certificate beside it; its path."""
    folder = room.directory / "people"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / person
    public = key(path)
    wanted = Wanted(key_id=person, principals=tuple(principals), lifetime=VISIT)
    renew(path.with_name(f"{person}-cert.pub"), public, authority, wanted)
    return path


def key(path: Path) -> str:
    """The public line of the private key in `path` (0600), made if it is not there."""
    public = path.with_name(f"{path.name}.pub")
    if not public.exists():
        made = ed25519.Ed25519PrivateKey.generate()
        secret = made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        line = made.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        write(path, secret, 0o600)
        write(public, line + b" operator\n", 0o644)
    return public.read_text().strip()


def renew(path: Path, public: str, authority: SshAuthority, wanted: Wanted) -> None:
    """Have a certificate in `path` that is valid for another half of its lifetime at least."""
    if not fresh(path, public, authority, wanted):
        line = authority.sign(
            public,
            key_id=wanted.key_id,
            principals=wanted.principals,
            lifetime=wanted.lifetime,
        )
        write(path, line.encode() + b"\n", 0o644)


def fresh(path: Path, public: str, authority: SshAuthority, wanted: Wanted) -> bool:
    """Whether the certificate in `path` is what is wanted, of this authority and key, and young."""
    try:
        found = load_ssh_public_identity(path.read_bytes().strip())
    except (OSError, ValueError):
        return False
    return (
        isinstance(found, SSHCertificate)
        and _line(found.signature_key()) == authority.anchor().split()[:2]
        and _line(found.public_key()) == public.split()[:2]
        and found.key_id == wanted.key_id.encode()
        and sorted(found.valid_principals) == sorted(name.encode() for name in wanted.principals)
        and found.valid_before - time.time() > wanted.lifetime / 2
    )


def _line(key: SSHCertPublicKeyTypes) -> list[str]:
    return key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode().split()

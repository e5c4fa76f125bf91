"""An SSH certificate authority in this process (OpenSSH's PROTOCOL.certkeys), Ed25519."""

import secrets
import time
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    SSHCertificateBuilder,
    SSHCertificateType,
    load_ssh_private_key,
    load_ssh_public_key,
)

from bulkhead.errors import Problem, WrongInput
from bulkhead.trust.files import held, keep, secret

SKEW = 60
"""Seconds that a host's clock may be behind ours."""
EXTENSIONS = (b"permit-port-forwarding", b"permit-pty")
"""What a session may do: a terminal, and the bastion's way to a host; no agent, X11 or tunnel."""


class LocalSshAuthority:
    """The authority whose key is in `directory`."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def anchor(self) -> str:
        """See SshAuthority."""
        public = self._key().public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        return f"{public.decode()} bulkhead-users"

    def sign(
        self, public_key: str, *, key_id: str, principals: Sequence[str], lifetime: int
    ) -> str:
        """See SshAuthority. At least one principal: without any, a certificate would fit all."""
        if not principals:
            raise WrongInput(Problem("SSH certificate", f"no principal for {key_id}"))
        now = int(time.time())
        builder = (
            SSHCertificateBuilder()
            .public_key(_public(public_key))
            .serial(secrets.randbits(63))
            .type(SSHCertificateType.USER)
            .key_id(key_id.encode())
            .valid_principals([name.encode() for name in principals])
            .valid_after(now - SKEW)
            .valid_before(now + lifetime)
        )
        for extension in EXTENSIONS:
            builder = builder.add_extension(extension, b"")
        return builder.sign(self._key()).public_bytes().decode()

    def _key(self) -> ed25519.Ed25519PrivateKey:
        path = self._directory / "key"
        with held(self._directory):
            if not path.exists():
                made = ed25519.Ed25519PrivateKey.generate()
                keep(path, made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
            loaded = load_ssh_private_key(secret(path), password=None)
        assert isinstance(loaded, ed25519.Ed25519PrivateKey)  # noqa: S101 (we made it)
        return loaded


def _public(line: str) -> ed25519.Ed25519PublicKey:
    try:
        key = load_ssh_public_key(line.encode())
    except Exception as error:
        raise WrongInput(Problem("SSH public key", f"cannot be read: {error}")) from None
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise WrongInput(Problem("SSH public key", "wrong kind of key", allowed="ssh-ed25519"))
    return key

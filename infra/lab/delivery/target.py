"""Where the region delivers, as `up` tells it: the store, a certificate for it, the prefixes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bulkhead.trust import Authority
from bulkhead.wire.certificates import Profile
from infra.ssh.files import write

ROOM = "delivery"
NOTE, KEY, LEAF, ANCHOR = "target.json", "key.pem", "leaf.pem", "anchor.pem"
LIFETIME = 7 * 86400
"""Seconds of its certificate: each `up` makes another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """namespace: of the store's host. name: in its certificate. flows: prefix by tenant."""

    namespace: str
    port: int
    name: str
    flows: Mapping[str, str]
    api: str


def appoint(state: Path, target: Target, authority: Authority, identity: str) -> None:
    """Have the region of `state` deliver to a store, under a name that its policies know."""
    room = state / ROOM
    room.mkdir(mode=0o700, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    made = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    request = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    profile = Profile(name=identity, kind="workload", usages=("client",), lifetime=LIFETIME)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write(room / KEY, secret, 0o600)
    write(room / LEAF, authority.issue(request, profile).encode(), 0o600)
    write(room / ANCHOR, authority.anchor().encode(), 0o600)
    # Last: whoever finds it finds the others.
    write(room / NOTE, json.dumps(asdict(target)).encode() + b"\n", 0o600)


def appointed(state: Path) -> Target | None:
    """The target that was appointed last; None where none was."""
    try:
        return Target(**json.loads((state / ROOM / NOTE).read_text()))
    except (OSError, ValueError, TypeError):
        return None

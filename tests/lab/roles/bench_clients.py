"""Certificates for clients that a test plays itself."""

from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bulkhead.trust import Authorities
from bulkhead.wire.certificates import Profile


def request(key: ec.EllipticCurvePrivateKey, name: str) -> str:
    """A signing request (PEM) for a key."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    return pem.decode()


def issue(
    trust: Authorities,
    room: Path,
    name: str,
    authority: str,
    *,
    usages: tuple[Any, ...] = ("client",),
    lifetime: int = 3600,
    addresses: tuple[str, ...] = (),
    uris: tuple[str, ...] = (),
) -> tuple[Path, Path, Path]:
    """Files of a key, its certificate and the authority's anchor, in `room`."""
    key = ec.generate_private_key(ec.SECP256R1())
    profile = Profile(
        name=name,
        kind="device" if authority.endswith("/device") else "workload",
        usages=usages,
        names=(name,),
        addresses=addresses,
        uris=uris,
        lifetime=lifetime,
    )
    issuer = trust.x509(authority)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    texts = {
        "client.key": private.decode(),
        "client.pem": issuer.issue(request(key, name), profile),
        "anchor.pem": issuer.anchor(),
    }
    room.mkdir(parents=True)
    for file, text in texts.items():
        (room / file).write_text(text)
    return room / "client.key", room / "client.pem", room / "anchor.pem"

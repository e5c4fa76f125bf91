"""Keys on disk and certificates of the local authorities, as hosts have them."""

from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from bulkhead.trust.local import local
from bulkhead.wire.certificates import Profile

KINDS = {"gateway": "device"}


def give(
    folder: Path,
    trust: Path,
    *,
    service: str,
    name: str,
    authority: str,
    anchors: Sequence[str],
    usages: tuple[str, ...] = ("client",),
) -> Path:
    """Write SERVICE.key, .pem, -ca.pem and -crl.pem into `folder`, as the hosts' roles do."""
    authorities = local(trust)
    key = ec.generate_private_key(ec.SECP256R1())
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    folder.mkdir(parents=True, exist_ok=True)
    private = folder / f"{service}.key"
    private.touch(mode=0o600)
    private.write_bytes(key.private_bytes(pem, pkcs8, serialization.NoEncryption()))
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject)
    profile = Profile(
        name=name,
        kind=authority.rpartition("/")[2],
        usages=usages,
        names=(name, "localhost"),
        addresses=("127.0.0.1",),
        lifetime=3600,
    )
    csr = request.sign(key, hashes.SHA256()).public_bytes(pem).decode()
    (folder / f"{service}.pem").write_text(authorities.x509(authority).issue(csr, profile))
    refresh(folder, trust, service=service, anchors=anchors)
    return folder


def refresh(folder: Path, trust: Path, *, service: str, anchors: Sequence[str]) -> None:
    """Write the trusted anchors and their revocation lists as they are now."""
    rows = [local(trust).x509(name) for name in anchors]
    (folder / f"{service}-ca.pem").write_text("".join(row.anchor() for row in rows))
    (folder / f"{service}-crl.pem").write_text("".join(row.revocations() for row in rows))


def revoke(folder: Path, trust: Path, *, service: str, authority: str) -> None:
    """Revoke the certificate of `service` in `folder`."""
    leaf = x509.load_pem_x509_certificate((folder / f"{service}.pem").read_bytes())
    local(trust).x509(authority).revoke(leaf.serial_number)

"""What a relying party makes of a client's certificate at a moment, lists of the revoked included.

`cryptography`'s own verifier knows no revocation, so the steps are taken here one by one, in the
order of OpenSSL's X509_verify_cert for a leaf directly below its anchor: who signed it, what it
is for, the issuer's list, then its time. A test holds it to `openssl verify` at the same moments.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

Verdict = Literal[
    "good", "unknown", "no client", "no list", "list not in force", "revoked", "expired"
]
"""`unknown`: of no anchor. The lists are the issuer's. `expired`: or not yet valid."""


def client_verdict(
    leaf: str, anchors: Iterable[str], lists: Iterable[str], at: datetime
) -> Verdict:
    """As a server with `cafile`, `crlfile` and required client certificates judges. PEM each.

    Never raises for a certificate or list that cannot be read: it is unknown, or no list.
    """
    try:
        certificate = x509.load_pem_x509_certificates(leaf.encode())[0]
    except ValueError:
        return "unknown"
    issuer = _issuer(certificate, anchors)
    if issuer is None:
        return "unknown"
    if not _for_clients(certificate):
        return "no client"
    listed = _listed(certificate.serial_number, issuer, lists, at)
    if listed is not None:
        return listed
    return "good" if _in_force(certificate, at) and _in_force(issuer, at) else "expired"


def _issuer(certificate: x509.Certificate, anchors: Iterable[str]) -> x509.Certificate | None:
    for text in anchors:
        anchor = x509.load_pem_x509_certificate(text.encode())
        try:
            certificate.verify_directly_issued_by(anchor)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return anchor
    return None


def _for_clients(certificate: x509.Certificate) -> bool:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.CLIENT_AUTH in usages


def _listed(
    serial: int, issuer: x509.Certificate, lists: Iterable[str], at: datetime
) -> Verdict | None:
    """What the issuer's list says against the certificate; None if nothing."""
    for text in lists:
        try:
            read = x509.load_pem_x509_crl(text.encode())
        except ValueError:
            continue
        if read.issuer != issuer.subject or not read.is_signature_valid(_key(issuer)):
            continue
        ends = read.next_update_utc
        if at < read.last_update_utc or (ends is not None and at >= ends):
            return "list not in force"
        found = read.get_revoked_certificate_by_serial_number(serial)
        return None if found is None else "revoked"
    return "no list"


def _key(issuer: x509.Certificate) -> ec.EllipticCurvePublicKey:
    """The authorities' keys are all of this kind (see x509)."""
    key = issuer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)  # noqa: S101 (we made it)
    return key


def _in_force(certificate: x509.Certificate, at: datetime) -> bool:
    """Its last second is no longer in force: OpenSSL's comparison, not RFC 5280's."""
    return certificate.not_valid_before_utc <= at < certificate.not_valid_after_utc

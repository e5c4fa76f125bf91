"""What a CA certificate says of itself."""

from cryptography import x509
from cryptography.hazmat.primitives import hashes


def told_of(pem: bytes) -> tuple[str, str, str]:
    """(subject, SHA-256 of the certificate as hex, its last day as YYYY-MM-DD) of one CA.

    ValueError, in words, for what is no certificate, more than one, a leaf, or holds a key.
    """
    if b"PRIVATE KEY-----" in pem:
        raise ValueError("it holds a private key, which belongs on its own host alone")
    try:
        found = x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise ValueError("it is no certificate") from None
    if len(found) != 1:
        raise ValueError(f"it holds {len(found)} certificates, one is read from a file")
    try:
        about = found[0].extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        raise ValueError("it is the certificate of no authority") from None
    if not about.ca:
        raise ValueError("it is the certificate of no authority")
    ends = found[0].not_valid_after_utc.date().isoformat()
    name = found[0].subject.rfc4514_string() or "(without a name)"
    return name, found[0].fingerprint(hashes.SHA256()).hex(), ends

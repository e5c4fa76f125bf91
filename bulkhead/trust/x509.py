"""An X.509 authority in this process: EC P-256, leaves directly below the anchor (RFC 5280)."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bulkhead.errors import Problem, WrongInput
from bulkhead.trust.files import held, keep, secret
from bulkhead.wire.certificates import Profile

ANCHOR = timedelta(days=3650)
"""How long an anchor is valid: longer than any leaf that it signs."""
LIST = timedelta(days=14)
"""How long a revocation list is valid; a broker refuses everybody when it lapses."""
SKEW = timedelta(minutes=1)
"""How far a relying party's clock may be behind ours."""
_USAGES = {"server": ExtendedKeyUsageOID.SERVER_AUTH, "client": ExtendedKeyUsageOID.CLIENT_AUTH}


class LocalAuthority:
    """The authority `name`, whose files are in `directory`."""

    def __init__(self, name: str, directory: Path) -> None:
        self.name = name
        self._directory = directory

    def anchor(self) -> str:
        """See Authority."""
        with held(self._directory):
            return _pem(self._opened()[1])

    def issue(self, csr: str, profile: Profile) -> str:
        """See Authority."""
        request = _asked(self.name, csr, profile)
        with held(self._directory):
            key, anchor = self._opened()
            leaf = _leaf(profile, request, anchor, _now()).sign(key, hashes.SHA256())
        return _pem(leaf)

    def revoke(self, serial: int) -> None:
        """See Authority."""
        with held(self._directory):
            revoked = self._revoked()
            if serial not in revoked:
                revoked[serial] = _now()
                self._list(revoked)

    def revocations(self) -> str:
        """See Authority."""
        path = self._directory / "crl.pem"
        with held(self._directory):
            if path.exists():
                known = path.read_bytes()
                ends = x509.load_pem_x509_crl(known).next_update_utc
                if ends is not None and ends - datetime.now(UTC) > LIST / 2:
                    return known.decode()
            return self._list(self._revoked())

    def _opened(self) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        """Key and anchor; both are made at the first use. The lock is held."""
        key_file, anchor_file = self._directory / "key.pem", self._directory / "anchor.pem"
        if not anchor_file.exists():
            key = ec.generate_private_key(ec.SECP256R1())
            keep(key_file, _private(key))
            keep(anchor_file, _pem(_anchor(self.name, key, _now())).encode())
        loaded = serialization.load_pem_private_key(secret(key_file), password=None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)  # noqa: S101 (we made it)
        return loaded, x509.load_pem_x509_certificate(anchor_file.read_bytes())

    def _revoked(self) -> dict[int, datetime]:
        path = self._directory / "revoked.json"
        rows = json.loads(path.read_bytes()) if path.exists() else {}
        return {int(serial): datetime.fromisoformat(when) for serial, when in rows.items()}

    def _list(self, revoked: dict[int, datetime]) -> str:
        """Sign and keep a new list; what is revoked is written first, so that none gets lost."""
        rows = {str(serial): when.isoformat() for serial, when in revoked.items()}
        keep(self._directory / "revoked.json", json.dumps(rows).encode())
        key, anchor = self._opened()
        text = _signed_list(anchor, key, revoked, _now())
        keep(self._directory / "crl.pem", text.encode())
        return text


class SimulatedAuthority:
    """An Authority at simulated time, in memory alone. now: that time (UTC), whole seconds."""

    def __init__(self, name: str, now: Callable[[], datetime]) -> None:
        self.name, self._now = name, now
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._anchor = _anchor(name, self._key, now())
        self._revoked: dict[int, datetime] = {}

    def anchor(self) -> str:
        """See Authority."""
        return _pem(self._anchor)

    def issue(self, csr: str, profile: Profile) -> str:
        """See Authority."""
        request = _asked(self.name, csr, profile)
        leaf = _leaf(profile, request, self._anchor, self._now())
        return _pem(leaf.sign(self._key, hashes.SHA256()))

    def revoke(self, serial: int) -> None:
        """See Authority."""
        self._revoked.setdefault(serial, self._now())

    def revocations(self) -> str:
        """See Authority; each time a new list."""
        return _signed_list(self._anchor, self._key, self._revoked, self._now())


def signing_request(name: str) -> str:
    """A request (PEM) for a new key that nobody keeps: for simulations, where nobody signs."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_subject(name))
    signed = builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def _asked(authority: str, csr: str, profile: Profile) -> x509.CertificateSigningRequest:
    """A sound request for a certificate of the kind that the authority issues."""
    request = _request(csr)
    if profile.kind != authority.rpartition("/")[2]:
        what = f"{authority} issues nothing for a {profile.kind}"
        raise WrongInput(Problem("certificate", what, remedy="ask the authority of that kind"))
    return request


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _request(csr: str) -> x509.CertificateSigningRequest:
    """A request whose sender proved to hold its key; WrongInput for another."""
    try:
        request = x509.load_pem_x509_csr(csr.encode())
        sound = request.is_signature_valid
    except Exception as error:
        raise WrongInput(Problem("signing request", f"cannot be read: {error}")) from None
    if not sound:
        raise WrongInput(Problem("signing request", "its signature does not fit its key"))
    key = request.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
        raise WrongInput(Problem("signing request", "wrong kind of key", allowed="EC P-256"))
    return request


def _leaf(
    profile: Profile,
    request: x509.CertificateSigningRequest,
    anchor: x509.Certificate,
    now: datetime,
) -> x509.CertificateBuilder:
    alternatives = [
        *(x509.DNSName(name) for name in profile.names),
        *(x509.IPAddress(ip_address(address)) for address in profile.addresses),
        *(x509.UniformResourceIdentifier(uri) for uri in profile.uris),
    ]
    usages = x509.ExtendedKeyUsage([_USAGES[usage] for usage in profile.usages])
    builder = (
        _builder(_subject(profile.name), anchor.subject, request.public_key())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + timedelta(seconds=profile.lifetime))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(usages, critical=False)
        .add_extension(_issued_by(anchor), critical=False)
    )
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return builder


def _anchor(name: str, key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    subject = _subject(f"{name} authority")
    return (
        _builder(subject, subject, key.public_key())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + ANCHOR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: CertificatePublicKeyTypes
) -> x509.CertificateBuilder:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .add_extension(identifier, critical=False)
    )


def _signed_list(
    anchor: x509.Certificate,
    key: ec.EllipticCurvePrivateKey,
    revoked: dict[int, datetime],
    now: datetime,
) -> str:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(anchor.subject)
        .last_update(now - SKEW)
        .next_update(now + LIST)
        .add_extension(_issued_by(anchor), critical=False)
        .add_extension(x509.CRLNumber(time.time_ns()), critical=False)
    )
    for serial, when in revoked.items():
        row = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
        builder = builder.add_revoked_certificate(row.build())
    signed = builder.sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


def _issued_by(anchor: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = anchor.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )

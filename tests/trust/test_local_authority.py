"""The authorities of this process: what they sign, what they refuse, how they keep their keys."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from bulkhead.errors import BulkheadError, WrongInput
from bulkhead.trust.local import local
from bulkhead.wire.certificates import Profile, dotted, spiffe_id


def request(key=None, name="somebody.else"):
    """A signing request (PEM) of a key, which asks for a name."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM).decode()


def profile(**changes):
    """A gateway's profile, with changes."""
    given = {
        "name": "acme.lyon.ai.gw-1",
        "kind": "device",
        "usages": ("client",),
        "names": ("acme.lyon.ai.gw-1",),
        "addresses": ("10.2.129.10",),
        "lifetime": 3600,
    }
    return Profile(**(given | changes))


def openssl_says(tmp_path, leaf, anchor, crl, purpose):
    """What OpenSSL's own verifier says of a leaf."""
    for name, text in (("leaf", leaf), ("anchor", anchor), ("crl", crl)):
        (tmp_path / name).write_text(text)
    command = ["openssl", "verify", "-purpose", purpose, "-CAfile", "anchor", "-crl_check"]
    command += ["-CRLfile", "crl", "leaf"]
    return subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True)


def test_openssl_accepts_a_leaf_for_its_purpose_alone(tmp_path):
    authority = local(tmp_path / "trust").x509("acme/device")
    leaf = authority.issue(request(), profile())
    given = (tmp_path, leaf, authority.anchor(), authority.revocations())
    assert openssl_says(*given, "sslclient").returncode == 0
    refused = openssl_says(*given, "sslserver")
    assert refused.returncode != 0
    assert "purpose" in refused.stderr


def test_the_profile_names_the_leaf_and_the_request_does_not(tmp_path):
    authority = local(tmp_path).x509("acme/device")
    leaf = x509.load_pem_x509_certificate(
        authority.issue(request(name="borealis.tromso.ai.gw-1"), profile()).encode()
    )
    assert leaf.subject.rfc4514_string() == "CN=acme.lyon.ai.gw-1"
    left = leaf.not_valid_after_utc - datetime.now(UTC)
    assert 3500 < left.total_seconds() <= 3600


def test_a_workload_bears_the_one_identity_of_its_profile(tmp_path):
    uri = spiffe_id("lyon", "acme/ingest/broker")
    asked = profile(kind="workload", usages=("server", "client"), uris=(uri,))
    leaf = local(tmp_path).x509("acme/workload").issue(request(), asked)
    others = x509.load_pem_x509_certificate(leaf.encode()).extensions
    names = others.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [uri]
    assert uri == "spiffe://lyon/acme/ingest/broker"


def test_a_revoked_leaf_is_refused_and_stays_listed(tmp_path):
    trust = tmp_path / "trust"
    authority = local(trust).x509("acme/device")
    leaf = authority.issue(request(), profile())
    other = authority.issue(request(), profile())
    authority.revoke(x509.load_pem_x509_certificate(leaf.encode()).serial_number)
    again = local(trust).x509("acme/device")
    anchor, crl = again.anchor(), again.revocations()
    assert "revoked" in openssl_says(tmp_path, leaf, anchor, crl, "sslclient").stderr
    assert openssl_says(tmp_path, other, anchor, crl, "sslclient").returncode == 0


def test_a_list_stays_the_same_until_something_is_revoked(tmp_path):
    authority = local(tmp_path).x509("acme/device")
    first = authority.revocations()
    assert authority.revocations() == first
    authority.revoke(7)
    second = authority.revocations()
    assert second != first
    authority.revoke(7)
    assert authority.revocations() == second


def test_a_leaf_of_another_tenant_with_the_same_name_is_not_accepted(tmp_path):
    trust = local(tmp_path / "trust")
    ours, theirs = trust.x509("acme/device"), trust.x509("borealis/device")
    forged = theirs.issue(request(), profile())
    said = openssl_says(tmp_path, forged, ours.anchor(), ours.revocations(), "sslclient")
    assert said.returncode != 0


def test_an_authority_for_devices_issues_nothing_for_a_workload(tmp_path):
    with pytest.raises(WrongInput, match="nothing for a workload"):
        local(tmp_path).x509("acme/device").issue(request(), profile(kind="workload"))


@pytest.mark.parametrize(
    "csr",
    [
        "junk",
        request(ec.generate_private_key(ec.SECP384R1())),
        request(rsa.generate_private_key(65537, 2048)),
    ],
    ids=["junk", "another curve", "rsa"],
)
def test_a_request_that_is_damaged_or_of_another_kind_is_refused(tmp_path, csr):
    with pytest.raises(WrongInput, match="signing request"):
        local(tmp_path).x509("acme/device").issue(csr, profile())


def test_a_request_signed_by_another_key_is_refused(tmp_path):
    der = bytearray(
        x509.load_pem_x509_csr(request().encode()).public_bytes(serialization.Encoding.DER)
    )
    der[-1] ^= 1
    damaged = x509.load_der_x509_csr(bytes(der)).public_bytes(serialization.Encoding.PEM)
    with pytest.raises(WrongInput, match="signing request"):
        local(tmp_path).x509("acme/device").issue(damaged.decode(), profile())


@pytest.mark.parametrize("name", ["acme", "acme/human", "../x/device", "Acme/device", ""])
def test_an_authority_of_another_name_is_refused(tmp_path, name):
    with pytest.raises(WrongInput):
        local(tmp_path).x509(name)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "a/b"},
        {"name": "x" * 65},
        {"name": "#"},
        {"names": ("*",)},
        {"addresses": ("acme",)},
        {"usages": ()},
        {"usages": ("sign",)},
        {"kind": "human"},
        {"lifetime": 0},
        {"uris": ("spiffe://lyon/acme/ingest/broker",)},  # of a device
        {"kind": "workload", "uris": ("https://lyon/acme",)},
        {"kind": "workload", "uris": ("spiffe://lyon/a b",)},
        {"kind": "workload", "uris": ("spiffe://lyon/a", "spiffe://lyon/b")},
    ],
)
def test_a_profile_that_no_authority_may_sign_is_refused(changes):
    with pytest.raises(WrongInput, match="refused"):
        profile(**changes)


def test_keys_are_for_their_owner_alone_and_one_that_is_not_is_refused(tmp_path):
    trust = local(tmp_path)
    trust.x509("acme/device").anchor()
    trust.ssh_users().anchor()
    for key in (tmp_path / "acme/device/key.pem", tmp_path / "ssh-users/key"):
        assert key.stat().st_mode & 0o777 == 0o600
        key.chmod(0o644)
    with pytest.raises(BulkheadError, match="others than its owner"):
        trust.x509("acme/device").anchor()
    with pytest.raises(BulkheadError, match="others than its owner"):
        trust.ssh_users().anchor()


def test_two_who_ask_first_at_once_get_the_same_authority(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        anchors = set(pool.map(lambda _: local(tmp_path).x509("acme/device").anchor(), range(16)))
    assert len(anchors) == 1


def test_ssh_keygen_reads_what_was_signed(tmp_path):
    authority = local(tmp_path / "trust").ssh_users()
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    line = key.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    signed = authority.sign(line.decode(), key_id="olga", principals=["olga"], lifetime=600)
    (tmp_path / "key-cert.pub").write_text(signed)
    command = ["ssh-keygen", "-L", "-f", tmp_path / "key-cert.pub"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert 'Key ID: "olga"' in said
    assert "permit-pty" in said
    assert "permit-agent-forwarding" not in said


def test_an_ssh_certificate_without_principals_or_for_no_key_is_refused(tmp_path):
    authority = local(tmp_path).ssh_users()
    with pytest.raises(WrongInput, match="principal"):
        authority.sign("ssh-ed25519 AAAA", key_id="x", principals=[], lifetime=60)
    with pytest.raises(WrongInput, match="SSH public key"):
        authority.sign("junk", key_id="x", principals=["x"], lifetime=60)


def test_a_dotted_name_is_the_id_with_dots():
    assert dotted("acme/lyon/ai/gw-1") == "acme.lyon.ai.gw-1"

"""Verdicts on certificates at simulated times are OpenSSL's own."""

import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from bulkhead.trust.verdicts import client_verdict
from bulkhead.trust.x509 import SimulatedAuthority, signing_request
from bulkhead.wire.certificates import Profile

START = datetime(2026, 3, 1, tzinfo=UTC)
NAME = "acme.lyon.ai.gw-1"
WORDS = {
    "unable to get local issuer": "unknown",
    "unsuitable certificate purpose": "no client",
    "unsupported certificate purpose": "no client",
    "unable to get certificate CRL": "no list",
    "CRL has expired": "list not in force",
    "CRL is not yet valid": "list not in force",
    "certificate revoked": "revoked",
    "certificate has expired": "expired",
    "certificate is not yet valid": "expired",
}


class Clock:
    def __init__(self):
        self.at = START

    def __call__(self):
        return self.at


def profile(lifetime=100, usages=("client",)):
    return Profile(name=NAME, kind="device", usages=usages, names=(NAME,), lifetime=lifetime)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def authority(clock):
    return SimulatedAuthority("acme/device", clock)


def openssl(folder, leaf, anchors, lists, at):
    """OpenSSL's word for it, in ours."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed: apt install openssl")
    for name, texts in (("leaf", [leaf]), ("ca", anchors), ("crl", lists)):
        (folder / name).write_text("".join(texts))
    done = subprocess.run(
        ["openssl", "verify", "-crl_check", "-purpose", "sslclient", "-attime",
         str(int(at.timestamp())), "-CAfile", folder / "ca",
         *(["-CRLfile", folder / "crl"] if lists else []), folder / "leaf"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return "good"
    said = re.search(r"error \d+ at \d depth lookup: (.*)", done.stderr)[1]
    return next((word for words, word in WORDS.items() if words in said), said)


def cases(authority, clock):
    """(name, leaf, anchors, lists, moment, verdict)"""
    other = SimulatedAuthority("borealis/device", clock)
    leaf = authority.issue(signing_request(NAME), profile())
    server = authority.issue(signing_request(NAME), profile(usages=("server",)))
    strange = other.issue(signing_request(NAME), profile())
    anchor, clean = [authority.anchor()], [authority.revocations()]
    gone = authority.issue(signing_request(NAME), profile())
    authority.revoke(_serial(gone))
    listed = [authority.revocations()]
    clock.at += timedelta(seconds=120)
    later, future = authority.issue(signing_request(NAME), profile()), [authority.revocations()]
    soon, late = START + timedelta(seconds=10), START + timedelta(seconds=101)
    return [
        ("good", leaf, anchor, clean, soon, "good"),
        ("good under two anchors", leaf, [other.anchor(), *anchor],
         [other.revocations(), *listed], soon, "good"),
        ("its last second but one", leaf, anchor, clean, START + timedelta(seconds=99), "good"),
        ("its last second", leaf, anchor, clean, START + timedelta(seconds=100), "expired"),
        ("expired", leaf, anchor, clean, late, "expired"),
        ("not yet valid", later, anchor, clean, soon, "expired"),
        ("a list of the future", leaf, anchor, future, soon, "list not in force"),
        ("revoked", gone, anchor, listed, soon, "revoked"),
        ("revoked and expired", gone, anchor, listed, late, "revoked"),
        ("of another authority", strange, anchor, clean, soon, "unknown"),
        ("not for clients", server, anchor, clean, soon, "no client"),
        ("no list", leaf, anchor, [], soon, "no list"),
        ("another's list", leaf, anchor, [other.revocations()], soon, "no list"),
        ("the list's last second", leaf, anchor, clean, START + timedelta(days=14),
         "list not in force"),
        ("lapsed list", leaf, anchor, clean, START + timedelta(days=15), "list not in force"),
    ]  # fmt: skip


def _serial(leaf):
    from cryptography import x509

    return x509.load_pem_x509_certificate(leaf.encode()).serial_number


def test_each_verdict_is_openssls(authority, clock, tmp_path):
    for name, leaf, anchors, lists, at, verdict in cases(authority, clock):
        assert client_verdict(leaf, anchors, lists, at) == verdict, name
        assert openssl(tmp_path, leaf, anchors, lists, at) == verdict, name


@pytest.mark.parametrize("text", ["", "garbage", "-----BEGIN CERTIFICATE-----\nx\n"])
def test_what_is_no_certificate_is_unknown(authority, text):
    anchors, lists = [authority.anchor()], [authority.revocations()]
    assert client_verdict(text, anchors, lists, START) == "unknown"


def test_a_list_that_cannot_be_read_is_none(authority):
    leaf = authority.issue(signing_request(NAME), profile())
    assert client_verdict(leaf, [authority.anchor()], ["garbage"], START) == "no list"


def test_a_simulated_authority_dates_by_its_clock(authority, clock):
    clock.at = START + timedelta(days=400)
    leaf = authority.issue(signing_request(NAME), profile())
    lists = [authority.revocations()]
    assert client_verdict(leaf, [authority.anchor()], lists, clock.at) == "good"
    assert client_verdict(leaf, [authority.anchor()], lists, START) == "list not in force"

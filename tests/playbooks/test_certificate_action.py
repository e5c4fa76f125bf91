"""Keys that stay on hosts, requests whose names count for nothing, renewal in time."""

import getpass
import shutil
import stat
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography import x509
from module_runs import plugin, run

from bulkhead.errors import WrongInput
from bulkhead.trust.local import local

DAY = 86400
pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")
ASKED = {
    "service": "broker",
    "owner": getpass.getuser(),
    "name": "acme.ingest.broker-1",
    "authority": "acme/workload",
    "usages": ["server"],
    "names": ["acme.ingest.broker-1"],
    "addresses": ["10.0.0.11"],
    "lifetime": DAY,
    "anchors": ["acme/device", "acme/workload"],
}


@pytest.fixture
def room(tmp_path, monkeypatch):
    """Where the host's part keeps its files."""
    here = tmp_path / "tls"
    monkeypatch.setattr(plugin("modules", "certificate"), "ROOM", str(here))
    return here


@pytest.fixture
def trust(tmp_path):
    """Authorities of this test."""
    return local(tmp_path / "trust")


def host_part(check=False, **more):
    """The module's result on this host."""
    asked = {key: ASKED[key] for key in ("service", "owner", "name")} | more
    return run("certificate", asked, check=check)


def signed(tmp_path, state, check=False, **more):
    """What the action plugin decides: rows to write, and why."""
    action = plugin("action", "certificate").ActionModule
    plain = SimpleNamespace(
        _templar=SimpleNamespace(template=lambda value: value),
        _task=SimpleNamespace(check_mode=check),
    )
    variables = {"trust_directory": str(tmp_path / "trust")}
    return action._signed(plain, ASKED | more, state, variables)


def issued(room, tmp_path):
    """A host that has its certificate; its leaf."""
    files, _ = signed(tmp_path, host_part())
    for row in files:
        (room / row["path"].rpartition("/")[2]).write_text(row["content"])
    return x509.load_pem_x509_certificates((room / "broker.pem").read_bytes())[0]


def due(held, trust, now=None, request="", **more):
    """Why a certificate would be issued."""
    certificate = plugin("action", "certificate")
    wanted = certificate.profile(ASKED | more)
    authority = trust.x509(ASKED["authority"])
    return certificate.due(held, request, wanted, authority, now or datetime.now(UTC))


def test_the_key_is_its_accounts_alone_and_is_never_told(room):
    result = host_part()
    key = room / "broker.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    secret = "".join(key.read_text().splitlines()[1:-1])
    assert secret[:40] not in str(result)
    assert "PRIVATE" not in str(result)
    assert not host_part()["key_made"]


def test_an_open_key_is_closed_and_counts_as_a_change(room, tmp_path):
    issued(room, tmp_path)
    (room / "broker.key").chmod(0o644)
    state = host_part()
    assert state["key_closed"]
    assert stat.S_IMODE((room / "broker.key").stat().st_mode) == 0o600
    assert signed(tmp_path, state)[1] == ["its key was open"]


def test_check_mode_makes_no_key_and_signs_nothing(room, tmp_path):
    state = host_part(check=True)
    assert (state["key_made"], room.exists()) == (True, False)
    files, reasons = signed(tmp_path, state, check=True)
    assert "issued: there is none" in reasons
    assert [row["path"] for row in files if row["path"].endswith("broker.pem")] == []


def test_the_requests_names_are_ignored_and_the_inventorys_hold(room, tmp_path):
    state = host_part(name="borealis.ingest.broker-1")
    files, _ = signed(tmp_path, state)
    leaf = x509.load_pem_x509_certificates(files[0]["content"].encode())[0]
    assert leaf.subject.rfc4514_string() == "CN=acme.ingest.broker-1"


def test_what_is_trusted_is_written_beside_it(room, tmp_path, trust):
    issued(room, tmp_path)
    anchors = [trust.x509(name).anchor() for name in ASKED["anchors"]]
    assert (room / "broker-ca.pem").read_text() == "".join(anchors)
    assert (room / "broker-crl.pem").read_text().count("BEGIN X509 CRL") == 2


def test_a_second_run_issues_nothing(room, tmp_path):
    issued(room, tmp_path)
    assert signed(tmp_path, host_part()) == ([], [])


def test_it_is_renewed_when_a_third_of_its_lifetime_is_left(room, tmp_path, trust):
    leaf = issued(room, tmp_path)
    held = (room / "broker.pem").read_text()
    lifetime = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    turn = leaf.not_valid_after_utc - lifetime / 3
    assert due(held, trust, now=turn - timedelta(seconds=1)) == ""
    assert "a third" in due(held, trust, now=turn + timedelta(seconds=1))


@pytest.mark.parametrize(
    "other",
    [
        {"names": ["acme.ingest.broker-2"]},
        {"addresses": ["10.0.0.12"]},
        {"usages": ["server", "client"]},
        {"name": "acme.ingest.broker-2"},
        {"uris": ["spiffe://lyon/acme/ingest/broker"]},
    ],
)
def test_it_is_issued_anew_when_it_would_say_something_else(room, tmp_path, trust, other):
    issued(room, tmp_path)
    assert due((room / "broker.pem").read_text(), trust, **other) == "it says something else"


def test_it_is_issued_anew_for_another_lifetime(room, tmp_path, trust):
    issued(room, tmp_path)
    held = (room / "broker.pem").read_text()
    assert due(held, trust, lifetime=DAY // 2) == "its lifetime is another"


def test_it_is_issued_anew_under_another_anchor(room, tmp_path):
    issued(room, tmp_path)
    other = local(tmp_path / "other")
    assert "not from acme/workload's anchor" in due((room / "broker.pem").read_text(), other)


def test_it_is_issued_anew_for_another_key(room, tmp_path, trust):
    issued(room, tmp_path)
    (room / "broker.key").unlink()
    request = host_part()["request"]
    assert due((room / "broker.pem").read_text(), trust, request=request) == "its key is another"


def test_a_revoked_one_is_replaced(room, tmp_path, trust):
    leaf = issued(room, tmp_path)
    trust.x509("acme/workload").revoke(leaf.serial_number)
    files, reasons = signed(tmp_path, host_part())
    assert "issued: it was revoked" in reasons
    assert {row["path"].rpartition("/")[2] for row in files} == {"broker.pem", "broker-crl.pem"}


def test_garbage_is_replaced(trust):
    assert "not from" in due("no certificate", trust)


def test_a_profile_that_no_authority_signs_is_refused():
    with pytest.raises(WrongInput):
        plugin("action", "certificate").profile(ASKED | {"names": ["*.acme"]})


def test_an_unknown_account_is_an_error_but_in_check_mode(room):
    assert host_part(owner="nobody-yet")["failed"]
    assert not room.exists()
    assert host_part(check=True, owner="nobody-yet")["key_made"]

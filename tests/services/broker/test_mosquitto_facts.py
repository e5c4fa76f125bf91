"""What the product takes for granted of Debian's mosquitto 2.0.11, each pinned by itself."""

import datetime

import pytest
from broker_fixture import CANARY, CHECK, until
from certificates_fixture import give
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from mqtt_peer import Peer


def admitted(broker, kind="gateway"):
    with Peer(broker, kind) as peer:
        return peer.accepted


def sound(broker):
    """The exit code and words of the check that stands before every start and reload."""
    done = broker.tool(CHECK)
    return not done.returncode, done.stderr


def proven(broker, seconds="1"):
    done = broker.tool(CANARY, seconds)
    return not done.returncode, done.stderr


def test_a_reload_serves_the_new_certificate_and_keeps_sessions(spare):
    broker = spare()
    before = broker.served()
    with Peer(broker, "gateway") as gateway, Peer(broker, "ingest") as ingest:
        ingest.subscribe("spBv1.0/acme/#")
        broker.reload()
        assert broker.served() != before
        gateway.say("spBv1.0/acme/NDATA/acme.lyon.ai.gw-1", b"after")
        assert ingest.hear().payload == b"after"
        assert not gateway.gone.is_set()
    assert sound(broker) == (True, "")
    assert proven(broker) == (True, "")


def test_a_revoked_certificate_is_refused_from_the_reload_on_and_its_session_stays(spare):
    broker = spare()
    with Peer(broker, "gateway") as live:
        broker.revoke("gateway")
        broker.refresh()
        assert sound(broker) == (True, "")
        with Peer(broker, "gateway", client_id="z") as still:
            assert still.accepted  # the list is read on SIGHUP alone
            assert live.gone.wait(5)  # one session per name
            broker.reload()
            assert not admitted(broker)
            assert not still.gone.is_set()
    assert admitted(broker, "ingest")


def test_a_session_of_the_same_name_ends_the_revoked_one_for_good(spare, tmp_path):
    """How a stolen credential is contained: list it, reload, come with a new one of its name."""
    broker = spare()
    with Peer(broker, "gateway") as stolen:
        broker.revoke("gateway")
        broker.reload()
        assert not stolen.gone.is_set()
        fresh = give(
            tmp_path,
            broker.trust,
            service="gateway",
            name="acme.lyon.ai.gw-1",
            authority="acme/device",
            anchors=[],
        )
        with Peer(broker, "gateway", fresh) as successor:
            assert successor.accepted
            assert stolen.gone.wait(5)
            assert not admitted(broker)
            assert not successor.gone.is_set()


def test_the_authorities_are_read_again_on_a_reload(spare):
    broker = spare(anchors=["acme/workload"])
    assert not admitted(broker)
    broker.anchors = ["acme/device", "acme/workload"]
    broker.reload()
    assert admitted(broker)
    broker.anchors = ["acme/workload"]
    broker.reload()
    assert not admitted(broker)


def test_a_garbage_revocation_list_lets_the_revoked_in_and_the_check_refuses_it(spare):
    broker = spare()
    broker.revoke("gateway")
    broker.reload()
    assert not admitted(broker)
    good = (broker.tls / "broker-crl.pem").read_text()
    for garbage in ("", "garbage\n", good + "x", good[: len(good) // 2], good.replace("M", "N", 9)):
        (broker.tls / "broker-crl.pem").write_text(garbage)
        held, why = sound(broker)
        assert not held
        assert "broker-crl.pem" in why
    (broker.tls / "broker-crl.pem").write_text("garbage\n")
    broker.hup()
    until(lambda: admitted(broker), "mosquitto fails open")


def test_an_authority_without_a_list_has_its_clients_refused_and_the_check_says_so(spare):
    broker = spare()
    lists = (broker.tls / "broker-crl.pem").read_text()
    end = "-----END X509 CRL-----\n"
    (broker.tls / "broker-crl.pem").write_text(lists[lists.index(end) + len(end) :])
    held, why = sound(broker)
    assert not held
    assert "no list for 1" in why
    broker.hup()
    until(lambda: not admitted(broker), "the device authority's clients are refused")
    assert admitted(broker, "ingest")


def test_a_lapsed_list_has_everybody_refused_and_the_check_says_so(spare):
    broker = spare()
    (broker.tls / "broker-crl.pem").write_text(
        "".join(lapsed(broker.trust / name) for name in broker.anchors)
    )
    held, why = sound(broker)
    assert not held
    assert "lapsed at" in why
    broker.hup()
    until(lambda: not admitted(broker), "gateways are refused")
    assert not admitted(broker, "ingest")


def test_a_key_that_does_not_match_fails_handshakes_and_the_check_says_so(spare, tmp_path):
    broker = spare()
    other = give(
        tmp_path, broker.trust, service="o", name="x", authority="acme/workload", anchors=[]
    )
    (broker.tls / "broker.key").write_bytes((other / "o.key").read_bytes())
    held, why = sound(broker)
    assert not held
    assert "is not the key of" in why
    broker.hup()
    until(lambda: not broker.served(), "handshakes fail")
    assert not proven(broker, "0")[0]


def test_a_lists_forger_is_seen_by_the_check(spare, trust):
    broker = spare()
    (broker.tls / "broker-crl.pem").write_text(
        (broker.tls / "broker-crl.pem").read_text()
        + lapsed(make_authority(broker.trust, "borealis/device"))
    )
    held, why = sound(broker)
    assert not held
    assert "no authority of" in why


@pytest.mark.parametrize(
    ("replace", "seen"),
    [
        ((("require_certificate true", "require_certificate false"),
          ("use_identity_as_username true", "use_identity_as_username false"),
          ("use_username_as_clientid true", "use_username_as_clientid false"),
          ("allow_anonymous false", "allow_anonymous true")), "without a certificate"),
    ],
)  # fmt: skip
def test_the_canary_sees_a_broker_that_admits_anybody(spare, replace, seen):
    held, why = proven(spare(replace=replace), "0")
    assert not held
    assert seen in why


def test_the_canary_sees_a_broker_that_has_not_been_reloaded(spare):
    broker = spare()
    assert proven(broker) == (True, "")
    broker.renew()
    held, why = proven(broker, "0")
    assert not held
    assert "is not the one in" in why
    broker.hup()
    assert proven(broker, "5")[0]


def test_the_check_refuses_a_line_that_the_role_does_not_write(spare):
    broker = spare()
    broker.conf.write_text(broker.conf.read_text() + "allow_anonymous true\n")
    held, why = sound(broker)
    assert not held
    assert "allow_anonymous true" in why


def make_authority(trust, name):
    from bulkhead.trust.local import local

    local(trust).x509(name).anchor()
    return trust / name


def lapsed(authority):
    """A list that an authority signed and that ended a minute ago."""
    key = serialization.load_pem_private_key((authority / "key.pem").read_bytes(), None)
    anchor = x509.load_pem_x509_certificate((authority / "anchor.pem").read_bytes())
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(anchor.subject)
        .last_update(now - datetime.timedelta(hours=1))
        .next_update(now - datetime.timedelta(minutes=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()

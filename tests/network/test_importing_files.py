"""Brokers and authorities beside an import: read from their own files, wrong ones by their line."""

import pytest
from moto_estate import REGION
from odd_networks import NETWORKS
from test_importing import IMAGE, brought_in, ec2

from bulkhead.blueprint.loading import loads_imported
from bulkhead.cli.main import main
from bulkhead.environments.importing import Sources
from bulkhead.errors import WrongInput
from bulkhead.network.importing import broker
from bulkhead.trust.local import local

__all__ = ["ec2"]
CONFIGURATION = """
# a listener for plants
per_listener_settings true
listener 8883 0.0.0.0
certfile /etc/mosquitto/server.pem
require_certificate true
listener 1883 127.0.0.1
allow_anonymous true
"""
ACCESS = """
topic read public/#
user gw-1
topic write plants/gw-1/#
topic deny plants/gw-1/secret
user admin
topic readwrite #
pattern read tenants/%u/#
"""


@pytest.fixture
def written(tmp_path):
    """The paths of both files."""
    made = {"mosquitto.conf": CONFIGURATION, "acl": ACCESS}
    for name, text in made.items():
        (tmp_path / name).write_text(text)
    return tmp_path / "mosquitto.conf", tmp_path / "acl"


def test_a_broker_is_read_as_mosquitto_would(written):
    found = broker("", *written)
    assert [(one.port, one.tls, one.client_certificates) for one in found.listeners] == [
        (8883, True, True),
        (1883, False, False),
    ]
    users = {one.name: one for one in found.users}
    assert users["(anonymous)"].read == ["public/#"]
    assert (users["gw-1"].write, users["gw-1"].deny) == (["plants/gw-1/#"], ["plants/gw-1/secret"])
    assert users["admin"].read == users["admin"].write == ["#"]
    assert users["(everybody)"].read == ["tenants/%u/#"]


@pytest.mark.parametrize(
    ("text", "line"),
    [("listener x", ":1"), ("\nlistener 70000", ":2"), ("include_dir /etc/more", ":1")],
)
def test_a_configuration_that_cannot_be_read_is_told_with_its_line(tmp_path, text, line):
    path = tmp_path / "mosquitto.conf"
    path.write_text(text)
    with pytest.raises(WrongInput, match=f"conf{line}"):
        broker("", path, None)


def test_an_access_list_with_an_unknown_word_is_refused(tmp_path):
    path = tmp_path / "acl"
    path.write_text("user a\ngrant everything")
    with pytest.raises(WrongInput, match="acl:2: 'grant'"):
        broker("", None, path)


def test_what_a_broker_asks_of_clients_is_what_its_conduit_authenticates_by(ec2, written):
    NETWORKS["prefixes"](ec2, IMAGE)
    sources = Sources(mosquitto=(f"mqtt-1={written[0]}",), broker_acls=(f"mqtt-1={written[1]}",))
    text, found = brought_in(ec2, sources)
    (row,) = found.estate.brokers
    assert row.host == "mqtt-1"
    assert {user.name for user in row.users} == {"(anonymous)", "gw-1", "admin", "(everybody)"}
    assert "Every topic is open to admin" in text
    into = {way.id: way.authenticate for way in found.estate.conduits}
    assert into["mqtt from internet public"] == "mtls"
    assert into["data from mqtt and 1 more"] == "unknown"
    with pytest.raises(WrongInput, match="no host nobody was read"):
        brought_in(ec2, Sources(mosquitto=(f"nobody={written[0]}",)))


def test_an_authority_is_read_and_a_key_or_a_leaf_is_refused(ec2, tmp_path):
    NETWORKS["flat"](ec2, IMAGE)
    anchor = local(tmp_path / "trust").x509("acme/device").anchor()
    path = tmp_path / "ca.pem"
    path.write_text(anchor)
    _, found = brought_in(ec2, Sources(authorities=(path,)))
    (row,) = found.estate.authorities
    assert len(row.fingerprint) == 64
    assert row.owner == "unknown"
    for text in ("", "no certificate", "-----BEGIN PRIVATE KEY-----\n", anchor + anchor):
        path.write_text(text)
        with pytest.raises(WrongInput, match=r"ca\.pem"):
            brought_in(ec2, Sources(authorities=(path,)))


def test_an_import_without_credentials_is_missing_something(tmp_path, monkeypatch, capsys):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert main(["import", "found", "--out", str(tmp_path / "found.yaml")]) == 3
    said = capsys.readouterr().err
    assert "credentials" in said
    assert not (tmp_path / "found.yaml").exists()


def test_a_file_that_people_may_have_filled_in_is_not_replaced(tmp_path, capsys):
    path = tmp_path / "found.yaml"
    path.write_text("kind: imported\n")
    assert main(["import", "found", "--out", str(path)]) == 2
    assert "--force" in capsys.readouterr().err
    assert path.read_text() == "kind: imported\n"
    assert main(["import", "Found", "--out", str(tmp_path / "x")]) == 2


def test_what_people_fill_in_is_checked_with_its_place(ec2):
    NETWORKS["prefixes"](ec2, IMAGE)
    text, _ = brought_in(ec2)
    stated = "{FR1: 2, FR2: 2, FR3: 2, FR4: 2, FR5: 2, FR6: 2, FR7: 9}"
    cases = {
        text.replace("target: unknown", f"target: {stated}", 1): "FR7",
        text.replace("target: unknown", f"target: {stated.replace('9', '2')}", 1): "approved",
        text.replace("kind: storage", "kind: cellar", 1): "cellar",
        text.replace("services: [any]", "services: [tcp]", 1): "not a service",
        text.replace("role: broker", "rule: broker", 1): "did you mean `role`",
        text.replace("from: [internet]", "from: [elsewhere]", 1): "elsewhere",
    }
    for wrong, named in cases.items():
        assert wrong != text
        with pytest.raises(WrongInput, match=named) as caught:
            loads_imported(wrong, "found.yaml")
        assert all(row.where.startswith("found.yaml:") for row in caught.value.problems)


def test_a_denied_call_is_named_with_what_to_allow():
    from botocore.exceptions import ClientError

    from infra.inventory.aws import unreadable

    denied = {"Error": {"Code": "UnauthorizedOperation", "Message": "You are not authorized"}}
    (problem,) = unreadable(REGION, ClientError(denied, "DescribeVpcs")).problems
    assert "DescribeVpcs" in problem.what
    assert "ec2:Describe*" in problem.remedy

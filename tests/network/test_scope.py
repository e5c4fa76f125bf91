"""A signed scope: only what its signer allowed is tried, and nothing without a signature."""

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from plans import conduit_of, host_of, network_of, plan_of

from bulkhead.environments.aws import observe
from bulkhead.errors import WrongInput
from bulkhead.network.deployed import Deployed, Flow, Interface
from bulkhead.network.scope import load_scope, plant_hosts
from bulkhead.plan import IMPORTED, Approval, Zone

NOW = datetime.now(UTC)
TEXT = """hosts: [one]
rate: 100
from: {start}
until: {end}
"""


def text(start=NOW - timedelta(hours=1), end=NOW + timedelta(hours=1)):
    return TEXT.format(start=start.isoformat(), end=end.isoformat())


@pytest.fixture
def plan():
    return plan_of(
        networks=[network_of("a", 0, public=True), network_of("b", 1, public=True, standin=True)],
        hosts=[
            host_of("one", "a", address="10.0.0.10", public="203.0.113.1"),
            host_of("two", "a", address="10.0.0.11", public="203.0.113.2"),
            host_of("site", "b", address="10.1.0.10", public="198.51.100.7"),
        ],
        conduits=[conduit_of("in", "b/group", "a/group", "tcp", 8883, 8883, path="public")],
    )


@pytest.fixture
def owner(tmp_path):
    """An asset owner's key, and the list that names them."""
    key = tmp_path / "owner"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    public = (tmp_path / "owner.pub").read_text()
    (tmp_path / "signers").write_text(f"owner@customer.example {public}")
    return key


def signed(tmp_path, key, content):
    path = tmp_path / "scope.yaml"
    path.write_text(content)
    path.with_name("scope.yaml.sig").unlink(missing_ok=True)
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "bulkhead-probe", "-f", key, path]
    subprocess.run(command, check=True, capture_output=True)
    return path


def test_a_signed_scope_is_taken_and_its_signer_named(tmp_path, owner, plan):
    scope = load_scope(signed(tmp_path, owner, text()), tmp_path / "signers", plan)
    assert (scope.signer, scope.rate, scope.hosts) == ("owner@customer.example", 100, {"one"})


def test_a_scope_changed_after_it_was_signed_is_refused(tmp_path, owner, plan):
    path = signed(tmp_path, owner, text())
    path.write_text(text().replace("[one]", "[one, two]"))
    with pytest.raises(WrongInput, match="no valid signature"):
        load_scope(path, tmp_path / "signers", plan)


def test_a_strangers_signature_is_refused(tmp_path, owner, plan):
    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other], check=True)
    with pytest.raises(WrongInput, match="no valid signature"):
        load_scope(signed(tmp_path, other, text()), tmp_path / "signers", plan)


def test_a_scope_without_a_signature_is_refused(tmp_path, owner, plan):
    path = tmp_path / "scope.yaml"
    path.write_text(text())
    with pytest.raises(WrongInput, match=r"ssh-keygen -Y sign"):
        load_scope(path, tmp_path / "signers", plan)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("rate: 100", "rate: 0"),
        ("rate: 100", "rate: 100000"),
        ("rate: 100", "rate: fast"),
        ("[one]", "[nobody]"),
        ("[one]", "[]"),
        ("from:", "since:"),
        ("hosts", "- hosts"),
    ],
)
def test_a_scope_that_says_something_else_is_refused(tmp_path, owner, plan, old, new):
    path = signed(tmp_path, owner, text().replace(old, new))
    with pytest.raises(WrongInput):
        load_scope(path, tmp_path / "signers", plan)


def interface(host, public):
    return Interface(
        id=f"eni-{host}",
        instance=f"i-{host}",
        host=host,
        account="1",
        vpc="v",
        subnet="s",
        address="10.0.0.9",
        groups=(),
        public=public,
        running=True,
    )


DEPLOYED = Deployed(
    interfaces=(
        interface("one", "203.0.113.1"),
        interface("two", "203.0.113.2"),
        interface("site", "198.51.100.7"),
    )
)
FLOWS = (
    Flow("internet", "one", "public", "tcp", 8883),
    Flow("internet", "one", "public", "tcp", 22),
    Flow("internet", "one", "public", "udp", 53),
    Flow("internet", "two", "public", "tcp", 8883),
    Flow("internet", "site", "public", "tcp", 8883),
    Flow("two", "one", "private", "tcp", 8883),
)


def tried(scope, plan):
    asked = []

    def connect(address, port):
        asked.append((address, port))
        return port == 8883

    found = observe(FLOWS, DEPLOYED, scope, plant_hosts(plan), connect)
    return asked, {flow: row.verdict for flow, row in found.items()}


def test_only_what_the_scope_names_is_touched(tmp_path, owner, plan):
    scope = load_scope(signed(tmp_path, owner, text()), tmp_path / "signers", plan)
    asked, found = tried(scope, plan)
    assert asked == [("203.0.113.1", 8883), ("203.0.113.1", 22)]
    assert found[FLOWS[0]].outcome == "answered"
    assert {found[flow].outcome for flow in FLOWS[1:]} == {"not observed"}
    assert "not in the signed scope" in found[FLOWS[3]].because


def test_a_plants_asset_is_never_touched_whatever_a_scope_says(tmp_path, owner, plan):
    path = signed(tmp_path, owner, text().replace("[one]", "[one, site]"))
    asked, found = tried(load_scope(path, tmp_path / "signers", plan), plan)
    assert ("198.51.100.7", 8883) not in asked
    assert "a plant's asset is never probed" in found[FLOWS[4]].because


def test_outside_the_window_nothing_is_touched(tmp_path, owner, plan):
    late = text(NOW - timedelta(hours=2), NOW - timedelta(hours=1))
    scope = load_scope(signed(tmp_path, owner, late), tmp_path / "signers", plan)
    asked, found = tried(scope, plan)
    assert asked == []
    assert {row.outcome for row in found.values()} == {"not observed"}


def test_a_host_of_a_plant_s_zone_is_never_probed_in_an_imported_estate_either(plan):
    mine = [replace(row, stack=IMPORTED, standin=False) for row in plan.networks]
    zone = Zone(
        id="b",
        tenant="unknown",
        kind="ot",
        subnet="b",
        consequence=(),
        target=(0, 0, 0, 0, 0, 0, 0),
        reason="unknown",
        approval=Approval(by="", on=""),
    )
    hosts = [replace(row, zone=zone.id) if row.id == "site" else row for row in plan.hosts]
    imported = replace(plan, networks=tuple(mine), zones=(zone,), hosts=tuple(hosts))
    assert imported.imported
    assert plant_hosts(imported) == {"site"}
    assert plant_hosts(replace(imported, zones=(replace(zone, kind="storage"),))) == set()

"""Networks that another program made through the AWS API: imported, probed, found when opened."""

import json
import os

import pytest
import yaml
from odd_networks import ANYWHERE, NETWORKS, tcp

from bulkhead.cli.main import main
from infra.lab.region import launch
from infra.lab.region.state import JOURNAL
from infra.specs.images import BARE

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root for network namespaces")


@pytest.fixture(scope="module", params=NETWORKS)
def stands(request, tmp_path_factory):
    """A region with one of the odd networks, and what its maker knows of it."""
    state = tmp_path_factory.mktemp(request.param)
    info = launch.start(state / "lab")
    try:
        client = launch.clients(info)["platform"]
        yield state, info, client, NETWORKS[request.param](client, BARE)
    finally:
        launch.stop(state / "lab", forget=True)


@pytest.fixture(scope="module")
def estate(stands):
    """The file that `bulkhead import` makes of it, and how much it wrote through the API."""
    state = stands[0]
    before = (state / "lab" / JOURNAL).read_bytes()
    path = state / "found.yaml"
    asked = ["import", "found", "--env", "lab", "--state", str(state), "--out", str(path)]
    assert main(asked) == 0
    assert (state / "lab" / JOURNAL).read_bytes() == before
    return path


def probed(capsys, state, estate):
    capsys.readouterr()
    code = main(["probe", str(estate), "--env", "lab", "--state", str(state), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_imported_intent_model_and_packets_are_the_same(stands, estate, capsys):
    code, said = probed(capsys, stands[0], estate)
    assert [row["sentence"] for row in said["differences"]] == []
    assert code == 0
    assert said["packets"] > 50
    assert main(["plan", str(estate)]) == 0


def test_a_rule_opened_by_hand_is_found_by_probe_and_verify(stands, estate, capsys, monkeypatch):
    state, info, client, made = stands
    opened = client.authorize_security_group_ingress(
        GroupId=made["group"], IpPermissions=[tcp(3389, ANYWHERE)]
    )["SecurityGroupRules"][0]
    rule = opened["SecurityGroupRuleId"]
    try:
        code, said = probed(capsys, state, estate)
        way = [
            row
            for row in said["differences"]
            if (row["source"], row["target"]) == (made["source"], made["target"])
        ]
        assert code == 1
        assert {row["kind"] for row in way} == {"opened"}
        assert any(rule in row["sentence"] and row["observed"] == "answered" for row in way)
        assert not [r for r in said["differences"] if r["kind"] == "model-vs-packets"]
        assert rule in _verified(info, state, estate, capsys, monkeypatch)["declared-ways"]
    finally:
        client.revoke_security_group_ingress(GroupId=made["group"], SecurityGroupRuleIds=[rule])
    assert "declared-ways" not in _verified(info, state, estate, capsys, monkeypatch)


def _verified(info, state, estate, capsys, monkeypatch):
    """The failing controls, with why, as `verify --env aws` tells them of this region's API."""
    keys = launch.credentials(state / "lab")["platform"]
    for name, value in {
        "AWS_ENDPOINT_URL": info.endpoint,
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_DEFAULT_REGION": info.region,
    }.items():
        monkeypatch.setenv(name, value)
    capsys.readouterr()
    code = main(["verify", str(estate), "--env", "aws", "--state", str(state), "--json"])
    out, err = capsys.readouterr()
    assert code == 1, err
    said = json.loads(out)
    assert any("no target is stated" in note for note in said["notes"])
    return {
        row["control"]: " ".join(one["because"] for one in row["observations"])
        for row in said["results"]
        if row["verdict"] == "fail"
    }


def test_controls_see_packets_of_what_was_imported_and_never_break_it(stands, estate, capsys):
    capsys.readouterr()
    asked = ["verify", str(estate), "--env", "lab", "--state", str(stands[0])]
    main([*asked, "--json"])
    said = json.loads(capsys.readouterr().out)
    verdicts = {row["control"]: row["verdict"] for row in said["results"]}
    assert verdicts["declared-ways"] == "pass"
    (packets,) = [row for row in said["results"] if row["control"] == "packets"]
    told = {row["subject"]: row["verdict"] for row in packets["observations"]}
    assert "pass" in told.values()
    # Protocols without ports are declared here, and nothing sends them.
    assert all(said == "pass" or "/other-" in subject for subject, said in told.items()), told
    assert verdicts["private-keys"] == "not observed"
    assert main([*asked, "--sabotage", "routes"]) == 2
    assert "somebody else's" in capsys.readouterr().err


def test_what_stands_is_counted_by_compare(stands, estate, capsys):
    capsys.readouterr()
    asked = ["compare", str(estate), "--env", "lab", "--state", str(stands[0]), "--json"]
    assert main(asked) == 0
    (column,) = json.loads(capsys.readouterr().out)["tiers"]
    assert column["figures"]["hosts"] == len(stands[3]["hosts"])
    assert column["figures"]["rules"] > 0
    assert main(["compare", str(estate)]) == 2


def test_the_file_says_what_nobody_knows(estate):
    said = yaml.safe_load(estate.read_text())
    assert said["kind"] == "imported"
    assert {zone["target"] for zone in said["zones"]} == {"unknown"}

"""The controls on real machines: clean passes, sabotage is found, mended passes, silence is none.

One verification takes seconds, so that sabotages which touch different findings are done together.
Everything that is changed is put back.
"""

import json
from collections import Counter

import pytest

from bulkhead.cli.main import main
from bulkhead.controls.catalogue import CONTROLS, control
from bulkhead.environments.sabotaging import NOTE, _breaking, broken_by, changed, verdicts
from bulkhead.environments.verifying import ROOM, Where, latest, verify
from infra.ssh.files import write

EXAMPLE = "examples/estate.yaml"
TOGETHER = (
    ("zone-boundaries", "host-filters", "mutual-tls", "sessions", "events"),
    ("declared-ways", "certificates", "listening", "clocks", "log-storage"),
    ("routes", "private-keys", "ssh-entry", "packets", "egress-allowlist"),
    ("default-groups", "named-accounts", "sandboxes", "name-allowlist", "log-shipping"),
)
MESH = ("mesh-authorisation", "mesh-bypass")
"""Controls of what this estate has not: no tenant of it is on the mesh tier."""
PASS = len(CONTROLS) - len(MESH) - 1
"""What is in order; one more is accepted by the blueprint."""


@pytest.fixture(scope="module")
def where(machines_lab):
    return Where(environment="lab", state=machines_lab.state.parent)


@pytest.fixture(scope="module")
def before(where, example):
    """What is found of the lab as it stands; chrony may need a moment for its first source."""
    return verify(where, example)


def failing(found):
    return {(name, row.subject): row.because for name, row in found.failing}


def test_every_control_passes_on_an_estate_in_order(before):
    assert failing(before) == {}
    words = Counter(row.verdict for row in before.results)
    assert words == {"pass": PASS, "accepted": 1, "not observed": len(MESH)}
    assert all(result.observations for result in before.results)
    absent = [res.control for res in before.results for row in res.observations if row.absent]
    assert sorted(absent) == sorted(MESH)


def test_levels_are_achieved_where_all_is_decided(before):
    achieved = {(row.zone, row.requirement): row.achieved for row in before.levels}
    assert achieved["acme/storage", "FR6"] == 1
    assert achieved["acme/storage", "FR4"] == 1
    assert achieved["borealis/storage", "FR6"] is None
    assert achieved["acme/storage", "FR5"] == 0
    assert achieved["borealis/storage", "FR7"] is None


def test_the_groups_name_every_control_and_disjoint_findings(example):
    named = [name for group in TOGETHER for name in group]
    assert sorted([*named, *MESH]) == sorted(row.id for row in CONTROLS)
    for group in TOGETHER:
        declared = [key for name in group for key in control(name).sabotage.flips(example)]
        assert len(declared) == len(set(declared))


@pytest.mark.parametrize("names", TOGETHER, ids="+".join)
def test_sabotage_flips_exactly_the_declared_findings(where, example, before, names):
    controls = tuple(map(control, names))
    with broken_by(where, example, controls) as facts:
        during = verify(where, example, facts=facts)
    declared = {key for row in controls for key in row.sabotage.flips(example)}
    because = failing(during)
    flipped = changed(before, during)
    assert set(flipped) == declared, {key: because.get(key) for key in flipped}
    assert set(flipped.values()) == {"fail"}


def test_taken_back_everything_passes_again_and_the_command_says_so(where, example, before, capsys):
    arguments = ["verify", EXAMPLE, "--env", "lab", "--state", str(where.state)]
    assert main(arguments) == 0
    told = f"{len(CONTROLS)} controls: 1 accepted, {PASS} pass, {len(MESH)} not observed"
    assert f"in order; {told}" in capsys.readouterr().out
    kept = latest(where)
    assert kept is not None
    assert changed(before, kept) == {}
    assert not (where.state / ROOM / NOTE).exists()


def test_a_sabotage_that_was_cut_off_is_taken_back_by_the_next_verification(
    where, example, before, capsys
):
    chosen = control("private-keys")
    with _breaking(where) as breaking:
        breaking.break_(chosen.sabotage.steps(example))
    write(where.state / ROOM / NOTE, json.dumps({"controls": [chosen.id]}).encode(), 0o600)
    arguments = ["verify", EXAMPLE, "--env", "lab", "--state", str(where.state)]
    assert main([*arguments, "--control", chosen.id, "--json"]) == 0
    told = capsys.readouterr()
    assert "private-keys was cut off; taking it back" in told.err
    assert json.loads(told.out)["held"] is True


def test_a_host_that_cannot_be_entered_is_not_observed_and_the_others_are(
    where, example, before, machines_lab, capsys
):
    """Without its key on record nobody can tell who answers: it is not asked, and does not pass."""
    entry = machines_lab.entry()
    host = next(row for row in entry.hosts if row.host == "borealis/processing/inference-1")
    path = entry.room.directory / "known.json"
    known = path.read_text()
    rest = {name: key for name, key in json.loads(known).items() if name != host.instance}
    write(path, json.dumps(rest).encode(), 0o600)
    try:
        arguments = ["verify", EXAMPLE, "--env", "lab", "--state", str(where.state)]
        assert main([*arguments, "--control", "ssh-entry", "--control", "clocks", "--json"]) == 1
    finally:
        write(path, known.encode(), 0o600)
    said = json.loads(capsys.readouterr().out)
    rows = {
        (result["control"], row["subject"]): row
        for result in said["results"]
        for row in result["observations"]
    }
    for name in ("ssh-entry", "clocks"):
        assert rows[name, host.host]["verdict"] == "not observed"
        assert "SSH host key is not known" in rows[name, host.host]["because"]
        assert rows[name, "borealis/storage/historian-1"]["verdict"] == "pass"


def test_every_verdict_is_of_something_that_stands(before, example):
    subjects = {subject for _, subject in verdicts(before)}
    known = {
        row.id
        for kind in ("tenants", "zones", "hosts", "conduits", "networks")
        for row in getattr(example, kind)
    }
    assert subjects <= known | {example.estate}

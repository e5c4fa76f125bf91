"""The register of accepted findings: what it refuses, what it accepts, and for how long."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from told_estate import clean, plan, sabotaged

from bulkhead.controls.catalogue import CONTROLS, control
from bulkhead.controls.register import load
from bulkhead.controls.running import verified
from bulkhead.errors import WrongInput

ENTRY = {
    "control": "listening",
    "subject": "borealis/ingest/ingest-1",
    "owner": "shared/olga",
    "risk": "an exporter that nobody may reach",
    "measure": "the host's own filter lets nobody in",
    "approver": "borealis/ingrid",
    "expires": "2027-01-31",
}
BEFORE, AFTER = datetime(2027, 1, 31, 12, tzinfo=UTC), datetime(2027, 2, 1, 12, tzinfo=UTC)


def written(tmp_path, *entries):
    path = tmp_path / "accepted.yaml"
    lines = ["accepted:"]
    for entry in entries:
        rows = [f"{name}: {value}" for name, value in entry.items()]
        lines += [f"  - {rows[0]}", *(f"    {row}" for row in rows[1:])]
    path.write_text("\n".join(lines) + "\n")
    return path


def observation(found, name, subject):
    result = next(row for row in found.results if row.control == name)
    return next(row for row in result.observations if row.subject == subject)


def test_an_accepted_finding_stays_visible_and_fails_no_more(tmp_path):
    entries = load(written(tmp_path, ENTRY), plan())
    facts = sabotaged(control("listening"))
    found = verified(CONTROLS, facts, "test", entries, BEFORE)
    row = observation(found, ENTRY["control"], ENTRY["subject"])
    assert row.verdict == "accepted"
    assert row.compensated
    for word in ("4444", "borealis/ingrid", "2027-01-31", "shared/olga", ENTRY["measure"]):
        assert word in row.because
    assert not found.failing


def test_once_expired_it_fails_again_and_says_so(tmp_path):
    entries = load(written(tmp_path, ENTRY), plan())
    facts = sabotaged(control("listening"))
    found = verified(CONTROLS, facts, "test", entries, AFTER)
    row = observation(found, ENTRY["control"], ENTRY["subject"])
    assert row.verdict == "fail"
    assert "until 2027-01-31, which is over" in row.because
    assert [key for key, _ in found.failing] == ["listening"]


def test_another_subject_is_not_accepted(tmp_path):
    entries = load(written(tmp_path, ENTRY | {"subject": "acme/ingest/ingest-1"}), plan())
    found = verified(CONTROLS, sabotaged(control("listening")), "test", entries, BEFORE)
    assert observation(found, "listening", ENTRY["subject"]).verdict == "fail"


def test_an_entry_for_what_does_not_fail_is_noted(tmp_path):
    entries = load(written(tmp_path, ENTRY), plan())
    found = verified(CONTROLS, clean(), "test", entries, BEFORE)
    assert [note for note in found.notes if "the entry can go" in note]
    assert observation(found, "listening", ENTRY["subject"]).verdict == "pass"


def test_what_was_not_observed_cannot_be_accepted(tmp_path):
    entries = load(written(tmp_path, ENTRY), plan())
    facts = clean()
    gone = {name: row for name, row in facts.told[ENTRY["subject"]].items() if name != "sockets"}
    blind = replace(facts, told={**facts.told, ENTRY["subject"]: gone})
    found = verified(CONTROLS, blind, "test", entries, BEFORE)
    assert observation(found, "listening", ENTRY["subject"]).verdict == "not observed"


@pytest.mark.parametrize("name", ENTRY)
def test_every_field_is_needed(tmp_path, name):
    entry = {key: value for key, value in ENTRY.items() if key != name} or ENTRY
    with pytest.raises(WrongInput, match=f"`{name}` is missing"):
        load(written(tmp_path, entry), plan())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"control": "nonsense"}, "there is no control nonsense"),
        ({"approver": "shared/olga"}, "cannot accept it alone"),
        ({"approver": "shared/nobody"}, "is nobody of the plan"),
        ({"owner": "a machine"}, "is nobody of the plan"),
        ({"expires": "soon"}, "soon is no day"),
        ({"expires": "2027-02-30"}, "is no day"),
        ({"colour": "green"}, "`colour` means nothing here"),
    ],
)
def test_an_entry_that_is_wrong_is_refused_with_its_place(tmp_path, change, words):
    path = written(tmp_path, ENTRY | change)
    with pytest.raises(WrongInput) as caught:
        load(path, plan())
    [problem] = caught.value.problems
    assert words in problem.what
    assert problem.where.startswith(f"{path}:")


def test_a_finding_is_accepted_once(tmp_path):
    with pytest.raises(WrongInput, match="is accepted twice"):
        load(written(tmp_path, ENTRY, ENTRY), plan())


@pytest.mark.parametrize(
    "text", ["accepted: 7\n", "findings: []\n", "- accepted\n", "accepted: [7]\n"]
)
def test_what_is_no_register_is_refused(tmp_path, text):
    path = tmp_path / "accepted.yaml"
    path.write_text(text)
    with pytest.raises(WrongInput):
        load(path, plan())


def test_an_empty_register_accepts_nothing(tmp_path):
    path = tmp_path / "accepted.yaml"
    path.write_text("accepted: []\n")
    assert load(path, plan()) == ()


def test_a_register_that_is_not_there_is_wrong_input(tmp_path):
    with pytest.raises(WrongInput):
        load(tmp_path / "none.yaml", plan())

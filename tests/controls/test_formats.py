"""How a verification is written down, and read back."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from told_estate import clean, plan, sabotaged

from bulkhead.controls.catalogue import CONTROLS, control
from bulkhead.controls.facts import Unknown
from bulkhead.controls.formats import document, junit, restored, sarif
from bulkhead.controls.register import Accepted
from bulkhead.controls.results import Observation, Result, Verification
from bulkhead.controls.running import verified


@pytest.fixture(scope="module")
def found():
    """One of each: passes, a failure, an accepted one, not observed, and none to be had."""
    facts = sabotaged(control("listening"))
    facts = replace(facts, came=Unknown("the store is silent"))
    facts = replace(facts, tried=Unknown("no packet is sent here", absent=True))
    accepted = Accepted(
        control="listening",
        subject="borealis/ingest/ingest-1",
        owner="shared/olga",
        risk="known",
        measure="watched",
        approver="borealis/ingrid",
        expires=date(2999, 1, 1),
    )
    host = "borealis/storage/historian-1"
    facts = replace(
        facts, servers={**facts.servers, host: replace(facts.servers[host], anonymous=True)}
    )
    return verified(CONTROLS, facts, "test", [accepted], datetime(2026, 1, 1, tzinfo=UTC))


def test_the_document_is_read_back_as_it_was(found):
    said = json.loads(json.dumps(document(found)))
    assert restored(said) == found
    assert said["held"] is False
    verdicts = {row["control"]: row["verdict"] for row in said["results"]}
    assert verdicts["mutual-tls"] == "fail"
    assert verdicts["listening"] == "accepted"
    assert verdicts["events"] == "not observed"


def test_a_document_of_another_form_is_refused():
    with pytest.raises((KeyError, TypeError, ValueError)):
        restored({"estate": "x"})


def test_what_fails_is_what_should_have_been_seen_and_what_failed(found):
    failing = {(name, row.verdict) for name, row in found.failing}
    assert ("mutual-tls", "fail") in failing
    assert ("events", "not observed") in failing
    assert not {name for name, _ in failing} & {"packets", "listening"}


def test_a_control_that_looked_at_nothing_is_not_in_order():
    empty = Result(
        control="x", title="", owner="shared", remediation="", mappings=(), observations=()
    )
    none = Verification(
        estate="e", digest="", environment="sim", at="", results=(empty,), levels=()
    )
    assert empty.verdict == "not observed"
    assert [name for name, _ in none.failing] == ["x"]


def test_junit_counts_failures_errors_and_skipped(found):
    root = ElementTree.fromstring(junit(found))
    assert root.tag == "testsuites"
    cases = root.findall("./testsuite/testcase")
    assert len(cases) == int(root.get("tests"))
    for kind, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(root.get(kind)) == len(root.findall(f"./testsuite/testcase/{tag}")) > 0
    suites = {suite.get("name"): suite for suite in root}
    assert set(suites) == {row.id for row in CONTROLS}
    failed = suites["mutual-tls"].find("./testcase[failure]")
    assert failed.get("name") == "borealis/storage/historian-1"
    assert "without a certificate" in failed.find("failure").get("message")
    assert suites["listening"].get("skipped") == "1"
    assert suites["events"].get("errors") != "0"
    assert suites["packets"].get("failures") == "0"


def test_junit_survives_what_xml_cannot_hold():
    row = Observation(subject="a\x00b", verdict="fail", expected="", seen="\x1b[31m", because="<&>")
    result = Result(
        control="x", title="", owner="shared", remediation="", mappings=(), observations=(row,)
    )
    text = junit(
        Verification(estate="e", digest="", environment="sim", at="", results=(result,), levels=())
    )
    [failure] = ElementTree.fromstring(text).findall(".//failure")
    assert failure.get("message") == "<&>"


def test_sarif_has_what_the_standard_requires(found):
    log = json.loads(json.dumps(sarif(found)))
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"]
    assert [rule["id"] for rule in rules] == [row.id for row in CONTROLS]
    assert len(run["results"]) == sum(len(row.observations) for row in found.results)
    for row in run["results"]:
        assert rules[row["ruleIndex"]]["id"] == row["ruleId"]
        assert row["message"]["text"]
        assert row["kind"] in ("pass", "fail", "review")
        # SARIF 2.1.0, 3.27.10: a kind other than `fail` has level `none`.
        assert (row["level"] == "none") == (row["kind"] != "fail")
        [location] = row["locations"]
        assert location["logicalLocations"][0]["fullyQualifiedName"]
        assert row["partialFingerprints"]
    assert run["invocations"][0]["executionSuccessful"] is True
    assert run["invocations"][0]["endTimeUtc"].endswith("Z")


def test_sarif_suppresses_what_is_accepted_with_its_justification(found):
    [run] = sarif(found)["runs"]
    suppressed = [row for row in run["results"] if "suppressions" in row]
    assert {row["ruleId"] for row in suppressed} == {"listening", "zone-boundaries"}
    words = [row["suppressions"][0]["justification"] for row in suppressed]
    assert all("accepted by" in word for word in words)


def test_fingerprints_are_stable_and_one_for_each_finding(found):
    def prints(log):
        return [row["partialFingerprints"]["finding/v1"] for row in log["runs"][0]["results"]]

    again = sarif(verified(CONTROLS, clean(), "test"))
    assert len(set(prints(sarif(found)))) == len(prints(sarif(found)))
    assert set(prints(again)) == set(prints(sarif(found)))
    assert plan().estate == "example"

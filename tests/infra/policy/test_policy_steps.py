"""What the engine's steps loosen: encryption, retention, recording."""

import pytest

from infra.policy.steps import PROTECTS, loosens


def locked(days=0, years=0, mode="COMPLIANCE"):
    return {"rule": {"defaultRetention": {"mode": mode, "days": days, "years": years}}}


LOOSENED = [
    ("BucketObjectLockConfiguration", locked(years=2), locked(days=400), "keeps for 400 days whe"),
    ("BucketObjectLockConfiguration", locked(1), locked(1, mode="GOVERNANCE"), "COMPLIANCE"),
    (
        "BucketVersioning",
        {"versioningConfiguration": {"status": "Enabled"}},
        {"versioningConfiguration": {"status": "Suspended"}},
        "keeps no versions",
    ),
    ("FlowLog", {"trafficType": "ALL"}, {"trafficType": "REJECT"}, "no longer records all"),
    (
        "Instance",
        {"rootBlockDevice": {"encrypted": True}},
        {"rootBlockDevice": {"encrypted": False}},
        "no longer encrypted",
    ),
    ("Instance", {"rootBlockDevice": {"encrypted": True}}, {}, "no longer encrypted"),
    (
        "Instance",
        {"metadataOptions": {"httpTokens": "required"}},
        {"metadataOptions": {"httpTokens": "optional"}},
        "IMDSv1",
    ),
    ("Key", {"enableKeyRotation": True}, {"enableKeyRotation": False}, "no longer rotated"),
    ("Trail", {"isMultiRegionTrail": True}, {}, "one region alone"),
    ("Trail", {"enableLogFileValidation": True}, {}, "no longer be validated"),
    ("Trail", {}, {"enableLogging": False}, "switched off"),
    ("BucketPublicAccessBlock", {"blockPublicAcls": True}, {}, "blockPublicAcls"),
]


@pytest.mark.parametrize(("kind", "before", "after", "said"), LOOSENED)
def test_less_than_before_is_said_and_more_is_not(kind, before, after, said):
    (line,) = loosens(kind, "x", before, after)
    assert said in line
    assert list(loosens(kind, "x", after, before)) == []
    assert list(loosens(kind, "x", before, before)) == []


@pytest.mark.parametrize("kind", PROTECTS)
def test_what_protects_is_missed_when_it_goes_and_not_when_it_comes(kind):
    (line,) = loosens(kind, "x", {}, None)
    assert "is removed" in line
    assert list(loosens(kind, "x", None, {})) == []


def test_what_protects_nothing_may_go():
    assert list(loosens("Subnet", "x", {}, None)) == []

"""A verification as SARIF 2.1.0 (OASIS): a rule for each control, a result for each subject.

Subjects are no files: they are logical locations. An accepted finding is suppressed, with its
justification; one that was not observed is a result that is open to review.
"""

import hashlib
from typing import Any

from bulkhead.controls.catalogue import CONTROLS
from bulkhead.controls.results import Observation, Result, Verification

VERSION = "2.1.0"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
KINDS = {"fail": "fail", "accepted": "fail", "pass": "pass", "not observed": "review"}


def sarif(found: Verification) -> dict[str, Any]:
    """The log, as JSON data."""
    return {
        "$schema": SCHEMA,
        "version": VERSION,
        "runs": [
            {
                "tool": {"driver": _driver(found)},
                "invocations": [{"executionSuccessful": True, "endTimeUtc": _utc(found.at)}],
                "results": [
                    _result(index, result, row)
                    for index, result in enumerate(found.results)
                    for row in result.observations
                ],
                "properties": {
                    "estate": found.estate,
                    "environment": found.environment,
                    "planDigest": found.digest,
                },
            }
        ],
    }


def _utc(at: str) -> str:
    return at.replace("+00:00", "Z")


def _driver(found: Verification) -> dict[str, Any]:
    why = {row.id: row.why for row in CONTROLS}
    return {
        "name": "bulkhead verify",
        "rules": [
            {
                "id": row.control,
                "shortDescription": {"text": row.title},
                "fullDescription": {"text": why.get(row.control, row.title)},
                "help": {"text": row.remediation},
                "defaultConfiguration": {"level": "error"},
                "properties": {
                    "owner": row.owner,
                    "tags": [f"{framework} {name}" for framework, name in row.mappings],
                },
            }
            for row in found.results
        ],
    }


def _result(index: int, result: Result, row: Observation) -> dict[str, Any]:
    kind = KINDS[row.verdict]
    name = f"{result.control} {row.subject}"
    said: dict[str, Any] = {
        "ruleId": result.control,
        "ruleIndex": index,
        "kind": kind,
        # A level other than none is for failures alone (SARIF 3.27.10).
        "level": "error" if kind == "fail" else "none",
        "message": {"text": f"{row.subject}: {row.because or row.seen or row.expected}"},
        "locations": [
            {"logicalLocations": [{"fullyQualifiedName": row.subject, "kind": "resource"}]}
        ],
        "partialFingerprints": {"finding/v1": hashlib.sha256(name.encode()).hexdigest()},
    }
    if row.verdict == "accepted":
        said["suppressions"] = [{"kind": "external", "justification": row.because}]
    return said

"""`status` says which S3 serves which bucket, and believes only what a probe has shown."""

import json
from pathlib import Path

from told_estate import clean, plan, sabotaged

from bulkhead.controls.catalogue import CONTROLS, control
from bulkhead.controls.formats import document
from bulkhead.controls.running import verified
from bulkhead.environments.buckets import MOTO, OTHERS, buckets

STORE = "shared/audit/logstore-1"
SAID = {
    "aws_endpoint": "http://127.0.0.1:1",
    "hosts_kind": "machines",
    "hosts": [{"host": STORE, "address": "10.0.32.10", "running": True}],
}


def kept(state: Path, facts) -> None:
    (state / "verify").mkdir()
    found = verified(CONTROLS, facts, "lab")
    (state / "verify" / "lab.json").write_text(json.dumps(document(found)))


def test_a_store_is_not_believed_before_it_was_tried(tmp_path):
    log, other = buckets(plan(), SAID, tmp_path / "lab")
    assert log["bucket"] == "example-logs-365d"
    assert log["served_by"] == f"MinIO on {STORE}, 10.0.32.10:9000"
    assert log["believed"] == "not verified"
    assert (other["bucket"], other["believed"], other["because"]) == (OTHERS, "no", MOTO)


def test_a_store_that_refused_everything_is_believed(tmp_path):
    kept(tmp_path, clean())
    assert buckets(plan(), SAID, tmp_path / "lab")[0]["believed"] == "yes"


def test_a_store_that_allowed_something_is_not_and_it_is_told_what(tmp_path):
    kept(tmp_path, sabotaged(control("log-storage")))
    log = buckets(plan(), SAID, tmp_path / "lab")[0]
    assert log["believed"] == "no"
    assert "shorten the retention" in log["because"]


def test_bare_hosts_store_nothing(tmp_path):
    rows = buckets(plan(), SAID | {"hosts_kind": "bare"}, tmp_path / "lab")
    assert [row["bucket"] for row in rows] == [OTHERS]

"""What the region delivers: each flow to its interface's tenant, calls without secrets."""

import json
from types import SimpleNamespace

from infra.lab.delivery import lines

FLOW = "2 111111111111 {} 10.0.0.1 10.0.0.2 5 6 6 1 60 1 1 ACCEPT OK -"
OWNERS = lines.tenants(
    [
        SimpleNamespace(id="eni-a", host="acme/ingest/broker-1"),
        SimpleNamespace(id="eni-s", host="shared/admin/bastion-1"),
    ]
)
PREFIXES = {"acme": "b/acme/flows/", "shared": "b/shared/flows/"}


def delivered(*interfaces):
    text = "".join(FLOW.format(row) + "\n" for row in interfaces)
    kept = lines.owned(lambda: OWNERS)(text.encode())
    return lines.split(PREFIXES)(kept)


def test_a_flow_goes_to_the_tenant_of_its_interface_as_it_was_written():
    found = delivered("eni-a", "eni-s", "eni-a")
    assert found["b/acme/flows/"].decode() == (FLOW.format("eni-a") + "\n") * 2
    assert found["b/shared/flows/"].decode() == FLOW.format("eni-s") + "\n"


def test_what_nobody_owns_is_the_providers_and_nothing_is_dropped():
    found = delivered("-", "eni-unknown")
    assert set(found) == {"b/shared/flows/"}
    assert found["b/shared/flows/"].count(b"\n") == 2


def test_a_batch_is_split_as_it_was_kept_whoever_owns_what_by_then():
    kept = lines.owned(lambda: OWNERS)(FLOW.format("eni-a").encode() + b"\n")
    OWNERS.pop("eni-a", None)
    try:
        assert set(lines.split(PREFIXES)(kept)) == {"b/acme/flows/"}
    finally:
        OWNERS["eni-a"] = "acme"


def test_a_call_is_told_without_its_body_and_its_headers():
    said = {
        "number": 7, "at": 1_800_000_000.0, "account": "111111111111", "access_key": "AKIA",
        "service": "ssm", "region": "eu-central-1", "action": "PutParameter", "method": "POST",
        "path": "/", "query": "", "headers": {"x": "hidden"}, "body": "Value=hidden", "status": 200,
    }  # fmt: skip
    record = json.loads(lines.calls(json.dumps(said).encode() + b"\n"))
    assert "hidden" not in json.dumps(record)
    assert (record["eventName"], record["eventSource"]) == ("PutParameter", "ssm.amazonaws.com")
    assert record["eventTime"] == "2027-01-15T08:00:00+00:00"


def test_a_line_that_cannot_be_read_is_told_too():
    assert json.loads(lines.calls(b"torn\n")) == {"eventName": "unreadable"}

"""The region's delivery, to a real store: flows by tenant, calls to the provider; away and back."""

import json
import time
from types import SimpleNamespace

import pytest
from minio_fixture import BUCKET, minio

from bulkhead.services.objectstore.config import Putter, opened
from bulkhead.services.objectstore.settle import policy
from bulkhead.trust.local import local
from infra.lab.delivery import Delivery, Target, appoint, delivering
from infra.lab.delivery.target import KEY, ROOM

__all__ = ["minio"]
FLOW = "2 1 {} 10.0.0.1 10.0.0.2 5 6 6 1 60 1 1 ACCEPT OK -\n"


@pytest.fixture
def region(minio, tmp_path, monkeypatch):
    """A state directory, and its delivery; the way to the store is loopback's own."""
    monkeypatch.setattr(delivering, "PACE", 0.05)
    monkeypatch.setattr(delivering, "_way", lambda _target: None)
    prefixes = {"acme": f"{BUCKET}/acme/flows/", "shared": f"{BUCKET}/shared/flows/"}
    rows = (*prefixes.values(), f"{BUCKET}/shared/api/")
    policy(opened(minio.config), Putter(name="shared.region.delivery", prefixes=rows))
    interfaces = [SimpleNamespace(id="eni-a", host="acme/ingest/broker-1")]
    (tmp_path / "flow.log").write_text(FLOW.format("eni-a") + FLOW.format("-"))
    (tmp_path / "journal.jsonl").write_text("{}\n")
    delivery = Delivery(tmp_path, lambda: interfaces)
    delivery.start()
    target = Target(
        namespace="none",
        port=minio.port,
        name="shared.audit.logstore-1",
        flows=prefixes,
        api=f"{BUCKET}/shared/api/",
    )
    trust = local(minio.room / "trust").x509("shared/workload")
    yield SimpleNamespace(
        state=tmp_path, appoint=lambda: appoint(tmp_path, target, trust, "shared.region.delivery")
    )
    delivery.stop()


def below(minio, prefix):
    store = opened(minio.config)
    keys = store.send("GET", BUCKET, query={"list-type": "2", "prefix": prefix}).texts("Key")
    return b"".join(store.send("GET", BUCKET, key).body for key in sorted(keys)).decode()


def wait(what):
    end = time.monotonic() + 30
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_flows_and_calls_are_delivered_once_a_store_is_appointed(minio, region):
    assert not (region.state / ROOM / "spool").exists()
    region.appoint()
    wait(lambda: below(minio, "shared/api/"))
    wait(lambda: below(minio, "shared/flows/"))
    assert below(minio, "acme/flows/") == FLOW.format("eni-a")
    assert below(minio, "shared/flows/") == FLOW.format("-")
    assert (region.state / ROOM / KEY).stat().st_mode & 0o777 == 0o600
    with (region.state / "flow.log").open("a") as file:
        file.write(FLOW.format("eni-a"))
    wait(lambda: below(minio, "acme/flows/").count("\n") == 2)
    said = json.loads((region.state / ROOM / "status.json").read_text())
    assert said["faults"] == {}

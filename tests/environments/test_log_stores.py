"""The store of logs in an account: S3 by its own API. moto's stands there, and is not believed."""

import logging
from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from bulkhead.blueprint import expand, load
from bulkhead.controls.catalogue import log_storage
from bulkhead.controls.unknown import Unknown
from bulkhead.environments.facts.objects import in_account
from bulkhead.plan import logs

EXAMPLE = Path(__file__).parents[2] / "examples" / "estate.yaml"


@pytest.fixture(scope="module")
def plan():
    return expand(load(EXAMPLE))


@pytest.fixture(scope="module")
def account(plan):
    """An account whose buckets are as the plan wants them, at moto's S3."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    patch = pytest.MonkeyPatch()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        patch.setenv(name, "testing-only")
    patch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
    session = boto3.session.Session(region_name=plan.region)
    s3 = session.client("s3")
    for name, days in logs.buckets(plan, logs.retention(plan)).items():
        s3.create_bucket(
            Bucket=name,
            ObjectLockEnabledForBucket=True,
            CreateBucketConfiguration={"LocationConstraint": plan.region},
        )
        rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": days}}
        s3.put_object_lock_configuration(
            Bucket=name,
            ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule},
        )
    yield session
    patch.undo()
    server.stop()


class Facts:
    """What the control reads, of a plan and a store."""

    def __init__(self, plan, store):
        self.plan, self.hosts, self._store = plan, plan.hosts, store

    def log_store(self, _host):
        return self._store


def verdicts(plan, store):
    return {row.subject: row for row in log_storage.observe(Facts(plan, store))}


def test_motos_buckets_look_right_and_are_not_believed(plan, account):
    found = verdicts(plan, in_account(plan, account))
    assert found["acme"].verdict == "pass"
    store = found["shared/audit/logstore-1"]
    assert store.verdict == "fail"
    for allowed in ("shorten the retention: allowed", "suspend versioning: allowed"):
        assert allowed in store.because


def test_a_bucket_that_is_missing_fails_its_tenants(plan, account):
    longer = replace(plan, tenants=tuple(replace(row, retention=9999) for row in plan.tenants))
    found = verdicts(longer, in_account(plan, account))
    assert found["acme"].verdict == "fail"
    assert "9999d is not there" in found["acme"].because


def test_without_credentials_nothing_was_observed(plan, monkeypatch):
    class Nobody:
        def get_credentials(self):
            return None

        def client(self, _name):
            return boto3.client("s3", region_name=plan.region)

    found = in_account(plan, Nobody())
    assert isinstance(found, Unknown)
    assert {row.verdict for row in verdicts(plan, found).values()} == {"not observed"}

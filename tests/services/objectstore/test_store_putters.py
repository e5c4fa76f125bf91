"""Who may do what at the store: putters put, administrators of a tenant shorten nothing."""

from datetime import datetime

import pytest
from minio_fixture import BUCKET, PUTTER

from bulkhead.errors import BulkheadError
from bulkhead.services.objectstore.config import Kept, Putter, opened
from bulkhead.services.objectstore.probe import look
from bulkhead.services.objectstore.settle import bucket, policy
from bulkhead.services.objectstore.worm import ATTEMPTS, Locked
from bulkhead.services.shipper.identity import Identity

LONGER = (
    b"<Retention><Mode>COMPLIANCE</Mode>"
    b"<RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>"
)


@pytest.fixture(scope="module")
def putter(minio):
    """The shipper's own connection."""
    store = minio.bearer(PUTTER)
    store.who = Identity(lambda: minio.bearer(PUTTER)).credentials()
    yield store
    store.close()


def test_a_putter_puts_below_its_prefix(putter):
    assert putter.send("PUT", BUCKET, "acme/events/x/1", body=b"x").ok


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("PUT", (BUCKET, "borealis/events/x/1"), {}),
        ("PUT", ("example-logs-365d", "acme/events/x/1"), {}),
        ("GET", (BUCKET, "acme/events/x/2"), {}),
        ("HEAD", (BUCKET, "acme/events/x/2"), {}),
        ("DELETE", (BUCKET, "acme/events/x/2"), {}),
        ("GET", (BUCKET,), {"list-type": "2", "prefix": "acme/"}),
        ("GET", (BUCKET,), {"versions": ""}),
        ("GET", (BUCKET,), {"object-lock": ""}),
        ("PUT", (BUCKET, "acme/events/x/2"), {"retention": ""}),
        ("PUT", (BUCKET,), {"versioning": ""}),
        ("GET", ("minio", "admin", "v3", "list-canned-policies"), {}),
    ],
)
def test_a_putter_can_do_nothing_else(putter, minio, method, path, query):
    assert putter.send("PUT", BUCKET, "acme/events/x/2", body=b"x").ok
    body = LONGER if method == "PUT" else b""
    assert putter.send(method, *path, query=query, body=body).status == 403


def test_what_was_put_once_is_not_put_again(putter):
    headers = {"if-none-match": "*"}
    first = putter.send("PUT", BUCKET, "acme/events/x/3", headers=headers, body=b"x")
    again = putter.send("PUT", BUCKET, "acme/events/x/3", headers=headers, body=b"x")
    assert (first.status, again.status) == (200, 412)


def test_a_certificate_that_the_store_was_not_told_of_gets_nothing(minio):
    said = Identity(lambda: minio.bearer("acme.ingest.broker-1")).credentials()
    assert "no credentials" in said


def test_without_a_certificate_nobody_gets_credentials(minio):
    def opened_without():
        store = opened(minio.config)
        store.who = None
        return store

    assert "no credentials" in Identity(opened_without).credentials()


def test_a_tenants_administrator_with_every_right_on_its_prefix_shortens_nothing(minio):
    """Its policy allows everything on its logs, the governance bypass too: the lock refuses."""
    store, name = opened(minio.config), "acme.admin.all"
    policy(store, Putter(name=name, prefixes=(f"{BUCKET}/acme/",)))
    text = (
        b'{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:*"],'
        b'"Resource":["arn:aws:s3:::%s/acme/*"]}]}' % BUCKET.encode()
    )
    path = ("minio", "admin", "v3", "add-canned-policy")
    assert store.send("PUT", *path, query={"name": name}, body=text).ok
    admin = minio.bearer(name)
    admin.who = Identity(lambda: minio.bearer(name)).credentials()
    put = admin.send("PUT", BUCKET, "acme/events/mine", body=b"a log")
    version = put.headers["x-amz-version-id"]
    told = admin.send("GET", BUCKET, "acme/events/mine", query={"retention": ""})
    until = told.texts("RetainUntilDate")[0]
    end = datetime.fromisoformat(until.replace("Z", "+00:00"))
    there = Locked(bucket=BUCKET, key="acme/events/mine", version=version, until=end, now=put.at)
    for row in ATTEMPTS:
        asked = row.call(there)
        if asked.key and row.wanted == "refused":
            answer = admin.send(
                asked.method,
                BUCKET,
                asked.key,
                query=asked.query,
                headers=asked.headers,
                body=asked.body,
            )
            assert 400 <= answer.status < 500, row.name
    again = admin.send("GET", BUCKET, "acme/events/mine", query={"retention": ""})
    assert again.texts("RetainUntilDate") == [until]


def test_settling_lengthens_a_retention_and_never_shortens_one(minio):
    store = opened(minio.config)
    bucket(store, Kept(name="grows", days=10))
    assert bucket(store, Kept(name="grows", days=20)) == ["grows: COMPLIANCE for 20 days"]
    with pytest.raises(BulkheadError, match="never shortened"):
        bucket(store, Kept(name="grows", days=10))
    assert look(store, "grows").days == 20


def test_a_bucket_that_stands_without_a_lock_is_refused(minio):
    store = opened(minio.config)
    assert store.send("PUT", "no-lock").ok
    with pytest.raises(BulkheadError, match="ObjectLock"):
        bucket(store, Kept(name="no-lock", days=10))

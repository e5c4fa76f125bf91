"""The WORM probe believes a store that refuses everything, and none that merely says it locks."""

import json
import logging

import pytest
from minio_fixture import BUCKET
from moto.server import ThreadedMotoServer

from bulkhead.services.objectstore.client import Store
from bulkhead.services.objectstore.config import Kept, opened
from bulkhead.services.objectstore.probe import look, probe
from bulkhead.services.objectstore.settle import bucket, keep
from bulkhead.services.objectstore.sigv4 import Credentials
from bulkhead.services.objectstore.worm import ATTEMPTS, ENDED, SHOWN


@pytest.fixture(scope="module")
def moto():
    """moto's S3: an API that says it locks."""
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    yield Store("127.0.0.1", port, who=Credentials(access_key="a", secret_key="b"))
    server.stop()


def results(found):
    return {row.name: row.result for row in found}


def failing(found):
    return {row.name for row in found if not row.held}


def test_minio_is_believed_for_it_refuses_every_attempt(minio):
    store = opened(minio.config)
    found = probe(store, look(store, BUCKET))
    assert failing(found) == set(), [row for row in found if not row.held]
    assert {row.name for row in found} == {*(row.name for row in ATTEMPTS), SHOWN, ENDED}
    assert sum(row.result == "refused" for row in found) == 9


def test_motos_s3_is_not_believed_and_each_thing_it_allows_is_named(moto):
    bucket(moto, Kept(name="logs", days=3))
    found = probe(moto, look(moto, "logs"))
    assert failing(found) >= {
        "shorten the retention",
        "change COMPLIANCE to GOVERNANCE",
        "suspend versioning",
        SHOWN,
    }
    assert results(found)["delete the locked version"] == "refused"


def test_what_a_store_allowed_by_mistake_is_taken_back(moto):
    bucket(moto, Kept(name="again", days=3))
    probe(moto, look(moto, "again"))
    assert look(moto, "again").versioned


def test_a_bucket_in_governance_mode_is_found_by_what_it_allows(minio):
    store = opened(minio.config)
    bucket(store, Kept(name="soft-logs", days=1))
    assert keep(store, Kept(name="soft-logs", days=1), mode="GOVERNANCE").ok
    found = probe(store, look(store, "soft-logs"))
    assert failing(found) >= {
        "delete it with the governance bypass",
        "shorten the retention",
        SHOWN,
    }


def test_a_bucket_that_does_not_lock_is_not_touched(minio):
    store = opened(minio.config)
    assert store.send("PUT", "plain-bucket").ok
    found = probe(store, look(store, "plain-bucket"))
    assert {row.result for row in found} == {"not observed"}
    assert store.send("GET", "plain-bucket").texts("Key") == []


def test_a_store_that_does_not_answer_was_not_observed():
    nobody = Store("127.0.0.1", 1, who=Credentials(access_key="a", secret_key="b"))
    found = probe(nobody, look(nobody, "logs"))
    assert {row.result for row in found} == {"not observed"}
    assert "Refused" in found[0].answer


def test_credentials_that_may_do_nothing_prove_no_lock(minio):
    """A refusal for want of a permission is no refusal of the lock's: the allowed ones show it."""
    store = opened(minio.config)
    there = look(store, BUCKET)
    store.who = Credentials(access_key="nobody", secret_key="at-all-here")
    assert {row.result for row in probe(store, there)} == {"not observed"}


def test_the_probe_on_the_host_tells_it_as_json(minio, tmp_path, monkeypatch, capsys):
    from bulkhead.services.objectstore.__main__ import main

    file = tmp_path / "objectstore.toml"
    config = minio.config
    file.write_text(
        f'address = "{config.address}"\nport = {config.port}\nname = "{config.name}"\n'
        f'anchors = "{config.anchors}"\nroot = "{config.root}"\n'
        f'[[buckets]]\nname = "{BUCKET}"\ndays = 90\n'
    )
    assert main("probe", str(file)) == 0
    said = json.loads(capsys.readouterr().out)
    [row] = said["buckets"]
    assert all(each["result"] == each["wanted"] for each in row["outcomes"])
    assert said["seconds"] > 0
    assert main("settle", str(file)) == 0

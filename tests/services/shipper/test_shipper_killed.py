"""The shipper as a process, against a real store: killed at any moment, it ships each line once."""

import json
import re
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from minio_fixture import BUCKET, NAME, PUTTER, minio

from bulkhead.services.objectstore.config import opened
from bulkhead.services.shipper.config import load
from bulkhead.services.shipper.trying import tried

__all__ = ["minio"]
ROOT = Path(__file__).parents[3]
HOST = "acme.ingest.broker-1"
PREFIX = f"{BUCKET}/acme/events/"


class Bench:
    def __init__(self, minio, room, limit=4 << 20):
        self.minio, self.room = minio, room
        pem, key = minio.issue(PUTTER, "client")
        (room / "hosts").mkdir()
        self.log = room / "hosts" / f"{HOST}.log"
        self.file = room / "shipper.toml"
        self.file.write_text(
            f'spool = "{room}/spool"\nlimit = {limit}\nstatus = "{room}/status.json"\n'
            f'folder = "{room}/hosts"\nother = "{PREFIX}"\n'
            f'[store]\naddress = "127.0.0.1"\nport = {minio.port}\nname = "{NAME}"\n'
            f'[tls]\nkey = "{key}"\ncertificate = "{pem}"\nanchors = "{minio.room}/anchors.pem"\n'
        )

    def start(self):
        command = [sys.executable, "-m", "bulkhead.services.shipper", str(self.file)]
        return subprocess.Popen(command, cwd=ROOT)

    def status(self):
        path = self.room / "status.json"
        return json.loads(path.read_text()) if path.exists() else {"objects": 0, "waiting": -1}

    def shipped(self):
        """(keys, versions, everything in their order) below the prefix of this host."""
        store = opened(self.minio.config)
        prefix = f"acme/events/{HOST}/"
        keys = store.send("GET", BUCKET, query={"list-type": "2", "prefix": prefix}).texts("Key")
        rows = store.send("GET", BUCKET, query={"versions": "", "prefix": prefix})
        bodies = [store.send("GET", BUCKET, key).body for key in sorted(keys)]
        return keys, rows.texts("Key"), b"".join(bodies).decode()


def wait(what, seconds=60):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def newest(folder, suffix):
    """The number of the stream's newest batch in that state, drafts too; 0 for none."""
    names = [path.name for path in folder.glob("*") if path.name.endswith(suffix)]
    return max((int(re.search(r"\d+", name)[0]) for name in names), default=0)


def further(folder, suffix, before):
    return newest(folder, suffix) > before


@pytest.mark.parametrize("kills", [6])
def test_each_line_is_there_once_however_often_it_is_killed(minio, tmp_path, kills):
    bench, lines = Bench(minio, tmp_path), []
    for round_ in range(kills):
        suffix = ("", ".sent")[round_ % 2]
        before = newest(tmp_path / "spool" / HOST, suffix)
        more = [
            f"{round_} {number:05d} a line of a log that is long enough\n" for number in range(3000)
        ]
        lines += more
        with bench.log.open("a") as file:
            file.writelines(more)
        process = bench.start()
        # Killed once it works: in the middle of spooling, of sending, or just after.
        wait(partial(further, tmp_path / "spool" / HOST, suffix, before))
        process.send_signal(signal.SIGKILL)
        process.wait()
    process = bench.start()
    wait(lambda: bench.status()["waiting"] == 0 and bench.shipped()[2].count("\n") >= len(lines))
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    keys, versions, text = bench.shipped()
    assert text == "".join(lines)
    assert sorted(keys) == sorted(set(keys)) == sorted(versions[: len(keys)])
    assert len([row for row in versions if HOST in row]) == len(keys)


def test_its_identity_is_tried_and_may_only_put(minio, tmp_path):
    bench = Bench(minio, tmp_path)
    (tmp_path / "status.json").write_text('{"waiting": 0}')
    said = tried(load(bench.file))
    assert set(said["may"].values()) == {"refused"}
    assert {"read", "delete", "list"} <= set(said["may"])

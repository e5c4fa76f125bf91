"""How fast logs are spooled and shipped, and what the WORM probe costs, on a MinIO of its own.

    python benchmarks/log_shipping_rate.py [--megabytes 64] [--batch 1048576]

The floor for the spool is a plain append, fsync'd as often, of the same bytes into one file on the
same disk. Shipping is one connection over TLS 1.3 on loopback, one batch after another.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "services" / "objectstore"))

from minio_fixture import (  # type: ignore[import-not-found]
    BUCKET,
    PUTTER,
    Minio,
    free_port,
)

from bulkhead.services.objectstore.config import opened
from bulkhead.services.objectstore.probe import look, probe
from bulkhead.services.objectstore.settle import settle
from bulkhead.services.shipper.service import Shipper, Source
from bulkhead.services.shipper.spool import Spool

LINE = b"2026-11-26T12:00:00+00:00 acme.ingest.broker-1 notice mosquitto[42]: a line of 100 bytes"
LINE = LINE.ljust(99, b".") + b"\n"


def appended(folder: Path, blocks: list[bytes]) -> float:
    """Seconds for a plain append, each block waited for."""
    begun = time.perf_counter()
    with (folder / "plain").open("ab") as file:
        for block in blocks:
            file.write(block)
            file.flush()
            os.fdatasync(file.fileno())
    return time.perf_counter() - begun


def spooled(folder: Path, blocks: list[bytes]) -> float:
    """Seconds to put every block into a spool."""
    spool = Spool(folder / "spool", 1 << 40)
    begun = time.perf_counter()
    for number, block in enumerate(blocks):
        spool.put("bench", {"offset": number}, block, 1.0)
    return time.perf_counter() - begun


def shipped(minio: Minio, folder: Path, megabytes: int, batch: int) -> tuple[int, float]:
    """(objects, seconds) from a file to the store, reading and spooling counted."""
    log = folder / "acme.bench.log"
    log.write_bytes(LINE * (megabytes * 10_000))
    source = Source(stream=folder.name, path=log, prefix=f"{BUCKET}/acme/events/{folder.name}/")
    shipper = Shipper(
        Spool(folder / "shipped", 1 << 40),
        lambda: [source],
        lambda: minio.bearer(PUTTER),
        status=folder / "status.json",
        say=print,
        most=batch,
    )
    begun = time.perf_counter()
    shipper.step()
    seconds = time.perf_counter() - begun
    state = shipper.state()
    assert state["waiting"] == 0, state
    return int(state["objects"]), seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=64)
    parser.add_argument("--batch", type=int, default=1 << 20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        room = Path(name)
        blocks = [LINE * (asked.batch // 100)] * max(1, asked.megabytes * 10**6 // asked.batch)
        plain, kept = appended(room, blocks), spooled(room, blocks)
        minio = Minio(room / "minio", free_port())
        minio.room.mkdir()
        minio.start()
        try:
            settle(opened(minio.config), minio.config)
            objects, seconds = _in(room / "large", minio, asked.megabytes, asked.batch)
            small, each = _in(room / "small", minio, 1, 2000)
            begun = time.perf_counter()
            store = opened(minio.config)
            found = probe(store, look(store, BUCKET))
            probing = time.perf_counter() - begun
        finally:
            minio.stop()
    size = sum(map(len, blocks)) / 1e6
    print(json.dumps({
        "plain_append_mb_s": round(size / plain, 1),
        "spool_mb_s": round(size / kept, 1),
        "spool_of_plain": round(plain / kept, 2),
        "shipped_mb_s": round(asked.megabytes / seconds, 1),
        "objects": objects,
        "small_objects_s": round(small / each, 1),
        "probe_s": round(probing, 2),
        "probe_held": all(row.held for row in found),
    }))  # fmt: skip
    return 0


def _in(folder: Path, minio: Minio, megabytes: int, batch: int) -> tuple[int, float]:
    folder.mkdir()
    return shipped(minio, folder, megabytes, batch)


if __name__ == "__main__":
    sys.exit(main())

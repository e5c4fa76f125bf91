"""The store's command on its host: `settle FILE`, `probe FILE`, `check FILE`."""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bulkhead.errors import HELD, BulkheadError
from bulkhead.services.objectstore.config import Config, Kept, load, opened
from bulkhead.services.objectstore.probe import look, probe
from bulkhead.services.objectstore.settle import settle


def main(verb: str, file: str) -> int:
    """0 done; 1 the store would not; 2 the file is wrong."""
    try:
        config = load(Path(file))
        if verb == "settle":
            print("\n".join(settle(opened(config), config)))
        elif verb == "probe":
            print(json.dumps(probed(config)))
        elif verb != "check":
            sys.stderr.write(f"{verb!r} is none of settle, probe, check\n")
            return 2
    except BulkheadError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return HELD


def probed(config: Config) -> dict[str, Any]:
    """What the buckets say, every attempt's outcome on each, and how long it took (seconds)."""
    begun = time.monotonic()

    def one(row: Kept) -> dict[str, Any]:
        store = opened(config)
        found = look(store, row.name)
        outcomes = [asdict(each) for each in probe(store, found)]
        store.close()
        return {"bucket": asdict(found), "outcomes": outcomes}

    # Each waits for a retention to end: all at once.
    with ThreadPoolExecutor(len(config.buckets)) as pool:
        rows = list(pool.map(one, config.buckets))
    return {"buckets": rows, "seconds": time.monotonic() - begun}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

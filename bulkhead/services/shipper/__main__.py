"""`python3 -m bulkhead.services.shipper [--check|--try] CONFIG.toml`: ship until SIGTERM."""

import json
import signal
import sys
import threading
from pathlib import Path

from bulkhead.errors import HELD, BulkheadError
from bulkhead.services.shipper.config import Config, load
from bulkhead.services.shipper.service import Shipper, of_folder
from bulkhead.services.shipper.spool import Spool
from bulkhead.services.shipper.trying import tried


def main(arguments: list[str]) -> int:
    """The exit code; SIGHUP reads certificates again.

    --check reads the file and ends; --try tells, as JSON, how the shipper stands and what its
    identity may do.
    """
    flags = {row for row in arguments if row in ("--check", "--try")}
    files = [row for row in arguments if row not in flags]
    if len(files) != 1:
        sys.stderr.write(f"usage: {__doc__.partition(':')[0].strip('`')}\n")
        return 2
    try:
        config = load(Path(files[0]))
        if "--try" in flags:
            print(json.dumps(tried(config)))
        elif not flags:
            _ship(config)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except BulkheadError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return HELD


def _ship(config: Config) -> None:
    shipper = Shipper(
        Spool(config.spool, config.limit),
        lambda: of_folder(config.folder, config.prefixes, config.other),
        config.opened,
        status=config.status,
        say=lambda words: print(words, flush=True),
    )
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    signal.signal(signal.SIGHUP, lambda *_: setattr(shipper, "renewing", True))
    shipper.run(stopping)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python3 -m bulkhead.services.shipper [--check] CONFIG.toml`: ship until SIGTERM."""

import signal
import sys
import threading
from pathlib import Path

from bulkhead.errors import HELD, BulkheadError
from bulkhead.services.shipper.config import Config, load
from bulkhead.services.shipper.service import Shipper, of_folder
from bulkhead.services.shipper.spool import Spool


def main(arguments: list[str]) -> int:
    """The exit code; SIGHUP reads certificates again. --check reads the file and ends."""
    check, files = "--check" in arguments, [row for row in arguments if row != "--check"]
    if len(files) != 1:
        sys.stderr.write("usage: python3 -m bulkhead.services.shipper [--check] CONFIG.toml\n")
        return 2
    try:
        config = load(Path(files[0]))
        if not check:
            _ship(config)
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
